import { z } from "zod";

const count = z.number().int().min(1);

/** `compute.wasm`: the processes that WebAssembly runs in. */
export const wasmConfig = z.strictObject({
  processes: count
    .max(64)
    .default(1)
    .describe(
      "Processes, apart from the node's, that executions run in. One that dies takes its executions with it.",
    ),
  workers: count
    .max(1024)
    .optional()
    .describe("Executions that run at one time, in threads of those processes. Absent: the machine's cores."),
  runsPerWorker: count
    .default(1000)
    .describe(
      "Executions after which a thread is replaced by a new one; 1 has each run on a thread of its own, for 20 ms of CPU.",
    ),
  confine: z
    .enum(["auto", "always", "never"])
    .default("auto")
    .describe(
      "Whether those processes are kept from the machine's files and network by Linux namespaces: `auto` where the system lets them be made, `always` or the engine does not start.",
    ),
});
