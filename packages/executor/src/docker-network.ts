import type { CallOptions } from "@gadus/protocol";
import type { RunRequest } from "./executor.ts";

/** What a container reaches, for as long as it runs. */
export interface ContainerNetwork {
  /** As the engine is told: `none`, `bridge` or `container:<id>`. */
  readonly mode: string;
  /** Variables that programs find a proxy by. */
  readonly environment: readonly string[];
  /** What it was refused, in words. */
  refusals(): readonly string[];
  close(): Promise<void>;
}

/** Opens the network that a task asked for, or opens it again for a container that runs already. */
export type OpenNetwork = (
  request: RunRequest,
  folder: string,
  options: CallOptions,
) => Promise<ContainerNetwork>;

/** A network that nothing has to be kept up for. */
export function plainNetwork(mode: "none" | "bridge"): ContainerNetwork {
  return { mode, environment: [], refusals: () => [], async close() {} };
}
