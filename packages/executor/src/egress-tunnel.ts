import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { ClientHello } from "./client-hello.ts";
import { type EgressAnswer, type EgressContext, explain, misread, reach } from "./egress-reach.ts";
import { type EgressTarget, parseAuthority, parseHost } from "./egress-rules.ts";
import { readTlsStart } from "./tls-start.ts";

const TLS_PORT = 443;
const MAX_QUOTED = 100;

/** Answers `CONNECT`, and carries what comes of it; `head` is what the client sent behind the request. */
export async function openTunnel(
  context: EgressContext,
  { socket: client, url = "" }: IncomingMessage,
  head: Buffer,
): Promise<void> {
  const { idleTimeoutMs, headerTimeoutMs } = context.limits;
  client.setTimeout(idleTimeoutMs, () => client.destroy());
  const target = parseAuthority(url, undefined);
  if (target === undefined) return endWith(client, misread(url));
  let upstream: Socket;
  try {
    upstream = await reach(context, target, client);
  } catch (error) {
    return endWith(client, explain(context, target, error));
  }
  client.write("HTTP/1.1 200 Connection established\r\n\r\n");
  if (target.port !== TLS_PORT) return joinSockets(client, upstream, { bytes: head, idleTimeoutMs });
  const { bytes, hello } = await readTlsStart(client, head, headerTimeoutMs);
  if (isAllowed(context, target, hello)) return joinSockets(client, upstream, { bytes, idleTimeoutMs });
  upstream.destroy();
  client.destroy();
}

/** Whether what a client began with is TLS for a domain of the job's; anything else is taken down. */
function isAllowed({ rules, refusals }: EgressContext, target: EgressTarget, hello: ClientHello): boolean {
  if (hello.kind === "incomplete") return false;
  if (hello.kind === "other") {
    refusals.add(target, "is on a port for TLS, and something else was sent");
    return false;
  }
  if (hello.serverName === undefined) return true;
  const host = parseHost(hello.serverName);
  if (host !== undefined && rules.coversHost(host)) return true;
  const named = host ?? JSON.stringify(hello.serverName.slice(0, MAX_QUOTED));
  refusals.add(
    { host: named, port: target.port },
    `is not among Network.Domains; TLS to ${target.host} named it`,
  );
  return false;
}

function endWith(client: Socket, { status, text }: EgressAnswer): void {
  const body = `${text}\n`;
  const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  client.end(`${head}Connection: close\r\n\r\n${body}`, () => client.destroy());
}

/**
 * Carries `bytes`, and then what comes from either socket, to the other, no faster than it is taken, until both have
 * ended; one that fails, and nothing at all for `idleTimeoutMs`, ends both at once.
 */
function joinSockets(
  client: Socket,
  upstream: Socket,
  { bytes, idleTimeoutMs }: { readonly bytes: Buffer; readonly idleTimeoutMs: number },
): void {
  const destroy = (): void => {
    client.destroy();
    upstream.destroy();
  };
  if (client.destroyed || upstream.destroyed) return destroy();
  for (const socket of [client, upstream]) {
    socket.on("error", destroy);
    socket.once("close", () => {
      // What it was sent, and what it sent, may be on its way still.
      if (!socket.readableEnded || !socket.writableFinished) destroy();
    });
  }
  // All that passes either way passes through this one too.
  upstream.setTimeout(idleTimeoutMs, destroy);
  upstream.write(bytes);
  client.pipe(upstream);
  upstream.pipe(client);
}
