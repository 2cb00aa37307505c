import type { CallOptions } from "@gadus/protocol";
import { engineFailed } from "./docker-error.ts";

/** What dockerode takes to abort a call. It deletes it from the object that it is given: each call has its own. */
export interface DockerAbort {
  readonly abortSignal?: AbortSignal;
}

/**
 * What a call of the Docker Engine's API comes to; `action` is what it does, for the error's message.
 *
 * @throws {ExecutorError} `executor/engine-down`, `executor/engine-failed`, with dockerode's error as its cause
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
    throw engineFailed(action, error);
  }
}
