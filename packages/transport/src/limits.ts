/** Messages that wait for one peer; one more is `transport/overloaded`. */
export const MAX_QUEUED_MESSAGES = 8192;
/** Bytes of messages that wait for one peer; one message more is `transport/overloaded`. */
export const MAX_QUEUED_BYTES = 16 * 1024 * 1024;
/** The longest announcement or job event that is read from gossip. */
export const MAX_GOSSIP_BYTES = 64 * 1024;
/** Logs that one peer may read here, or this node at it, at one time. */
export const MAX_LOG_STREAMS_A_PEER = 64;
/** Logs that all peers together may read here at one time. */
export const MAX_LOG_STREAMS = 256;
