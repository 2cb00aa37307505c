/** How much a role's write must survive before it settles. */
export interface CommitOptions {
  /**
   * Whether it must survive a power loss, because something is promised on it. Otherwise it survives the end of the
   * process, and a power loss once a later durable write of the same store has settled.
   *
   * @default true
   */
  readonly durable?: boolean;
}
