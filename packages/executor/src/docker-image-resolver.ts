import { type Logger, silentLogger } from "@gadus/protocol";
import { createDockerEngine } from "./docker-engine.ts";
import { engineDown } from "./docker-error.ts";
import { DockerImages, type ImageRules } from "./docker-images.ts";
import type { ImageResolver } from "./image-resolver.ts";

/** Options of {@link dockerImageResolver}. */
export interface DockerImageResolverOptions {
  /** A Unix socket's path, or `http://host:port`. @default DOCKER_HOST, otherwise /var/run/docker.sock */
  readonly host?: string | undefined;
  readonly rules: Pick<ImageRules, "pull" | "registries" | "credentials" | "isOpen">;
  readonly logger?: Logger;
}

/**
 * Fixes images by what this machine's Docker Engine has of them, and otherwise by what their registry says to it.
 *
 * The engine is asked only when there is something to fix.
 */
export function dockerImageResolver(options: DockerImageResolverOptions): ImageResolver {
  const { host, rules, logger = silentLogger } = options;
  const engine = createDockerEngine({ logger, ...(host !== undefined && { host }) });
  const images = new DockerImages(engine, { ...rules, maxPulls: 0, maxArchiveBytes: 0 });
  return {
    async resolve(reference, callOptions = {}) {
      if (engine.unavailable() !== undefined) await engine.look();
      const problem = engine.unavailable();
      if (problem !== undefined) throw engineDown(problem);
      return images.resolve(reference, callOptions);
    },
  };
}
