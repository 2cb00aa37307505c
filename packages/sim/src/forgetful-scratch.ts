import type { ScratchFolder, ScratchSpace } from "@gadus/storage";

/** Scratch space whose folders outlive a power loss only once they were synced. */
export interface ForgetfulScratch {
  readonly space: ScratchSpace;
  /** Answers how many folders were lost. */
  losePower(): number;
}

export function forgetfulScratch(scratch: ScratchSpace): ForgetfulScratch {
  const known = new Set<string>();
  const synced = new Set<string>();
  const lost = new Set<string>();

  const watched = (id: string, folder: ScratchFolder): ScratchFolder => ({
    ...folder,
    async write(path, content, options) {
      synced.delete(id);
      await folder.write(path, content, options);
    },
    async sync() {
      await folder.sync();
      synced.add(id);
    },
  });

  return {
    space: {
      async create(id) {
        known.add(id);
        lost.delete(id);
        synced.delete(id);
        return watched(id, await scratch.create(id));
      },
      async open(id) {
        const folder = lost.has(id) ? undefined : await scratch.open(id);
        return folder && watched(id, folder);
      },
      async remove(id) {
        known.delete(id);
        await scratch.remove(id);
      },
      async *list() {
        for await (const id of scratch.list()) if (!lost.has(id)) yield id;
      },
    },
    losePower() {
      const gone = [...known].filter((id) => !synced.has(id) && !lost.has(id));
      for (const id of gone) lost.add(id);
      return gone.length;
    },
  };
}
