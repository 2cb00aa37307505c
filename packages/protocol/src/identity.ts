/** A node's own identity: its peer id and the key behind it. */
export interface Identity {
  /** The libp2p peer id in its usual text form. */
  readonly nodeId: string;
  /** Signs `bytes` with this node's key. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
  /** Whether `signature` over `bytes` was made with the key behind `nodeId`. Never throws on hostile input. */
  verify(nodeId: string, bytes: Uint8Array, signature: Uint8Array): Promise<boolean>;
}
