import {
  type CallOptions,
  importResults,
  MAX_ATTACHED_BYTES,
  messageOf,
  type Randomness,
  type Spec,
} from "@gadus/protocol";
import type { ExpectedResult, Publication, Publisher, PublishRequest } from "./publisher.ts";
import { PublisherError } from "./publisher-error.ts";
import type { ServedContent } from "./served-content.ts";

/** Ways from the root to a leaf that are fetched of a publication that doesn't carry its blocks. */
const SAMPLE_PATHS = 8;

/** Options of publishers by content address. */
export interface ContentPublisherOptions {
  readonly content: ServedContent;
  /** Chooses the sample of a publication that is checked. */
  readonly randomness: Randomness;
  /**
   * Told of each new root, off the path: what it does is neither waited for nor missed.
   *
   * @default nobody
   */
  readonly announce?: (cid: string) => void;
  /**
   * Ways from the root to a leaf that are fetched when a publication is checked.
   *
   * @default 8
   */
  readonly samplePaths?: number;
  /**
   * Fetches all of a publication when it is checked, instead of a sample.
   *
   * @default false
   */
  readonly full?: boolean;
}

/** How publications of one type say where they are. */
export interface Whereabouts {
  /** Where the tree under `cid`, which is served by now, can be had. */
  locate(cid: string, options: CallOptions): Promise<Spec>;
  /** What is wrong with a location that a compute node gave; undefined where nothing is. */
  misplaced(location: Spec, expected: ExpectedResult): string | undefined;
  /** As {@link Publisher.refusal}. */
  refusal(requester: string): string | undefined;
}

/** Publishes under the results' own CID in the content that this node serves. */
export function createContentPublisher(
  type: string,
  options: ContentPublisherOptions,
  where: Whereabouts = byCid(type),
): Publisher {
  const { content, announce } = options;
  return {
    type,
    refusal: (requester) => where.refusal(requester),
    async publish(request, callOptions = {}): Promise<Publication> {
      callOptions.signal?.throwIfAborted();
      const { cid } = request.tree;
      await pinResults(content, request, callOptions);
      announce?.(cid);
      const blocks = (await content.blocksOf(cid, MAX_ATTACHED_BYTES, callOptions)) ?? [];
      return { location: await where.locate(cid, callOptions), blocks };
    },
    async retract(executionId, callOptions = {}): Promise<void> {
      callOptions.signal?.throwIfAborted();
      await content.unpin(reasonOf(executionId));
    },
    async check(publication, expected, callOptions = {}): Promise<void> {
      callOptions.signal?.throwIfAborted();
      const misplaced = where.misplaced(publication.location, expected);
      if (misplaced !== undefined) throw wrong(expected, misplaced);
      if (publication.blocks.length > 0) await keepAttached(content, publication, expected, callOptions);
      else await fetchSome(options, expected, callOptions);
    },
  };
}

/** Where content is that has no other name than its CID. */
function byCid(type: string): Whereabouts {
  return {
    locate: async (cid) => ({ type, params: { cid } }),
    misplaced: (location, { cid }) => misnamed(location, { type, cid, names: ["cid"] }),
    refusal: () => undefined,
  };
}

/** What is wrong with the type, the CID or the names of a location's parameters; undefined where nothing is. */
export function misnamed(
  { type, params }: Spec,
  expected: { readonly type: string; readonly cid: string; readonly names: readonly string[] },
): string | undefined {
  if (type !== expected.type || params["cid"] !== expected.cid)
    return `it is at ${type} "${String(params["cid"])}"`;
  // What nobody reads here is shown to clients all the same.
  const strange = Object.keys(params).find((name) => !expected.names.includes(name));
  return strange === undefined ? undefined : `its location has a parameter "${strange}"`;
}

async function pinResults(
  content: ServedContent,
  { executionId, results, tree }: PublishRequest,
  options: CallOptions,
): Promise<void> {
  try {
    await content.pin(async (sink) => {
      const found = await importResults(results, sink, options);
      if (found.cid !== tree.cid || found.digest !== tree.digest) {
        const state = `its results are ${found.cid}, and the verdict says ${tree.cid}`;
        throw new PublisherError("publisher/wrong-content", `Cannot publish "${executionId}": ${state}`, {
          blame: "node",
        });
      }
      return { reason: reasonOf(executionId), cid: tree.cid };
    });
  } catch (cause) {
    options.signal?.throwIfAborted();
    if (cause instanceof PublisherError) throw cause;
    const message = `Cannot publish "${executionId}": ${messageOf(cause)}`;
    throw new PublisherError("publisher/failed", message, { cause });
  }
}

/** What comes with a publication is checked before any of it is kept. */
async function keepAttached(
  content: ServedContent,
  { blocks }: Publication,
  expected: ExpectedResult,
  options: CallOptions,
): Promise<void> {
  const total = blocks.reduce((sum, block) => sum + block.bytes.length, 0);
  if (total > MAX_ATTACHED_BYTES)
    throw wrong(expected, `its blocks have ${total} bytes, more than may come with it`);
  const pin = { reason: `result:${expected.cid}`, cid: expected.cid, sizeBytes: expected.sizeBytes };
  try {
    await content.pinBlocks(pin, blocks, options);
  } catch (cause) {
    options.signal?.throwIfAborted();
    if ((cause as { code?: unknown }).code === "storage/full") {
      throw new PublisherError(
        "publisher/failed",
        `Cannot keep result "${expected.cid}": ${messageOf(cause)}`,
        { cause },
      );
    }
    throw wrong(expected, messageOf(cause), cause);
  }
}

async function fetchSome(
  { content, randomness, samplePaths = SAMPLE_PATHS, full = false }: ContentPublisherOptions,
  expected: ExpectedResult,
  options: CallOptions,
): Promise<void> {
  let sizeBytes = expected.sizeBytes;
  try {
    const pick = (count: number): number => pickBelow(count, randomness);
    if (full) sizeBytes = await content.fetchAll(expected.cid, options);
    else await content.fetchSample(expected.cid, { ...options, paths: samplePaths, pick });
  } catch (cause) {
    options.signal?.throwIfAborted();
    const message = `Cannot fetch result "${expected.cid}" of node "${expected.nodeId}": ${messageOf(cause)}`;
    throw new PublisherError("publisher/not-retrievable", message, { cause, blame: "node" });
  }
  if (sizeBytes !== expected.sizeBytes)
    throw wrong(expected, `it has ${sizeBytes} bytes, not ${expected.sizeBytes}`);
}

function pickBelow(count: number, randomness: Randomness): number {
  const bytes = randomness.bytes(6);
  return Math.floor((bytes.reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 48) * count);
}

function reasonOf(executionId: string): string {
  return `execution:${executionId}`;
}

function wrong(expected: ExpectedResult, state: string, cause?: unknown): PublisherError {
  const message = `Cannot accept what node "${expected.nodeId}" published as "${expected.cid}": ${state}`;
  return new PublisherError("publisher/wrong-content", message, { cause, blame: "node" });
}
