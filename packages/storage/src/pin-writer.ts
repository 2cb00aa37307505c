import type { BlockSink, CommitOptions } from "@gadus/protocol";
import { blockKey } from "./block-key.ts";
import { type DiskParts, MAX_ROW_BYTES, putLarge, removeAfter } from "./disk-parts.ts";
import type { Pin } from "./pinned-blocks.ts";
import { orFull } from "./storage-full.ts";

/** Small blocks that wait for the pin's next transaction: with as many, or as many bytes, it comes. */
const MAX_WAITING_BLOCKS = 1000;
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** Writes the blocks of one pin; a small tree takes one transaction. */
export function createPinWriter(parts: DiskParts): {
  pin<T extends Pin>(fill: (sink: BlockSink) => Promise<T>, options?: CommitOptions): Promise<T>;
} {
  const { table, files, commits, claims } = parts;
  const claimed = new Set<string>();
  const large = new Set<string>();
  let pinId: number | undefined;
  let waiting: { readonly key: string; readonly bytes: Uint8Array | undefined }[] = [];
  let waitingBytes = 0;
  // One after the other, so that only the first starts the pin.
  let flushed: Promise<void> = Promise.resolve();

  /** Called inside a transaction. */
  const writeRows = (rows: typeof waiting): number => {
    const id = pinId ?? table.startPin();
    for (const { key, bytes } of rows) {
      if (bytes !== undefined) table.write(key, bytes);
      table.hold(id, key);
    }
    return id;
  };
  const flush = (): Promise<void> => {
    const rows = waiting;
    waiting = [];
    waitingBytes = 0;
    flushed = flushed.then(async () => {
      pinId = await commits.run(() => writeRows(rows), false).catch(orFull("pin blocks"));
    });
    return flushed;
  };
  const claim = (key: string): void => {
    if (claimed.has(key)) return;
    claimed.add(key);
    claims.set(key, (claims.get(key) ?? 0) + 1);
  };
  const release = (): void => {
    for (const key of claimed) {
      const others = (claims.get(key) ?? 1) - 1;
      if (others === 0) claims.delete(key);
      else claims.set(key, others);
    }
  };
  const sink: BlockSink = {
    async put(cid, block) {
      const key = blockKey(cid);
      if (claimed.has(key)) return cid;
      claim(key);
      const isLarge = block.length > MAX_ROW_BYTES;
      if (isLarge) {
        large.add(key);
        await putLarge(parts, key, block);
      }
      waiting.push({ key, bytes: isLarge ? undefined : block });
      waitingBytes += isLarge ? 0 : block.length;
      if (waiting.length >= MAX_WAITING_BLOCKS || waitingBytes >= MAX_WAITING_BYTES) await flush();
      return cid;
    },
  };

  return {
    async pin(fill, options) {
      try {
        const filled = await fill(sink);
        await flushed;
        await files.syncNames(large);
        const finish = (): readonly string[] =>
          table.finishPin(writeRows(waiting), filled.reason, filled.cid);
        await removeAfter(parts, finish, options).catch(orFull("pin blocks"));
        release();
        return filled;
      } catch (error) {
        release();
        const abandoned = (): readonly string[] => {
          if (pinId !== undefined) table.dropPin(pinId);
          return [...claimed];
        };
        await removeAfter(parts, abandoned);
        throw error;
      }
    },
  };
}
