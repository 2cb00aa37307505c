import type { NetworkWish } from "./parse-network.ts";
import type { ResultPath } from "./parse-input.ts";
import { given, makeTaskDocument, type TaskInput, type TaskOptions } from "./task-document.ts";

/** The options of `docker run` that go into the job document as they are. */
export interface DockerRunOptions extends TaskOptions {
  readonly workdir?: string;
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly writableRoot?: boolean;
}

/** What runs in the container, and what it may reach. */
export interface Container {
  /** A reference, an image's id, `ipfs://CID`, or the target of an input. */
  readonly image: string;
  readonly command: readonly string[];
  readonly network?: NetworkWish | undefined;
}

/** The job document of a container; what isn't given is left to the image and the node. */
export function makeDockerDocument(
  { image, command, network }: Container,
  inputs: readonly TaskInput[],
  resultPaths: readonly ResultPath[],
  options: DockerRunOptions,
): Readonly<Record<string, unknown>> {
  const { env } = options;
  const Params = given({
    Image: image,
    Entrypoint: options.entrypoint,
    Parameters: command,
    EnvironmentVariables: env && Object.entries(env).map(([name, value]) => `${name}=${value}`),
    WorkingDirectory: options.workdir,
    User: options.user,
    WritableRoot: options.writableRoot,
  });
  const parts = {
    Engine: { Type: "docker", Params },
    Network: network && given({ Type: network.type, Domains: network.domains }),
  };
  return makeTaskDocument(parts, inputs, resultPaths, options);
}
