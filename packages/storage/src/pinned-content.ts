import type { BlockSink, CallOptions } from "@gadus/protocol";
import { collectBlocks } from "./collect-blocks.ts";
import type { Block, ContentStore } from "./content-store.ts";
import { importContent, importFolder } from "./import-content.ts";
import { parseCid } from "./parse-cid.ts";
import type { PinnedBlocks } from "./pinned-blocks.ts";
import { verifyBlock } from "./verify-block.ts";

/** A content store over `blocks`: what is added is pinned, what others put is kept until it has to go. */
export function createPinnedContent(blocks: PinnedBlocks): ContentStore {
  const pinned = async (
    fill: (sink: BlockSink) => ReturnType<typeof importContent>,
  ): Promise<{ cid: string; sizeBytes: number }> => {
    const { cid, sizeBytes } = await blocks.pin(async (sink) => {
      const imported = await fill(sink);
      const root = imported.cid.toString();
      return { reason: `content:${root}`, cid: root, sizeBytes: imported.sizeBytes };
    });
    return { cid, sizeBytes };
  };
  return {
    add: (content, options) => pinned((sink) => importContent(content, sink, options)),
    addFolder: (files, options) => pinned((sink) => importFolder(files, sink, options)),
    async has(cid, options = {}): Promise<boolean> {
      options.signal?.throwIfAborted();
      return blocks.has(parseCid(cid));
    },
    async blocksOf(cid, maxBytes, options): Promise<readonly Block[] | undefined> {
      return collectBlocks(parseCid(cid), maxBytes, (wanted) => blocks.find(wanted), options);
    },
    async putBlocks(added, options: CallOptions = {}): Promise<void> {
      options.signal?.throwIfAborted();
      const checked = added.map(({ cid, bytes }) => ({ cid: parseCid(cid), bytes }));
      for (const { cid, bytes } of checked) await verifyBlock(cid, bytes);
      await blocks.keep(checked);
    },
  };
}
