import type { CallOptions } from "@gadus/protocol";

/** Fixes what the name of a container image stands for. */
export interface ImageResolver {
  /**
   * `reference`, such as `name:tag`, by content: `name@sha256:<digest>`, or `sha256:<digest>` (an image id) for an
   * image that no registry knows.
   *
   * @throws {ExecutorError} `executor/image-missing` with what the registry says, `executor/engine-down`
   */
  resolve(reference: string, options?: CallOptions): Promise<string>;
}
