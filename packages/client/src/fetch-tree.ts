import type { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import { blockKey } from "./block-key.ts";
import type { BlockStore } from "./block-store.ts";
import { anySignal, type CallOptions, delay } from "./call-options.ts";
import { isAway } from "./client-error.ts";
import { type DagScope, readCar } from "./read-car.ts";
import { linksOf } from "./unixfs-node.ts";

/** Requests at one time. */
const MAX_REQUESTS = 4;
/** How often a download is tried again before anything more has come. */
const MAX_FAILURES = 4;
const RETRY_MS = 250;

/** Where blocks come from: not trusted. */
export interface BlockSource {
  car(cid: string, options: CallOptions & { readonly scope?: DagScope }): Promise<AsyncIterable<Uint8Array>>;
}

export interface FetchOptions extends CallOptions {
  /** Called after each block that was kept. */
  readonly onBlock?: () => void;
}

/**
 * Has `store` hold the whole tree under `root`: asks `source` for the sub-trees that are missing, and for no leaf that
 * is there. A source that goes away after something came is asked again.
 *
 * @throws {ClientError} as the calls of `source` do, and as {@link readCar} does
 * @throws the signal's reason, if `signal` aborts
 */
export async function fetchTree(
  source: BlockSource,
  store: BlockStore,
  root: CID,
  options: FetchOptions = {},
): Promise<void> {
  const startBytes = store.sizeBytes;
  for (let failures = 0; ; failures += 1) {
    const before = store.sizeBytes;
    try {
      await inParallel(await missingTrees(store, root), options.signal, (cid, signal) =>
        fetchBlocks(source, store, cid, { ...options, signal }),
      );
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (store.sizeBytes > before) failures = 0;
      if (!isAway(error) || store.sizeBytes === startBytes || failures >= MAX_FAILURES) throw error;
      await delay(RETRY_MS * 2 ** failures, options.signal);
    }
  }
}

/** Has `store` hold what `scope` says of the tree under `root`. */
export async function fetchBlocks(
  source: BlockSource,
  store: BlockStore,
  root: CID,
  { scope = "all", onBlock, signal }: FetchOptions & { readonly scope?: DagScope },
): Promise<void> {
  const car = await source.car(root.toString(), { signal, ...(scope !== "all" && { scope }) });
  for await (const { cid, bytes } of readCar(car, root, { scope })) {
    signal?.throwIfAborted();
    await store.append(cid, bytes);
    onBlock?.();
  }
}

/** The roots of what is missing of a tree; a block that has none of its links is asked for with them. */
async function missingTrees(store: BlockStore, root: CID): Promise<readonly CID[]> {
  if (!store.has(root)) return [root];
  const missing = new Map<string, CID>();
  const seen = new Set<string>();
  const ahead = [root];
  for (let cid = ahead.pop(); cid !== undefined; cid = ahead.pop()) {
    if (seen.has(blockKey(cid))) continue;
    seen.add(blockKey(cid));
    if (cid.code === raw.code) continue;
    const links = linksOf(cid, await store.get(cid));
    const gaps = links.filter((link) => !store.has(link));
    const wanted = gaps.length > 1 && gaps.length === links.length ? [cid] : gaps;
    for (const gap of wanted) missing.set(blockKey(gap), gap);
    ahead.push(...links.filter((link) => store.has(link)).toReversed());
  }
  return [...missing.values()];
}

/** Does `work` for each of `items`, some at one time; the first that fails ends the others. */
async function inParallel<T>(
  items: readonly T[],
  given: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal | undefined) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const signal = anySignal(given, stop.signal);
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      signal?.throwIfAborted();
      await work(item, signal);
    }
  };
  const workers = Array.from({ length: Math.min(MAX_REQUESTS, items.length) }, worker);
  const failing = workers.map((each) => each.catch((error: unknown) => stop.abort(error)));
  await Promise.all(failing);
  stop.signal.throwIfAborted();
}
