import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A page on loopback, with an API behind it: one origin, as behind an operator's own proxy. */
export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a page that loads `script`, and passes all of `/api` and `/ipfs` on to `api`. */
export async function servePage(script: string, api: string): Promise<PageServer> {
  const target = new URL(api);
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => {
    if (/^\/(api|ipfs)\//.test(incoming.url ?? "")) return passOn(target, incoming, response);
    const isScript = incoming.url === "/client.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    response.end(isScript ? script : '<script type="module" src="/client.js"></script>');
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (incoming: IncomingMessage, socket: Socket) => {
    const upstream = connect(Number(target.port), target.hostname, () => {
      const headers = incoming.rawHeaders.flatMap((name, index, all) =>
        index % 2 === 0 ? [`${name}: ${all[index + 1]}\r\n`] : [],
      );
      upstream.write(`GET ${incoming.url} HTTP/1.1\r\n${headers.join("")}\r\n`);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [upstream, socket]) end.on("error", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function passOn(target: URL, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url: path } = incoming;
  const { hostname, port } = target;
  const outgoing = request({ hostname, port, path, method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on("error", () => response.destroy());
  response.on("close", () => outgoing.destroy());
  incoming.pipe(outgoing);
}
