/** Whether a node gets jobs: once it is approved. */
export type Membership = "pending" | "approved" | "rejected";

/** What an operator decided of a node. */
export interface MembershipRecord {
  readonly nodeId: string;
  readonly membership: Exclude<Membership, "pending">;
  /** Why, in the operator's words. */
  readonly message: string;
  readonly atMs: number;
}
