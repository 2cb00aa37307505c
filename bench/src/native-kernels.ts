import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CallOptions } from "@gadus/protocol";
import { type Kernel, kernelFile } from "./kernels.ts";
import type { KernelRun } from "./kernel-process.ts";

const execute = promisify(execFile);

/** Kernels as programs of this machine. */
export interface NativeKernels {
  /** What made them, such as `gcc 12.2.0 -O2`. */
  readonly compiler: string;
  run(kernel: Kernel, rounds: number, options: CallOptions): Promise<KernelRun>;
}

/** Compiles `kernels` with `gcc -O2` into `folder`; undefined where there is no gcc. */
export async function compileNative(
  kernels: readonly Kernel[],
  folder: string,
  { signal }: CallOptions = {},
): Promise<NativeKernels | undefined> {
  const version = await execute("gcc", ["-dumpfullversion"], { signal }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (version === undefined) return undefined;
  const program = ({ id }: Kernel): string => join(folder, id);
  for (const kernel of kernels) {
    await execute("gcc", ["-O2", "-o", program(kernel), kernelFile(kernel, "c"), "-lm"], { signal });
  }
  return {
    compiler: `gcc ${version.stdout.trim()} -O2`,
    run: async (kernel, rounds, options) => {
      const { stdout, stderr } = await execute(program(kernel), [String(rounds)], options);
      return { cpuMs: Number(stderr) / 1000, output: stdout };
    },
  };
}
