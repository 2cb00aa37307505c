// A process that runs one container for a test, which kills it in the middle: what it is to run comes as its argument,
// as JSON.
import { openDiskScratch } from "@gadus/storage/scratch-disk";
import { dockerExecutor } from "./docker.ts";
import { shellTask } from "./test-docker-jobs.ts";

/** What the process is told. */
export interface ChildOrder {
  readonly nodeId: string;
  readonly folder: string;
  readonly scratch: string;
  readonly host?: string;
  readonly executions: readonly { readonly executionId: string; readonly command: string }[];
}

const order = JSON.parse(process.argv[2] ?? "{}") as ChildOrder;
const executor = dockerExecutor(order);
await executor.start();
const scratch = await openDiskScratch(order.scratch);
for (const { executionId, command } of order.executions) {
  const results = await scratch.create(executionId);
  const output = (): void => void process.stdout.write(`${executionId}\n`);
  const task = shellTask(command, { details: { resultPaths: [{ name: "o", path: "/o" }] } });
  executor.run({ executionId, task, inputs: [], results, output }).catch(() => {});
}
