import type { ContainerLimits } from "./docker-container.ts";
import type { DockerImages } from "./docker-images.ts";
import type { NetworkSite } from "./docker-network.ts";

/** Where, and under what rules, containers run. */
export interface DockerSite extends NetworkSite {
  readonly images: DockerImages;
  readonly limits: ContainerLimits;
  /** From asking a container to stop to killing it. */
  readonly graceMs: number;
  /** How long an engine that went away has to come back before what it ran is given up. */
  readonly engineTimeoutMs: number;
  /** Files and folders that one execution may leave. */
  readonly maxFiles: number;
  /** Where an execution's inputs and outputs are while it runs. */
  folderOf(executionId: string): string;
}
