export type { LogHandler, PeerView, Transport, TransportEvents } from "./transport.ts";
export { TransportError, type TransportErrorCode } from "./transport-error.ts";
