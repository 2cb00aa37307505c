import type { CallOptions } from "@gadus/protocol";
import type { DockerEngine } from "./docker-engine.ts";
import { engineFailed, isEngineGone, wordsOf } from "./docker-error.ts";
import { ExecutorError } from "./executor-error.ts";
import type { RegistryAuth } from "./registry-auth.ts";

/** An image to pull. */
export interface Pull {
  /** `name:tag` or `name@sha256:…`. */
  readonly reference: string;
  readonly auth: RegistryAuth | undefined;
  readonly progress: (message: string) => void;
}

/**
 * Pulls an image, and tells how far it is.
 *
 * @throws {ExecutorError} `executor/image-missing` with what the registry says
 */
export async function pullImage(
  { docker }: DockerEngine,
  { reference, auth, progress }: Pull,
  { signal }: CallOptions,
): Promise<void> {
  progress(`Pulling image ${reference}`);
  try {
    const stream = await docker.pull(reference, {
      ...(auth && { authconfig: auth }),
      ...(signal && { abortSignal: signal }),
    });
    const layers = new Layers();
    for await (const event of eventsOf(stream)) {
      if (event.error !== undefined) throw missing(reference, event.error);
      const share = layers.take(event);
      if (share !== undefined) progress(`Pulling image ${reference}: ${share}`);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ExecutorError) throw error;
    if (isEngineGone(error)) throw engineFailed(`pull image "${reference}"`, error);
    throw missing(reference, wordsOf(error), error);
  }
  progress(`Pulled image ${reference}`);
}

/** One line of what an engine tells while it pulls or loads. */
export interface EngineEvent {
  readonly error?: string;
  readonly stream?: string;
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/** The longest line that is looked at. */
const MAX_LINE_LENGTH = 1024 * 1024;

/** The lines of `stream`; what is no JSON is passed over. */
export async function* eventsOf(stream: NodeJS.ReadableStream): AsyncGenerator<EngineEvent> {
  // What breaks it is thrown below; nothing else listens once that is over.
  stream.on("error", () => {});
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(Buffer.from(chunk), { stream: true })).split("\n");
    rest = (lines.pop() ?? "").slice(0, MAX_LINE_LENGTH);
    for (const line of lines) yield* eventOf(line);
  }
  yield* eventOf(rest);
}

function* eventOf(line: string): Generator<EngineEvent> {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event === "object" && event !== null) yield event;
  } catch {
    // Not a line of the engine's own.
  }
}

/** How much of an image's layers has come. */
class Layers {
  readonly #layers = new Map<string, { current: number; total: number }>();
  #told = "";

  /** How far it is, where that changed. */
  take({ id, status, progressDetail }: EngineEvent): string | undefined {
    if (id === undefined || status !== "Downloading") return undefined;
    const { current = 0, total = 0 } = progressDetail ?? {};
    this.#layers.set(id, { current, total: Math.max(total, current) });
    let [came, whole] = [0, 0];
    for (const layer of this.#layers.values()) {
      came += layer.current;
      whole += layer.total;
    }
    if (whole === 0) return undefined;
    const text = `${Math.floor((came / whole) * 100)} % of ${(whole / 1e6).toFixed(1)} MB`;
    if (text === this.#told) return undefined;
    this.#told = text;
    return text;
  }
}

function missing(reference: string, state: string, cause?: unknown): ExecutorError {
  return new ExecutorError("executor/image-missing", `Cannot pull image "${reference}": ${state}`, {
    field: "Tasks[0].Engine.Params.Image",
    cause,
  });
}
