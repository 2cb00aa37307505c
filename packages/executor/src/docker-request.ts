import { posix } from "node:path";
import {
  type DockerParams,
  dockerParamsSchema,
  messageOf,
  parseImageReference,
  type TaskTerms,
} from "@gadus/protocol";
import { ExecutorError } from "./executor-error.ts";
import type { RunRequest } from "./executor.ts";

const IMAGE_FIELD = "Tasks[0].Engine.Params.Image";
/** What a results folder has of its own. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(["stdout", "stderr", "exitCode", ".", ".."]);

/**
 * The parameters of a task, once all in it that becomes a path or a name here was looked at: a requester may have
 * written it by hand.
 *
 * @throws {ExecutorError} `executor/invalid-params`, blaming the job
 */
export function checkRequest({ task, inputs }: RunRequest): DockerParams {
  const parsed = dockerParamsSchema.safeParse(task.details.engineParams);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(issue?.message ?? "", `Tasks[0].Engine.Params.${issue?.path.join(".") ?? ""}`);
  }
  for (const [index, { target }] of inputs.entries())
    checkPath(target, `Tasks[0].InputSources[${index}].Target`);
  for (const [index, { name, path }] of task.details.resultPaths.entries()) {
    checkPath(path, `Tasks[0].ResultPaths[${index}].Path`);
    if (RESERVED_NAMES.has(name) || /[/\0]/.test(name)) {
      throw invalid(`"${name}" can't name a folder`, `Tasks[0].ResultPaths[${index}].Name`);
    }
  }
  const reason = imageProblem(task.terms);
  if (reason !== undefined) throw invalid(reason, IMAGE_FIELD);
  return parsed.data;
}

/** What is wrong with how a task names its image; undefined where nothing is. */
export function imageProblem({ image, inputs }: TaskTerms): string | undefined {
  if (image === undefined) return "the task names no image";
  if (image.from === "input") return image.input < inputs.length ? undefined : "its image is no input of it";
  try {
    const reference = parseImageReference(image.reference, IMAGE_FIELD);
    return reference === image.reference ? undefined : `it is called ${reference}`;
  } catch (error) {
    return messageOf(error);
  }
}

function checkPath(path: string, field: string): void {
  const isPlain =
    path.startsWith("/") && path !== "/" && posix.normalize(path) === path && !path.endsWith("/");
  if (!isPlain || path.includes("\0")) throw invalid(`"${path}" is no path below /, without . and ..`, field);
}

function invalid(state: string, field: string): ExecutorError {
  return new ExecutorError("executor/invalid-params", `Cannot run the task: ${field}: ${state}`, {
    blame: "job",
    field,
  });
}
