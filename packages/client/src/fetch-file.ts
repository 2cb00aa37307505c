import { apiError, unreachableError } from "./api-error.ts";
import { authorization, type Destination, FETCH_TIMEOUT_MS } from "./api-request.ts";
import { anySignal } from "./call-options.ts";
import { ClientError } from "./client-error.ts";

/** A file behind a URL, as it comes. */
export interface RemoteFile {
  readonly content: AsyncIterable<Uint8Array>;
  /** Undefined where its server doesn't say. */
  readonly sizeBytes: number | undefined;
}

/**
 * Asks for what is behind `url`; settles once the answer has begun. The client's token goes to the API's own origin
 * and, since none is followed from there, no redirect takes it elsewhere.
 *
 * @throws {ClientError} `client/not-allowed` for what is no HTTP address, `client/unreachable`, and what
 * {@link apiError} makes of other answers than 200
 * @throws the signal's reason, if `signal` aborts
 */
export async function fetchFile(
  url: string,
  api: Destination,
  signal: AbortSignal | undefined,
): Promise<{ readonly response: Response; readonly from: string }> {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new ClientError("client/not-allowed", `Cannot fetch ${JSON.stringify(url)}: it is no HTTP address`);
  }
  const isApi = parsed.origin === new URL(api.url).origin;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), FETCH_TIMEOUT_MS);
  const either = anySignal(signal, late.signal);
  const response = await api
    .fetch(parsed, {
      redirect: isApi ? "error" : "follow",
      headers: isApi ? authorization(api.token()) : {},
      ...(either !== undefined && { signal: either }),
    })
    .catch((cause: unknown) => {
      signal?.throwIfAborted();
      throw unreachableError(parsed.origin, cause);
    })
    .finally(() => clearTimeout(timer));
  if (response.status === 200) return { response, from: parsed.origin };
  await response.body?.cancel();
  throw apiError(response, "", url);
}
