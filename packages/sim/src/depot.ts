import type { CallOptions, ReadableVolume } from "@gadus/protocol";
import { StorageError, type StorageSource } from "@gadus/storage";
import { createMemorySource, type MemoryContent, memoryVolume } from "@gadus/storage/memory";
import { rollDice } from "./dice.ts";
import { rightCid } from "./right-results.ts";
import type { Input, Scenario } from "./scenario.ts";

/** Where the inputs of a simulation's jobs come from. */
export interface Depot {
  /** What a job's document names. */
  inputOf(jobName: string): unknown;
  /** How the inputs look from one node. */
  sourceAt(nodeId: string, role: "requester" | "compute", content: MemoryContent): StorageSource;
}

/** Nodes for which something is wrong with an input that isn't good. */
const BAD_SHARE = 0.4;

/** The inputs of all jobs of `scenario`; what is wrong with one at which node is decided by the seed. */
export async function createDepot({ seed, jobs }: Scenario): Promise<Depot> {
  const cids = new Map<string, string>();
  const kinds = new Map<string, Input>();
  for (const { name, input } of jobs) {
    if (input === undefined || input === "good") continue;
    const cid = await rightCid(`input of ${name} in ${seed}`);
    cids.set(name, cid);
    kinds.set(cid, input);
  }
  const documents = new Map(
    jobs.flatMap(({ name, input }) => {
      const cid = cids.get(name);
      if (input === undefined) return [];
      const source =
        cid === undefined
          ? { Type: "inline", Params: { URL: `data:,input of ${name}` } }
          : { Type: "ipfs", Params: { CID: cid } };
      return [[name, [{ Source: source, Target: "/input" }]]];
    }),
  );

  return {
    inputOf: (jobName) => documents.get(jobName),
    sourceAt(nodeId, role, content) {
      return createMemorySource({
        type: "ipfs",
        async find({ cid }) {
          const kind = kinds.get(String(cid));
          if (kind === undefined) return content.volume(String(cid));
          const isBad = rollDice(`depot/${seed}/${nodeId}/${String(cid)}`).chance(BAD_SHARE);
          if (role === "requester") {
            if (kind === "unheard-of") return undefined;
            return kind === "hangs" && isBad ? new Promise(() => {}) : volumeOf("good");
          }
          if (kind === "missing" && isBad) return undefined;
          return volumeOf(isBad ? kind : "good");
        },
      });
    },
  };
}

function volumeOf(kind: Input): ReadableVolume {
  const volume = memoryVolume({ "": "some bytes" });
  if (kind === "broken") {
    const message = "Cannot read the input: its source broke off";
    return { ...volume, read: () => Promise.reject(new StorageError("storage/not-readable", message)) };
  }
  return kind === "hangs"
    ? { ...volume, read: (_path, _offset, _length, options) => never(options) }
    : volume;
}

function never({ signal }: CallOptions = {}): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
