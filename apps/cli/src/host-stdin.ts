import type { VolumeEntry } from "@gadus/protocol";

/** This process's standard input as a file of unknown length, touched only when it is read. */
export interface HostStdin {
  stat(path: string): Promise<VolumeEntry>;
  list(): AsyncGenerator<VolumeEntry>;
  /** What comes next, `lengthBytes` at most: reads are in order, whatever their offset. Empty at the end. */
  read(path: string, offsetBytes: number, lengthBytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Reads `stream`, which `open` answers when something is first wanted of it. */
export function hostStdin(open: () => AsyncIterable<Uint8Array> & { destroy(): void }): HostStdin {
  let stream: ReturnType<typeof open> | undefined;
  let chunks: AsyncIterator<Uint8Array> | undefined;
  let rest: Uint8Array = new Uint8Array(0);
  return {
    stat: async (path) => ({ path, kind: "file", sizeBytes: 0 }),
    list: async function* (): AsyncGenerator<VolumeEntry> {},
    read: async (_path, _offsetBytes, lengthBytes) => {
      stream ??= open();
      chunks ??= stream[Symbol.asyncIterator]();
      while (rest.length === 0) {
        const next = await chunks.next();
        if (next.done === true) return rest;
        rest = next.value;
      }
      const part = rest.slice(0, lengthBytes);
      rest = rest.subarray(part.length);
      return part;
    },
    close: async () => {
      stream?.destroy();
    },
  };
}
