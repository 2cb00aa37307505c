import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeLogStore } from "@gadus/compute/conformance";
import { openDiskLogStore } from "./disk-log-store.ts";

describeLogStore("openDiskLogStore()", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gadus-logs-"));
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, setTimer: () => ({ cancel: () => {} }) };
  let store = await openDiskLogStore(folder, clock);
  return {
    store,
    setNowMs: (next) => {
      nowMs = next;
    },
    reopen: async () => (store = await openDiskLogStore(folder, clock)),
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    close: async () => {
      store.close();
      await rm(folder, { recursive: true });
    },
  };
});
