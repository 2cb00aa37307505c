import { describeLogStore } from "./log-store-conformance.ts";
import { createMemoryLogStore } from "./memory-log-store.ts";

describeLogStore("createMemoryLogStore()", async () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, setTimer: () => ({ cancel: () => {} }) };
  return {
    store: createMemoryLogStore(clock),
    setNowMs: (next) => {
      nowMs = next;
    },
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    close: async () => {},
  };
});
