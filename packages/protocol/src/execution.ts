/** The two parties to an execution; each arrow of {@link TRANSITIONS} names those that may cause it. */
export type Party = "requester" | "compute";

export const EXECUTION_STATES = [
  "asked",
  "offered",
  "accepted",
  "running",
  "proposed",
  "verified",
  "published",
  "declined",
  "rejected",
  "refuted",
  "failed",
  "cancelled",
] as const;
export type ExecutionState = (typeof EXECUTION_STATES)[number];

export const EXECUTION_EVENTS = [
  "bid",
  "decline",
  "accept",
  "reject",
  "start",
  "propose",
  "verify",
  "refute",
  "publish",
  "fail",
  "cancel",
] as const;
export type ExecutionEvent = (typeof EXECUTION_EVENTS)[number];

/** Where an event leads and who may cause it. */
export interface Arrow {
  readonly to: ExecutionState;
  readonly by: readonly Party[];
}
type Row = { readonly [E in ExecutionEvent]?: Arrow };

const requester = (to: ExecutionState): Arrow => ({ to, by: ["requester"] });
const compute = (to: ExecutionState): Arrow => ({ to, by: ["compute"] });
const either = (to: ExecutionState): Arrow => ({ to, by: ["requester", "compute"] });
const fail = either("failed");
const cancel = requester("cancelled");

/** The execution protocol. A pair that is absent is illegal. */
export const TRANSITIONS: { readonly [S in ExecutionState]: Row } = {
  asked: { bid: compute("offered"), decline: compute("declined"), fail: requester("failed"), cancel },
  offered: { accept: requester("accepted"), reject: requester("rejected"), fail, cancel },
  accepted: { start: compute("running"), fail, cancel },
  running: { propose: compute("proposed"), fail, cancel },
  proposed: { verify: requester("verified"), refute: requester("refuted"), fail, cancel },
  verified: { publish: compute("published"), fail, cancel },
  published: {},
  declined: {},
  rejected: {},
  refuted: {},
  failed: {},
  cancelled: {},
};

/** The state that `event`, caused by `party`, leads to from `state`; undefined where the protocol forbids it. */
export function next(state: ExecutionState, event: ExecutionEvent, party: Party): ExecutionState | undefined {
  const arrow = TRANSITIONS[state][event];
  return arrow?.by.includes(party) ? arrow.to : undefined;
}

/** Whether nothing can follow `state`. */
export function isTerminal(state: ExecutionState): boolean {
  return Object.keys(TRANSITIONS[state]).length === 0;
}

const ORDER: readonly ExecutionState[] = [
  "asked",
  "offered",
  "accepted",
  "running",
  "proposed",
  "verified",
  "published",
];

/** How far along the way to `published` a state is; undefined for the other ends. */
export function progressOf(state: ExecutionState): number | undefined {
  const index = ORDER.indexOf(state);
  return index < 0 ? undefined : index;
}

/** Why an execution, or a job, failed. */
export interface Failure {
  /** `"package/kebab-case"`. */
  readonly code: string;
  readonly message: string;
  readonly blame: "node" | "job" | "nobody";
}
