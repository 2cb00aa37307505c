import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeComputeStore } from "@gadus/compute/conformance";
import { openComputeStore } from "./sqlite-compute-store.ts";

describeComputeStore("openComputeStore()", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gadus-store-"));
  const path = join(folder, "compute.db");
  let store = openComputeStore(path);
  return {
    store,
    reopen: async () => {
      store.close();
      store = openComputeStore(path);
      return store;
    },
    close: async () => {
      store.close();
      await rm(folder, { recursive: true });
    },
  };
});
