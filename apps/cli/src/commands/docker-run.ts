import { existsSync } from "node:fs";
import type { Context } from "../context.ts";
import { type DockerRunOptions, makeDockerDocument } from "../docker-document.ts";
import { IMAGE_TARGET, parseImage } from "../parse-image.ts";
import { parseResultPath } from "../parse-input.ts";
import { type NetworkOptions, parseNetwork } from "../parse-network.ts";
import { parseInputs, submitTask, type TaskRunOptions } from "../submit-task.ts";

interface DockerOptions extends TaskRunOptions, DockerRunOptions, NetworkOptions {}

/** `gadus docker run IMAGE`: runs a container on the network. */
export async function dockerRun(
  context: Context,
  [name = "", ...command]: readonly string[],
  options: DockerOptions,
): Promise<number | undefined> {
  const network = parseNetwork(options);
  const inputs = parseInputs(options);
  const resultPaths = (options.resultPath ?? []).map(parseResultPath);
  const targets = inputs.map(({ target }) => target);
  const { image, archive } = parseImage(name, targets, existsSync);
  const all = archive === undefined ? inputs : [{ origin: archive, target: IMAGE_TARGET }, ...inputs];
  return await submitTask(
    context,
    all,
    (sources) => makeDockerDocument({ image, command, network }, sources, resultPaths, options),
    options,
  );
}
