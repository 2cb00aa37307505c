import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DockerParams, Task } from "@gadus/protocol";
import type { ScratchFolder } from "@gadus/storage";
import { openDiskScratch } from "@gadus/storage/scratch-disk";
import { exampleTask } from "./conformance.ts";
import type { MountedInput, RunRequest } from "./executor.ts";

/** The image that tests run, by tag. */
export const TEST_IMAGE = "gadus-test-busybox:1";

/** What a test's task may have beside its command. */
export interface TestTask {
  readonly params?: Partial<DockerParams>;
  readonly terms?: Partial<Task["terms"]>;
  readonly details?: Partial<Task["details"]>;
}

/** A task that runs `command` in a shell. */
export function shellTask(command: string, { params, terms, details }: TestTask = {}): Task {
  const engineParams: DockerParams = { image: TEST_IMAGE, parameters: ["sh", "-c", command], ...params };
  const task = exampleTask("docker", "docker/1", { ...engineParams }, details);
  return {
    ...task,
    terms: { ...task.terms, image: { from: "name", reference: TEST_IMAGE }, ...terms },
  };
}

/** Where tests keep what they run, and what goes with it. */
export interface Workshop {
  readonly folder: string;
  results(): Promise<ScratchFolder>;
  request(task: Task, inputs?: readonly MountedInput[], more?: Partial<RunRequest>): Promise<RunRequest>;
  remove(): Promise<void>;
}

export async function openWorkshop(): Promise<Workshop> {
  const root = await mkdtemp(join(tmpdir(), "gadus-docker-"));
  const scratch = await openDiskScratch(join(root, "scratch"));
  let count = 0;
  const results = (): Promise<ScratchFolder> => {
    count += 1;
    return scratch.create(`results-${count}`);
  };
  return {
    folder: join(root, "docker"),
    results,
    async request(task, inputs = [], more = {}): Promise<RunRequest> {
      count += 1;
      return { executionId: `e-${count}`, task, inputs, results: await results(), ...more };
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
