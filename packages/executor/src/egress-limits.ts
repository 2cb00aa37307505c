/** What one proxy takes of the node at most. */
export interface EgressLimits {
  /** How many connections a job has at once; one beyond is closed. */
  readonly maxConnections: number;
  /** The longest head of a request or of an answer. */
  readonly maxHeaderBytes: number;
  /** How long a client may take to send a request's head, or the first bytes of a tunnel. */
  readonly headerTimeoutMs: number;
  /** How long nothing may pass either way. */
  readonly idleTimeoutMs: number;
  /** How long a name may take to be resolved, and an address to be connected to. */
  readonly connectTimeoutMs: number;
  /** How many names are resolved at once: each keeps a thread of the node's, for as long as a name server likes. */
  readonly maxLookups: number;
  /** How many of a name's addresses are tried, one after another. */
  readonly maxAddressesTried: number;
  /** How many different refusals are logged and kept for the job's notes. */
  readonly maxRefusalsLogged: number;
}

export const EGRESS_LIMITS: EgressLimits = {
  maxConnections: 128,
  maxHeaderBytes: 16 * 1024,
  headerTimeoutMs: 10_000,
  idleTimeoutMs: 120_000,
  connectTimeoutMs: 10_000,
  maxLookups: 2,
  maxAddressesTried: 3,
  maxRefusalsLogged: 20,
};
