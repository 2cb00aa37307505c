import { type CallOptions, messageOf } from "@gadus/protocol";
import { ExecutorError } from "./executor-error.ts";

/** What dockerode takes to abort a call. It deletes it from the object that it is given: each call has its own. */
export interface DockerAbort {
  readonly abortSignal?: AbortSignal;
}

/**
 * What a call of the Docker Engine's API comes to; `action` is what it does, for the error's message.
 *
 * @throws {ExecutorError} `executor/engine-down`, with dockerode's error as its cause
 * @throws the signal's reason, if `signal` aborts: the engine may have done it all the same
 */
export async function dockerCall<T>(
  action: string,
  call: (abort: DockerAbort) => Promise<T>,
  { signal }: CallOptions = {},
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await call(signal === undefined ? {} : { abortSignal: signal });
  } catch (error) {
    signal?.throwIfAborted();
    const message = `Cannot ${action}: ${messageOf(error).trim()}`;
    throw new ExecutorError("executor/engine-down", message, { cause: error, blame: "node" });
  }
}

/** The status with which the engine answered what `error` is about; undefined where it didn't answer. */
export function dockerStatus(error: unknown): number | undefined {
  const cause = error instanceof ExecutorError ? error.cause : error;
  const status = cause instanceof Error && "statusCode" in cause ? cause.statusCode : undefined;
  return typeof status === "number" ? status : undefined;
}
