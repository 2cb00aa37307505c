import type { CallOptions } from "@gadus/protocol";
import { beforeNextTry, type HttpAnswer, type HttpClient, unreachable } from "./http-client.ts";
import { StorageError } from "./storage-error.ts";

/** One version of what is behind a URL. */
export interface HttpTarget {
  readonly url: string;
  readonly sizeBytes: number;
  /** Strong, with its quotation marks. */
  readonly etag: string;
}

/** A server that brings so much before it breaks off again is asked as often as one that never did. */
const PROGRESS_BYTES = 4 * 1024 * 1024;
const TEMPORARY: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Reads parts of one version of what is behind a URL. */
export interface HttpRanges {
  /**
   * The bytes from `start` to `end`, as they come; where the server breaks off it is asked for the rest.
   *
   * `begun` is an answer that brings them already, from `start` on.
   *
   * @throws {StorageError} `storage/changed` where the server has another version by now, `storage/unreachable`,
   * `storage/not-readable`, `storage/not-found`
   * @throws the signal's reason, if `signal` aborts
   */
  stream(
    range: { readonly start: number; readonly end: number; readonly begun?: HttpAnswer },
    options?: CallOptions,
  ): AsyncIterable<Uint8Array>;
}

/** Parts of `target`, through `client`. */
export function createHttpRanges(client: HttpClient, target: HttpTarget): HttpRanges {
  /** Where the server's redirections led the last time. */
  let ledTo: string | undefined;

  const ask = async (start: number, end: number, options: CallOptions): Promise<HttpAnswer> => {
    if (ledTo !== undefined) {
      const answer = await askRange(client, { ...target, url: ledTo }, { start, end }, options).catch(
        () => undefined,
      );
      if (answer !== undefined) return answer;
      options.signal?.throwIfAborted();
      ledTo = undefined;
    }
    const answer = await askRange(client, target, { start, end }, options);
    if (answer.url !== target.url) ledTo = answer.url;
    return answer;
  };

  return {
    async *stream({ start, end, begun }, options = {}): AsyncGenerator<Uint8Array> {
      let answer = begun;
      let tries = 0;
      let brokeAt = start;
      for (let at = start; at < end; answer = undefined) {
        try {
          answer ??= await ask(at, end, options);
          for await (const chunk of bodyOf(client, answer, options)) {
            if (chunk.length > end - at) throw wrongAnswer(target, "it sent more than it was asked for");
            at += chunk.length;
            if (at - brokeAt >= PROGRESS_BYTES) tries = 0;
            yield chunk;
          }
          if (at < end) throw unreachable(target.url, new Error(`it ended ${end - at} bytes too early`));
        } catch (error) {
          tries += 1;
          brokeAt = at;
          await beforeNextTry(tries, error, options);
        }
      }
    },
  };
}

/** A server that brings less in the time that it may send nothing for is as good as one that does. */
const LEAST_BYTES = 16 * 1024;

/**
 * The chunks of an answer.
 *
 * While they are waited for, no longer than the client's limit may pass until {@link LEAST_BYTES} have come, or the end.
 */
export async function* bodyOf(
  { idleTimeoutMs }: HttpClient,
  { url, body }: HttpAnswer,
  { signal }: CallOptions,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let leftMs = idleTimeoutMs;
  let waitingSinceMs = performance.now();
  const late = (): void => {
    body.destroy(new Error(`it sent ${bytes === 0 ? "nothing" : `${bytes} bytes`} in ${idleTimeoutMs} ms`));
  };
  let timer = setTimeout(late, leftMs);
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      // Whoever takes the chunk may take their time.
      clearTimeout(timer);
      leftMs -= performance.now() - waitingSinceMs;
      bytes += chunk.length;
      if (bytes >= LEAST_BYTES) {
        bytes = 0;
        leftMs = idleTimeoutMs;
      }
      yield chunk;
      waitingSinceMs = performance.now();
      timer = setTimeout(late, leftMs);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw unreachable(url, error);
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}

/**
 * @throws {StorageError} `storage/unreachable` for an answer that may be another one later, `storage/not-found`,
 * `storage/not-readable`
 */
export function refuseStatus({ url, status, body }: HttpAnswer): never {
  body.destroy();
  if (TEMPORARY.has(status)) throw unreachable(url, new Error(`the server answered ${status}`));
  const code = status === 404 || status === 410 ? "storage/not-found" : "storage/not-readable";
  throw new StorageError(code, `Cannot fetch "${url}": the server answered ${status}`);
}

async function askRange(
  client: HttpClient,
  target: HttpTarget,
  { start, end }: { readonly start: number; readonly end: number },
  options: CallOptions,
): Promise<HttpAnswer> {
  const { url, sizeBytes, etag } = target;
  const answer = await client.get(url, { range: `bytes=${start}-${end - 1}`, "if-match": etag }, options);
  const { status, headers, body } = answer;
  if (status === 206) {
    const isSame = headers.etag === etag && headers["content-range"]?.endsWith(`/${sizeBytes}`);
    const isWhole = headers["content-range"]?.startsWith(`bytes ${start}-${end - 1}/`);
    if (isSame && isWhole && (headers["content-encoding"] ?? "identity") === "identity") return answer;
    body.destroy();
    if (!isSame)
      throw changed(target, `${headers.etag ?? "no ETag"}, ${headers["content-range"] ?? "no range"}`);
    throw wrongAnswer(
      target,
      `it sent ${headers["content-range"] ?? "no range"}, ${headers["content-encoding"] ?? "plain"}`,
    );
  }
  if (status === 412 || status === 416) {
    body.destroy();
    throw changed(target, `the server answered ${status}`);
  }
  if (status !== 200) return refuseStatus(answer);
  body.destroy();
  if (headers.etag !== etag) throw changed(target, headers.etag ?? "no ETag");
  throw wrongAnswer(target, "the server doesn't answer with the range that it is asked for");
}

function changed({ url, etag, sizeBytes }: HttpTarget, state: string): StorageError {
  const message = `Cannot fetch "${url}": it is no longer ${etag} of ${sizeBytes} bytes (${state})`;
  return new StorageError("storage/changed", message);
}

function wrongAnswer({ url }: HttpTarget, state: string): StorageError {
  return new StorageError("storage/not-readable", `Cannot fetch "${url}": ${state}`);
}
