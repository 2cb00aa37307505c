import { type Clock, isCodedError, isFixedImage, messageOf } from "@gadus/protocol";
import type { ImageResolver } from "@gadus/executor";
import { abortable } from "@gadus/protocol/abortable";
import { IMAGE_FIELD, IMAGE_HINT } from "./image-of.ts";
import type { RequesterOptions } from "./options.ts";
import { RequesterError } from "./requester-error.ts";
import { Turns } from "./turns.ts";

/** What images are looked up with. */
export interface ImagePorts {
  readonly images: ImageResolver | undefined;
  readonly clock: Clock;
  readonly options: Pick<RequesterOptions, "resolveTimeoutMs" | "maxFetches">;
}

/** Fixes what images stand for that are named by tag: nodes that looked for themselves could find something else each. */
export class ImageLookups {
  readonly #ports: ImagePorts;
  readonly #turns: Turns;

  constructor(ports: ImagePorts) {
    this.#ports = ports;
    this.#turns = new Turns(ports.options.maxFetches);
  }

  /**
   * `reference` by digest or image id; its time begins with its turn.
   *
   * @throws {RequesterError} `requester/not-runnable` where it can't be fixed in time
   * @throws the signal's reason, if `signal` aborts
   */
  fix(reference: string, signal: AbortSignal): Promise<string> {
    return this.#turns.run(() => this.#ask(reference, signal), signal);
  }

  async #ask(reference: string, signal: AbortSignal): Promise<string> {
    const { images, clock, options } = this.#ports;
    if (images === undefined) throw notRunnable(reference, "this node asks no registry");
    const late = new AbortController();
    const { resolveTimeoutMs } = options;
    const timer = clock.setTimer(resolveTimeoutMs, () => {
      late.abort(new Error(`no answer came within ${resolveTimeoutMs / 1000} s (resolveTimeoutMs)`));
    });
    const within = AbortSignal.any([late.signal, signal]);
    try {
      const fixed = await abortable(images.resolve(reference, { signal: within }), { signal: within });
      if (!isFixedImage(fixed))
        throw new Error(`"${fixed.slice(0, 512)}" is neither a digest nor an image id`);
      return fixed;
    } catch (error) {
      signal.throwIfAborted();
      throw notRunnable(reference, messageOf(error), error);
    } finally {
      timer.cancel();
    }
  }
}

/** Only what the registry says of the name is the job's own fault. */
function notRunnable(reference: string, state: string, cause?: unknown): RequesterError {
  const message = `${IMAGE_FIELD}: it can't be told what "${reference}" stands for: ${state}. ${IMAGE_HINT}`;
  const isJobs = isCodedError(cause) && cause.code === "executor/image-missing";
  return new RequesterError("requester/not-runnable", message, {
    blame: isJobs ? "job" : "nobody",
    field: IMAGE_FIELD,
    hint: IMAGE_HINT,
    cause,
  });
}
