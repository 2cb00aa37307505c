import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";

/** A registry on loopback, for one test. */
export interface TestRegistry {
  /** Such as `127.0.0.1:34567`. */
  readonly host: string;
  /** Pushes what is named `reference` here as `<host>/<name>`; answers that reference. */
  push(docker: Docker, reference: string, name: string): Promise<string>;
  stop(): Promise<void>;
}

/** Whom a registry with a password lets in. */
export const REGISTRY_USER = { username: "tester", password: "not-a-secret" };
const PASSWORD_HASH = "$2b$04$d40IW7r9dy1b9iPBu/fwQudXY5eDaLWlvYsSRq5JYN5S1qt0Fb3h6";

/** Starts Debian's docker-registry; undefined, and said aloud, where it isn't installed. */
export async function startRegistry({ withPassword = false } = {}): Promise<TestRegistry | undefined> {
  const root = await mkdtemp(join(tmpdir(), "gadus-registry-"));
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  await writeFile(join(root, "htpasswd"), `${REGISTRY_USER.username}:${PASSWORD_HASH}\n`);
  const auth = `auth: {htpasswd: {realm: test, path: ${join(root, "htpasswd")}}}\n`;
  const config = `version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: ${join(root, "data")}}, delete: {enabled: true}}
http: {addr: "${host}"}
${withPassword ? auth : ""}`;
  await writeFile(join(root, "config.yml"), config);
  const child = spawn("docker-registry", ["serve", join(root, "config.yml")], { stdio: "ignore" });
  const started = await Promise.race([
    once(child, "spawn").then(() => true),
    once(child, "error").then(() => false),
  ]);
  if (!started) {
    process.stderr.write("NOT TESTED: there is no docker-registry on this machine\n");
    return undefined;
  }
  await untilServing(host, child);
  return {
    host,
    async push(docker, reference, name): Promise<string> {
      const [repo = "", tag = "latest"] = name.split(":");
      const target = `${host}/${repo}:${tag}`;
      await docker.getImage(reference).tag({ repo: `${host}/${repo}`, tag });
      const stream = await docker
        .getImage(target)
        .push({ authconfig: { ...REGISTRY_USER, serveraddress: host } });
      await new Promise<void>((resolve, reject) => {
        docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
      });
      await docker.getImage(target).remove();
      return target;
    },
    async stop(): Promise<void> {
      child.kill();
      if (child.exitCode === null) await once(child, "exit");
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function untilServing(host: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    try {
      await fetch(`http://${host}/v2/`);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error("The registry ended at once");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
