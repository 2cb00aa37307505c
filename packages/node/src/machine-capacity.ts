import { statfs } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import type { Resources } from "@gadus/protocol";
import type { NodeConfig } from "./config/config-schema.ts";

/** What is left for the machine itself. */
const SHARE = 0.8;

/** What jobs may have of this machine: what is configured, and otherwise all cores and 80 % of memory and free disk. */
export async function machineCapacity(
  configured: NodeConfig["compute"]["capacity"],
  folder: string,
): Promise<Resources> {
  const { bavail, bsize } = await statfs(folder);
  return {
    cpuMillis: configured.cpu ?? availableParallelism() * 1000,
    memoryBytes: configured.memory ?? Math.floor(totalmem() * SHARE),
    diskBytes: configured.disk ?? Math.floor(bavail * bsize * SHARE),
    gpus: configured.gpus ?? 0,
  };
}
