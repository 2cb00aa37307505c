import { describe, expect, test } from "vitest";
import {
  EXECUTION_EVENTS,
  EXECUTION_STATES,
  type ExecutionEvent,
  type ExecutionState,
  isTerminal,
  next,
  type Party,
  progressOf,
  TRANSITIONS,
} from "./execution.ts";

/** Every legal step, written out by hand: state, event, party, next state. All else is illegal. */
const LEGAL: readonly (readonly [ExecutionState, ExecutionEvent, Party, ExecutionState])[] = [
  ["asked", "bid", "compute", "offered"],
  ["asked", "decline", "compute", "declined"],
  ["asked", "fail", "requester", "failed"],
  ["asked", "cancel", "requester", "cancelled"],
  ["offered", "accept", "requester", "accepted"],
  ["offered", "reject", "requester", "rejected"],
  ["offered", "fail", "requester", "failed"],
  ["offered", "fail", "compute", "failed"],
  ["offered", "cancel", "requester", "cancelled"],
  ["accepted", "start", "compute", "running"],
  ["accepted", "fail", "requester", "failed"],
  ["accepted", "fail", "compute", "failed"],
  ["accepted", "cancel", "requester", "cancelled"],
  ["running", "propose", "compute", "proposed"],
  ["running", "fail", "requester", "failed"],
  ["running", "fail", "compute", "failed"],
  ["running", "cancel", "requester", "cancelled"],
  ["proposed", "verify", "requester", "verified"],
  ["proposed", "refute", "requester", "refuted"],
  ["proposed", "fail", "requester", "failed"],
  ["proposed", "fail", "compute", "failed"],
  ["proposed", "cancel", "requester", "cancelled"],
  ["verified", "publish", "compute", "published"],
  ["verified", "fail", "requester", "failed"],
  ["verified", "fail", "compute", "failed"],
  ["verified", "cancel", "requester", "cancelled"],
];
const PARTIES: readonly Party[] = ["requester", "compute"];
const TERMINAL: readonly ExecutionState[] = [
  "published",
  "declined",
  "rejected",
  "refuted",
  "failed",
  "cancelled",
];

describe("next()", () => {
  const all = EXECUTION_STATES.flatMap((state) =>
    EXECUTION_EVENTS.flatMap((event) => PARTIES.map((party) => ({ state, event, party }))),
  );

  test.each(all)("answers for $event by the $party in $state as the protocol says", (step) => {
    const { state, event, party } = step;
    const legal = LEGAL.find(([from, by, who]) => from === state && by === event && who === party);
    expect(next(state, event, party)).toBe(legal?.[3]);
  });

  test("is tried on every state, event and party, and knows no legal step beyond the expected", () => {
    expect(all).toHaveLength(12 * 11 * 2);
    const steps = all.filter(({ state, event, party }) => next(state, event, party) !== undefined);
    expect(steps).toHaveLength(LEGAL.length);
  });
});

describe("the execution protocol", () => {
  const live = EXECUTION_STATES.filter((state) => !isTerminal(state));

  test("ends in exactly the states that nothing can follow", () => {
    expect(EXECUTION_STATES.filter(isTerminal).sort()).toEqual([...TERMINAL].sort());
  });

  test.each(TERMINAL)("lets nobody leave %s", (state) => {
    for (const event of EXECUTION_EVENTS) {
      for (const party of PARTIES) expect(next(state, event, party)).toBeUndefined();
    }
  });

  test.each(live)("lets the requester fail or cancel an execution that is %s", (state) => {
    expect(next(state, "cancel", "requester")).toBe("cancelled");
    expect(next(state, "fail", "requester")).toBe("failed");
  });

  test("lets a compute node fail only where it holds something", () => {
    const failable = EXECUTION_STATES.filter((state) => next(state, "fail", "compute") === "failed");
    expect(failable).toEqual(["offered", "accepted", "running", "proposed", "verified"]);
  });

  test("reaches published only from verified, and verified only by the requester's word on a proposal", () => {
    expect(arrowsTo("published")).toEqual([["verified", "publish", ["compute"]]]);
    expect(arrowsTo("verified")).toEqual([["proposed", "verify", ["requester"]]]);
  });

  test("reaches every state from asked", () => {
    const reached = new Set<ExecutionState>(["asked"]);
    for (const state of reached) {
      for (const arrow of Object.values(TRANSITIONS[state])) reached.add(arrow.to);
    }
    expect([...reached].sort()).toEqual([...EXECUTION_STATES].sort());
  });

  test("never leads back: each step goes further along the way, or ends it", () => {
    for (const state of EXECUTION_STATES) {
      for (const { to } of Object.values(TRANSITIONS[state])) {
        expect(isTerminal(to) || (progressOf(to) ?? 0) > (progressOf(state) ?? 99)).toBe(true);
      }
    }
  });
});

describe("progressOf()", () => {
  test("counts the steps towards published, and knows none for the other ends", () => {
    expect(EXECUTION_STATES.map(progressOf)).toEqual([
      0,
      1,
      2,
      3,
      4,
      5,
      6,
      ...Array<undefined>(5).fill(undefined),
    ]);
  });
});

function arrowsTo(target: ExecutionState) {
  return EXECUTION_STATES.flatMap((state) =>
    EXECUTION_EVENTS.flatMap((event) => {
      const arrow = TRANSITIONS[state][event];
      return arrow?.to === target ? [[state, event, arrow.by]] : [];
    }),
  );
}
