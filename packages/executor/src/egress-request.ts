import { type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { EgressError } from "./egress-dial.ts";
import { type EgressAnswer, type EgressContext, explain, misread, reach } from "./egress-reach.ts";
import { type EgressTarget, parseAuthority } from "./egress-rules.ts";

/** `http://host[:port]`, and the rest but for a fragment. */
const ABSOLUTE_FORM = /^http:\/\/(?<authority>[^/?#]*)(?<path>[^#]*)/i;
/** What is between a client and a proxy, or a proxy and a server (RFC 9110, section 7.6.1), and what frames a body. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Answers a request for an `http://` URL with what its server answers, or says why it can't. */
export async function answerRequest(
  context: EgressContext,
  client: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const { authority = "", path = "" } = ABSOLUTE_FORM.exec(client.url ?? "")?.groups ?? {};
  const target = parseAuthority(authority, 80);
  if (target === undefined) return refuse(answer, misread(client.url));
  let upstream: Socket | undefined;
  try {
    checkFraming(client);
    upstream = await reach(context, target, answer);
    const incoming = await passRequest(client, answer, upstream, { context, target, path });
    checkFraming(incoming);
    incoming.on("error", () => answer.destroy());
    answer.writeHead(incoming.statusCode ?? 502, [...passedHeaders(incoming), "Connection", "close"]);
    incoming.pipe(answer);
  } catch (error) {
    upstream?.destroy();
    refuse(answer, explain(context, target, error));
  }
}

/** What of a request is passed on, and where. */
interface Passed {
  readonly context: EgressContext;
  readonly target: EgressTarget;
  readonly path: string;
}

/**
 * Sends what `client` asks for on `upstream`, and returns the answer's head.
 *
 * Both are written anew from what Node's parser read of them: a body has the one length that the parser went by.
 */
function passRequest(
  client: IncomingMessage,
  answer: ServerResponse,
  upstream: Socket,
  { context: { limits }, target: { host, port }, path }: Passed,
): Promise<IncomingMessage> {
  const close = (): void => void upstream.destroy();
  answer.once("close", close);
  if (answer.destroyed) close();
  upstream.setTimeout(limits.idleTimeoutMs, close);
  const outgoing = request({
    createConnection: () => upstream,
    method: client.method,
    path: path.startsWith("/") ? path : `/${path}`,
    setHost: false,
    headers: [
      ...framing(client),
      ...passedHeaders(client),
      "Host",
      port === 80 ? host : `${host}:${port}`,
      "Connection",
      "close",
    ],
    maxHeaderSize: limits.maxHeaderBytes,
    insecureHTTPParser: false,
  });
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new EgressError(502, "closed the connection, or didn't answer in HTTP"));
    outgoing.on("error", fail).once("close", fail).once("response", resolve);
    if (hasBody(client)) client.pipe(outgoing);
    else outgoing.end();
  });
}

function refuse(answer: ServerResponse, { status, text }: EgressAnswer): void {
  if (answer.headersSent || answer.destroyed) answer.destroy();
  else answer.writeHead(status, { "content-type": "text/plain", connection: "close" }).end(`${text}\n`);
}

/** @throws {EgressError} 502 where a body is in a form that would be passed on as another */
function checkFraming({ headers }: IncomingMessage): void {
  const coding = headers["transfer-encoding"];
  if (coding === undefined || coding.toLowerCase() === "chunked") return;
  throw new EgressError(502, "was sent, or sent, a Transfer-Encoding other than chunked");
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || headers["content-length"] !== undefined;
}

/** Says of a body that its length is told in chunks, where that was so. */
function framing({ headers }: IncomingMessage): string[] {
  return headers["transfer-encoding"] === undefined ? [] : ["Transfer-Encoding", "chunked"];
}

/** Names and values in turn, but for those that are the connection's. */
function passedHeaders({ headers, rawHeaders }: IncomingMessage): string[] {
  const named = new Set((headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase()));
  const isChunked = headers["transfer-encoding"] !== undefined;
  const passed: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = "", value = ""] = rawHeaders.slice(i, i + 2);
    const key = name.toLowerCase();
    // A length isn't the connection's to take away, and isn't one beside chunks.
    if (key === "content-length" ? isChunked : named.has(key)) continue;
    if (!HOP_BY_HOP.has(key) && !key.startsWith("proxy-")) passed.push(name, value);
  }
  return passed;
}
