import { cpus, loadavg, totalmem } from "node:os";

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly platform: string;
  /** Processes that wanted a core in the last minute: what else the machine was doing. */
  readonly load: number;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    load: loadavg()[0] ?? 0,
  };
}

/** Of each core; more than that is somebody else's work. */
const QUIET_LOAD = 0.5;

/** What results were measured on, and whether they can be trusted. */
export function machineLines({
  machine: { cpu, cores, memoryGiB, node, platform, load },
  quick,
}: {
  readonly machine: Machine;
  readonly quick: boolean;
}): readonly string[] {
  const busy = `busy: a load of ${load.toFixed(1)} before it began; don't trust these figures`;
  return [
    `${cores} × ${cpu}, ${memoryGiB} GiB, ${platform}, Node ${node}${quick ? ", a quick run" : ""}`,
    ...(load > cores * QUIET_LOAD ? [busy] : []),
  ];
}
