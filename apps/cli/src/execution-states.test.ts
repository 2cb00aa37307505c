import { type ApiExecution, hasEnded, stateOf } from "@gadus/client";
import { EXECUTION_STATES, isTerminal } from "@gadus/protocol";
import { expect, test } from "vitest";

test.each(EXECUTION_STATES)(
  "the client knows the state %s, and whether it is an end, as the protocol does",
  (State) => {
    const execution = { ID: "e", ComputeState: { StateType: 0, Details: { State } } } as ApiExecution;
    expect(stateOf(execution)).toBe(State);
    expect(hasEnded(execution)).toBe(isTerminal(State));
  },
);
