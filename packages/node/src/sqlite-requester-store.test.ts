import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeRequesterStore } from "@gadus/requester/conformance";
import { openRequesterStore } from "./sqlite-requester-store.ts";

describeRequesterStore("openRequesterStore()", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gadus-store-"));
  const path = join(folder, "requester.db");
  let store = openRequesterStore(path);
  return {
    store,
    reopen: async () => {
      store.close();
      store = openRequesterStore(path);
      return store;
    },
    close: async () => {
      store.close();
      await rm(folder, { recursive: true });
    },
  };
});
