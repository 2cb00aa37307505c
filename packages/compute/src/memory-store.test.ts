import { describeComputeStore } from "./conformance.ts";
import { createMemoryComputeStore } from "./memory-store.ts";

describeComputeStore("createMemoryComputeStore()", async () => {
  const store = createMemoryComputeStore();
  return { store, reopen: async () => store, close: async () => {} };
});
