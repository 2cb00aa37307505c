import type { ComputeStore } from "@gadus/compute";
import type { Executor } from "@gadus/executor";
import type { Publisher } from "@gadus/publisher";
import { type ScratchSpace, StorageError } from "@gadus/storage";
import type { MemoryContent } from "@gadus/storage/memory";
import type { ComputePart } from "./scenario.ts";
import { partsOfKey } from "./served-results.ts";
import type { Surroundings } from "./surroundings.ts";

/** The compute node whose ports are watched. */
export interface Watched {
  readonly part: ComputePart;
  readonly around: Surroundings;
  isDiskFull(): boolean;
  stored(): ComputeStore;
}

/** `engine`, which reads its inputs, under the eyes of the rule on capacity. */
export function watchEngine(engine: Executor, { part, around }: Watched): Executor {
  const honest = part.lie === undefined;
  const limit = { cpuMillis: part.cpuMillis, memoryMib: part.memoryMib };
  return {
    ...engine,
    async run(request, options) {
      const { cpuMillis, memoryBytes } = request.task.terms.resources;
      const taken = { cpuMillis, memoryMib: memoryBytes / MIB };
      const life = honest ? around.checks.runs(part.id, taken, limit) : undefined;
      try {
        request.progress?.("reading inputs");
        for (const { volume } of request.inputs) await volume.read("", 0, 1_000, options ?? {});
        return await engine.run(request, options);
      } finally {
        life?.end();
      }
    },
  };
}

/** `publisher` under the eyes of the rule that nothing leaves early. */
export function watchPublisher(publisher: Publisher, watched: Watched): Publisher {
  const { part, around } = watched;
  return {
    ...publisher,
    publish(request, options) {
      checkMayServe(watched, request.executionId);
      return publisher.publish(request, options);
    },
    async retract(key, options) {
      if (around.served.has(part.id, key)) {
        const { requester, executionId } = partsOfKey(key);
        const stored = await watched.stored().get(requester, executionId);
        around.coverage.hit("publication taken back");
        if (stored?.execution.state === "published") around.coverage.hit("publication raced a stop");
      }
      await publisher.retract(key, options);
    },
  };
}

/** What `content` serves, with a book on it; nothing is added while the disk is full. */
export function watchServed(content: MemoryContent, watched: Watched): MemoryContent["served"] {
  const { part, around } = watched;
  const { served } = content;
  return {
    ...served,
    async pin(fill) {
      refuseWhenFull(watched);
      const pin = await served.pin(fill);
      const key = pin.reason.replace(REASON, "");
      checkMayServe(watched, key);
      around.served.pinned(part.id, key);
      return pin;
    },
    async unpin(reason) {
      await served.unpin(reason);
      around.served.unpinned(part.id, reason.replace(REASON, ""));
    },
  };
}

/** `scratch`, which takes nothing while the disk is full. */
export function watchScratch(scratch: ScratchSpace, watched: Watched): ScratchSpace {
  return {
    ...scratch,
    async create(id) {
      refuseWhenFull(watched);
      const folder = await scratch.create(id);
      return {
        ...folder,
        async write(path, content, options) {
          refuseWhenFull(watched);
          await folder.write(path, content, options);
        },
      };
    },
  };
}

const MIB = 1024 ** 2;
const REASON = /^execution:/;

function checkMayServe({ part, around }: Watched, key: string): void {
  const { requester, executionId } = partsOfKey(key);
  if (part.lie === undefined && !around.mayPublish(requester, executionId)) {
    around.checks.fail("nothing served before verified", `${part.id} serves ${key}`);
  }
}

function refuseWhenFull(watched: Watched): void {
  if (!watched.isDiskFull()) return;
  watched.around.coverage.hit("full disk hit by results");
  throw new StorageError("storage/full", "Cannot write: the disk is full");
}
