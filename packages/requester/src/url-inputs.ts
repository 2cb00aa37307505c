import { isCodedError, type Spec } from "@gadus/protocol";
import type { ContentStore, StorageSource, UrlContent, UrlReader } from "@gadus/storage";
import type { ResolvedInput } from "./build-task.ts";
import type { RequesterOptions } from "./options.ts";
import { RequesterError } from "./requester-error.ts";
import { Turns } from "./turns.ts";

/** What inputs named by URL are fixed with. */
export interface UrlPorts {
  readonly content: Pick<ContentStore, "add">;
  readonly urls: UrlReader | undefined;
  /** Presents what is behind a URL by ranges. */
  readonly http: StorageSource | undefined;
  readonly options: Pick<RequesterOptions, "maxFetchBytes" | "maxFetches">;
}

/** An input of a job that is named by URL. */
interface UrlInput {
  readonly url: string;
  readonly sha256: string | undefined;
  /** Where the job's document names it. */
  readonly field: string;
}

/**
 * Fixes what is behind URLs, before any node is asked: nodes that looked for themselves could find something else each.
 *
 * What is not too long becomes content of this node, and the input is its CID. Of what is longer, nodes read ranges of
 * the one version that the server's strong ETag names.
 */
export class UrlInputs {
  readonly #ports: UrlPorts;
  readonly #turns: Turns;

  constructor(ports: UrlPorts) {
    this.#ports = ports;
    this.#turns = new Turns(ports.options.maxFetches);
  }

  /**
   * The source `source`, named in `field` of the document, as nodes are to read it.
   *
   * @throws {RequesterError} `requester/not-runnable` where it can't be fetched, or isn't what its checksum says
   * @throws the signal's reason, if `signal` aborts
   */
  async fix({ params }: Spec, field: string, signal: AbortSignal): Promise<ResolvedInput> {
    const { url, sha256 } = params;
    const input = { url: String(url), sha256: sha256 === undefined ? undefined : String(sha256), field };
    return this.#turns.run(() => this.#fetch(input, signal), signal);
  }

  async #fetch(input: UrlInput, signal: AbortSignal): Promise<ResolvedInput> {
    const { urls, options } = this.#ports;
    try {
      if (urls === undefined) throw notRunnable(input, "URL", "this node fetches no URLs");
      const found = await urls.open(input.url, { signal });
      try {
        const isLong = (found.sizeBytes ?? 0) > options.maxFetchBytes;
        return isLong ? await this.#fixVersion(input, found, signal) : await this.#keep(input, found, signal);
      } finally {
        found.close();
      }
    } catch (error) {
      signal.throwIfAborted();
      throw isCodedError(error) && FETCH_FAILURES.has(error.code)
        ? notRunnable(input, "URL", error.message, error)
        : error;
    }
  }

  async #keep(input: UrlInput, found: UrlContent, signal: AbortSignal): Promise<ResolvedInput> {
    const { content, options } = this.#ports;
    const checked = checkedChunks(input, found, options.maxFetchBytes);
    const { cid, sizeBytes } = await content.add(checked, { signal });
    return { source: { type: "ipfs", params: { cid } }, sizeBytes };
  }

  async #fixVersion(input: UrlInput, found: UrlContent, signal: AbortSignal): Promise<ResolvedInput> {
    const { http, options } = this.#ports;
    const { url } = input;
    const { sizeBytes = 0, etag } = found;
    const size = `${sizeBytes} bytes are more than ${options.maxFetchBytes} (requester.maxFetchSize)`;
    if (http === undefined || etag === undefined) {
      throw notRunnable(
        input,
        "URL",
        `${size}, and its server gives it no strong ETag to read ranges of it by`,
      );
    }
    if (input.sha256 !== undefined) {
      for await (const _ of checkedChunks(input, found, sizeBytes)) signal.throwIfAborted();
    } else found.close();
    const source = { type: "http", params: { url, sizeBytes, etag } };
    const volume = await http.open(source, { signal });
    await volume.close();
    return { source, sizeBytes };
  }
}

/** What a server, the way to it or an operator's rules may be to blame for. */
const FETCH_FAILURES: ReadonlySet<string> = new Set([
  "storage/not-allowed",
  "storage/invalid-source",
  "storage/not-found",
  "storage/not-readable",
  "storage/unreachable",
  "storage/changed",
]);

/** All of `found`; its end comes only if it is what it should be, so that nothing else is ever kept. */
async function* checkedChunks(
  input: UrlInput,
  found: UrlContent,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const chunk of found.chunks()) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      const state = `more than ${maxBytes} bytes (requester.maxFetchSize) come, and its server didn't tell how many`;
      throw notRunnable(input, "URL", state);
    }
    yield chunk;
  }
  const sha256 = found.sha256();
  if (input.sha256 !== undefined && input.sha256 !== sha256) {
    throw notRunnable(input, "ChecksumSHA256", `what is behind ${input.url} has the SHA-256 ${sha256}`);
  }
}

function notRunnable({ field }: UrlInput, key: string, state: string, cause?: unknown): RequesterError {
  const name = `${field}.Params.${key}`;
  return new RequesterError("requester/not-runnable", `${name}: ${state}`, {
    blame: "job",
    field: name,
    cause,
  });
}
