import { describeRequesterStore } from "./conformance.ts";
import { createMemoryStore } from "./memory-store.ts";

describeRequesterStore("memory", async () => ({ store: createMemoryStore(), close: async () => {} }));
