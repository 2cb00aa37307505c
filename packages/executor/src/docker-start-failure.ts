import type { DockerParams } from "@gadus/protocol";
import { engineFailed, isEngineGone, statusOf, wordsOf } from "./docker-error.ts";
import { ExecutorError } from "./executor-error.ts";

/** What an engine says where it is its machine that can't do it. */
const HOSTS_FAULT =
  /bind source path does not exist|retrieve OCI runtime error|did not terminate successfully|no space left/i;
/** What an engine says of a command, a folder or a user that the image doesn't have. */
const JOBS_FAULT =
  /executable file not found|no such file or directory|not a directory|permission denied|is a directory|exec format error|unable to find (user|group)|no matching entries in (passwd|group) file|chdir to cwd|no command specified|invalid (user|mount|working)/i;

/** What kept a container from starting, and whose fault it is. */
export function startFailure(params: DockerParams, error: unknown): ExecutorError {
  if (error instanceof ExecutorError) return error;
  const words = wordsOf(error);
  if (statusOf(error) === 404 && /no such image/i.test(words)) {
    return new ExecutorError(
      "executor/image-missing",
      `Cannot run image "${params.image}": it is here no more`,
      {
        cause: error,
      },
    );
  }
  if (isEngineGone(error) || HOSTS_FAULT.test(words) || !JOBS_FAULT.test(words))
    return engineFailed("start the container", error);
  return new ExecutorError("executor/invalid-params", `Cannot start image "${params.image}": ${words}`, {
    blame: "job",
    field: "Tasks[0].Engine.Params",
    cause: error,
  });
}
