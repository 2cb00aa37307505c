import { readFile } from "node:fs/promises";
import type { Devnet } from "@gadus/cli/start-devnet";
import type { CallOptions } from "@gadus/protocol";
import { openJobClient } from "./job-client.ts";
import { wasmJob } from "./job-document.ts";
import { KERNELS, kernelFile, roundsOf } from "./kernels.ts";
import { familyUse } from "./process-family.ts";

/** What one kernel took as a job of one execution. */
export interface NetworkTimes {
  readonly id: string;
  /** Of every node together, with what they do beside. */
  readonly cpuMs: number;
  /** From submitting it until its result is published. */
  readonly wallMs: number;
  /** The same of the first one, when no node knew the module. */
  readonly firstCpuMs: number;
}

export interface NetworkOptions extends CallOptions {
  /** Jobs of each kernel beside the first; the least counts. */
  readonly jobs: number;
  /** Of the work that each does. */
  readonly share: number;
}

/** Runs every kernel on `devnet`, one job at a time. */
export async function measureNetworkKernels(
  devnet: Devnet,
  { jobs, share, signal }: NetworkOptions,
): Promise<readonly NetworkTimes[]> {
  const client = await openJobClient(devnet.api, { signal });
  const cpuMs = async (): Promise<number> => {
    const uses = await Promise.all(devnet.nodes.map(({ pid }) => familyUse(pid)));
    return uses.reduce((sum, use) => sum + use.cpuMs, 0);
  };
  try {
    const times: NetworkTimes[] = [];
    for (const kernel of KERNELS) {
      const document = wasmJob(await readFile(kernelFile(kernel, "wasm")), 1, [
        String(roundsOf(kernel, share)),
      ]);
      const body = Buffer.from(JSON.stringify({ Job: document }));
      const took: { readonly cpuMs: number; readonly wallMs: number }[] = [];
      for (let job = 0; job <= jobs; job += 1) {
        const before = { cpuMs: await cpuMs(), atMs: performance.now() };
        await client.run(body);
        const wallMs = performance.now() - before.atMs;
        took.push({ cpuMs: (await cpuMs()) - before.cpuMs, wallMs });
      }
      const [first, ...warm] = took;
      times.push({
        id: kernel.id,
        cpuMs: Math.min(...warm.map((one) => one.cpuMs)),
        wallMs: Math.min(...warm.map((one) => one.wallMs)),
        firstCpuMs: first?.cpuMs ?? Number.NaN,
      });
    }
    return times;
  } finally {
    client.close();
  }
}
