/** A timer that has been set and can be taken back. */
export interface Timer {
  cancel(): void;
}

/** The only source of time in the roles; the simulator owns another. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z by this node's own clock. Other nodes' clocks may differ by minutes. */
  nowMs(): number;
  /** Calls `callback` once, `delayMs` milliseconds (0 or more) from now. */
  setTimer(delayMs: number, callback: () => void): Timer;
}
