import { once } from "node:events";
import { createServer } from "node:net";

/** Below what the system hands out to outgoing connections, one of which could otherwise take a killed node's port. */
const LOWEST_PORT = 15_000;
const HIGHEST_PORT = 32_000;
const MAX_ATTEMPTS = 1000;

/** `count` ports of this machine that nothing listens on. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  for (let attempt = 0; attempt < MAX_ATTEMPTS && found.size < count; attempt += 1) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT));
    if (await isFree(port)) found.add(port);
  }
  if (found.size < count) throw new Error(`only ${found.size} of ${count} ports are free`);
  return [...found];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
