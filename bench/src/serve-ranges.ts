import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of one file. */
export interface RangeServer {
  readonly url: string;
  /** Requests so far. */
  requests(): number;
  close(): Promise<void>;
}

/** Serves the file at `path` on loopback, whole or by ranges, under a strong ETag. */
export async function serveRanges(path: string): Promise<RangeServer> {
  const { size } = await stat(path);
  let requests = 0;
  const server = createServer(({ headers }, response) => {
    requests += 1;
    const [, first = "0", last = String(size - 1)] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
    const [start, end] = [Number(first), Number(last)];
    response.writeHead(headers.range === undefined ? 200 : 206, {
      etag: '"benchmark"',
      "content-length": end - start + 1,
      ...(headers.range !== undefined && { "content-range": `bytes ${start}-${end}/${size}` }),
    });
    const content = createReadStream(path, { start, end, highWaterMark: 256 * 1024 });
    response.on("close", () => content.destroy());
    content.on("error", () => response.destroy()).pipe(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/input`,
    requests: () => requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
