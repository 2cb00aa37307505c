import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on this machine, and what it was asked for. */
export interface TestHttpServer {
  /** Such as `http://127.0.0.1:4711`. */
  readonly origin: string;
  /** `METHOD path Range`, of each request. */
  readonly asked: string[];
  /** Connections that were opened to it. */
  connections(): number;
  close(): Promise<void>;
}

export type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts a server that answers each request by `answer`. */
export async function startHttpServer(answer: Answerer): Promise<TestHttpServer> {
  const asked: string[] = [];
  let connections = 0;
  const server: Server = createServer((request, response) => {
    asked.push([request.method, request.url, request.headers.range].filter(Boolean).join(" "));
    answer(request, response);
  });
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    connections: () => connections,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** Serves `content` as servers of files do: with a strong ETag, and ranges of it under that condition. */
export function serveFile(content: Uint8Array, etag: string): Answerer {
  return (request, response) => {
    const { range, "if-match": match } = request.headers;
    response.setHeader("etag", etag);
    response.setHeader("accept-ranges", "bytes");
    if (match !== undefined && match !== etag) {
      response.writeHead(412).end();
      return;
    }
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
    if (first === undefined) {
      response.writeHead(200, { "content-length": content.length }).end(content);
      return;
    }
    const part = content.subarray(Number(first), Number(last) + 1);
    const end = Number(first) + part.length - 1;
    response.writeHead(206, {
      "content-length": part.length,
      "content-range": `bytes ${first}-${end}/${content.length}`,
    });
    response.end(part);
  };
}
