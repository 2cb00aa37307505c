/** Messages that wait for one peer; one more is `transport/overloaded`. */
export const MAX_QUEUED_MESSAGES = 8192;
/** Bytes of messages that wait for one peer; one message more is `transport/overloaded`. */
export const MAX_QUEUED_BYTES = 16 * 1024 * 1024;
/** The longest announcement or job event that is read from gossip. */
export const MAX_GOSSIP_BYTES = 64 * 1024;
