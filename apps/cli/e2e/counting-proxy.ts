import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP proxy before an API that counts what content it passes on, and can hold it up. */
export interface CountingProxy {
  readonly url: string;
  /** Bytes of content that were passed on. */
  passed(): number;
  /** Passes so many bytes of content more, and then none of the answers that are under way. */
  holdAfter(bytes: number): void;
  /** Holds nothing up any more. */
  release(): void;
  close(): Promise<void>;
}

/** Starts a proxy before `api`, which counts the answers of `/ipfs` and passes on all others as they are. */
export async function startCountingProxy(api: string): Promise<CountingProxy> {
  let passed = 0;
  let limit = Number.POSITIVE_INFINITY;
  const server: Server = createServer((asked, answer) => {
    const up = request(`${api}${asked.url}`, { method: asked.method, headers: asked.headers }, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers);
      if (asked.url?.startsWith("/ipfs/") !== true) {
        from.pipe(answer);
        return;
      }
      from.on("data", (chunk: Buffer) => {
        if (passed >= limit) {
          from.pause();
          return;
        }
        passed += chunk.length;
        if (!answer.write(chunk)) {
          from.pause();
          answer.once("drain", () => from.resume());
        }
      });
      from.on("end", () => answer.end());
    });
    up.on("error", () => answer.destroy());
    answer.on("close", () => up.destroy());
    asked.pipe(up);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed: () => passed,
    holdAfter(bytes) {
      limit = passed + bytes;
    },
    release() {
      limit = Number.POSITIVE_INFINITY;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
