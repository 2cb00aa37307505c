import type { IncomingHttpHeaders } from "node:http";

/** The protocol that a WebSocket of logs speaks, for clients that name one. */
export const LOG_SOCKET_PROTOCOL = "logs.gadus";
/** Before a key or token in base64url, where a browser names it beside the protocols that it offers. */
const BEARER_PROTOCOL = "base64url.bearer.authorization.gadus.";

/**
 * What a request says of who sends it, as an `Authorization` header has it.
 *
 * Browsers let nobody set that header of a WebSocket, only the protocols that it offers: there a key stands among
 * them, which is a header too, and so in no URL and no log.
 */
export function credentialsOf(headers: IncomingHttpHeaders): string | undefined {
  if (headers.authorization !== undefined || headers.upgrade === undefined) return headers.authorization;
  const offered = headers["sec-websocket-protocol"]?.split(",").map((protocol) => protocol.trim());
  const bearer = offered?.find((protocol) => protocol.startsWith(BEARER_PROTOCOL));
  if (bearer === undefined) return undefined;
  return `Bearer ${Buffer.from(bearer.slice(BEARER_PROTOCOL.length), "base64url").toString()}`;
}
