import type { CallOptions, ReadableVolume } from "@gadus/protocol";

/** What is read ahead for one execution and not asked for yet. */
export const MAX_AHEAD_BYTES = 8 * 1024 * 1024;
/** The most that is read ahead at once. */
const MAX_PIECE_BYTES = 1024 * 1024;
/** Pieces of one sequence that are read ahead. */
const PIECES_AHEAD = 4;
/** Sequences that are followed at the same time; the one that rested longest is forgotten. */
const MAX_SEQUENCES = 128;

/** The reads of one execution, which know what is read next where reads are in sequence. */
export interface ReadAhead {
  /** As {@link ReadableVolume.read}; what failed ahead of its time rejects here, once it is asked for. */
  read(
    volume: ReadableVolume,
    path: string,
    range: { readonly offsetBytes: number; readonly lengthBytes: number },
    options: CallOptions,
  ): Promise<Uint8Array>;
  /** Gives up what is read ahead. */
  close(): void;
}

/** Bytes that are read, or were, and nobody has asked for. */
interface Piece {
  readonly lengthBytes: number;
  readonly bytes: Promise<Uint8Array>;
}

/** Reads of one file, each of which began where the one before ended. */
interface Sequence {
  readonly volume: ReadableVolume;
  readonly path: string;
  readonly controller: AbortController;
  /** Where the next read of the sequence begins, and the first piece. */
  nextBytes: number;
  readonly pieces: Piece[];
  /** Where the last piece ends. */
  aheadBytes: number;
  /** Whether the end of the file was seen. */
  ended: boolean;
}

/**
 * Reads that go on where another ended have what follows read already, several pieces at a time; reads anywhere else
 * cost what they ask for.
 *
 * A piece is twice what was asked for last, up to 1 MiB, and ends at a multiple of its size. No more than
 * {@link MAX_AHEAD_BYTES} are in hand.
 */
export function createReadAhead(): ReadAhead {
  /** The one that rested longest first. */
  const sequences = new Set<Sequence>();
  let inHandBytes = 0;

  const forget = (sequence: Sequence): void => {
    sequences.delete(sequence);
    for (const piece of sequence.pieces.splice(0)) inHandBytes -= piece.lengthBytes;
    sequence.controller.abort(new Error("Nobody asked for what was read ahead"));
  };

  const begin = (volume: ReadableVolume, path: string, nextBytes: number): void => {
    const [oldest] = sequences;
    if (sequences.size >= MAX_SEQUENCES && oldest !== undefined) forget(oldest);
    const controller = new AbortController();
    const place = { volume, path, nextBytes, aheadBytes: nextBytes };
    sequences.add({ ...place, controller, pieces: [], ended: false });
  };

  const fill = (sequence: Sequence, lastBytes: number): void => {
    const sizeBytes = Math.min(2 ** Math.ceil(Math.log2(lastBytes * 2)), MAX_PIECE_BYTES);
    while (!sequence.ended && sequence.pieces.length < PIECES_AHEAD) {
      const lengthBytes = sizeBytes - (sequence.aheadBytes % sizeBytes);
      if (inHandBytes + lengthBytes > MAX_AHEAD_BYTES) return;
      inHandBytes += lengthBytes;
      const { volume, path, aheadBytes, controller } = sequence;
      const bytes = volume.read(path, aheadBytes, lengthBytes, { signal: controller.signal });
      const seeEnd = ({ length }: Uint8Array): void => {
        if (length < lengthBytes) sequence.ended = true;
      };
      bytes.then(seeEnd, () => {});
      sequence.pieces.push(pieceOf(lengthBytes, bytes));
      sequence.aheadBytes += lengthBytes;
    }
  };

  /** What is asked for, part by part, of what is read already and of the volume itself. */
  const take = (
    sequence: Sequence,
    offsetBytes: number,
    lengthBytes: number,
    options: CallOptions,
  ): Piece[] => {
    const { volume, path, pieces } = sequence;
    const parts: Piece[] = [];
    let at = offsetBytes;
    for (let left = lengthBytes; left > 0; left = offsetBytes + lengthBytes - at) {
      const piece = pieces.shift();
      const part = piece ?? pieceOf(left, volume.read(path, at, left, options));
      if (piece !== undefined) inHandBytes -= Math.min(piece.lengthBytes, left);
      if (part.lengthBytes <= left) parts.push(part);
      else {
        parts.push(slicePiece(part, 0, left));
        pieces.unshift(slicePiece(part, left, part.lengthBytes));
      }
      at += Math.min(part.lengthBytes, left);
    }
    sequence.nextBytes = at;
    sequence.aheadBytes = Math.max(sequence.aheadBytes, at);
    return parts;
  };

  return {
    read(volume, path, { offsetBytes, lengthBytes }, options) {
      const follows = (each: Sequence): boolean =>
        each.volume === volume && each.path === path && each.nextBytes === offsetBytes;
      const sequence = [...sequences].findLast(follows);
      if (sequence === undefined || lengthBytes === 0) {
        begin(volume, path, offsetBytes + lengthBytes);
        return volume.read(path, offsetBytes, lengthBytes, options);
      }
      sequences.delete(sequence);
      sequences.add(sequence);
      const parts = take(sequence, offsetBytes, lengthBytes, options);
      fill(sequence, lengthBytes);
      return join(parts, lengthBytes);
    },
    close() {
      for (const sequence of sequences) forget(sequence);
    },
  };
}

/** A failure is told to whoever asks for the piece, and nobody may. */
function pieceOf(lengthBytes: number, bytes: Promise<Uint8Array>): Piece {
  bytes.catch(() => {});
  return { lengthBytes, bytes };
}

/** A copy: an answer that is a part of something larger would take the rest along. */
function slicePiece({ bytes }: Piece, start: number, end: number): Piece {
  return pieceOf(
    end - start,
    bytes.then((all) => all.slice(start, end)),
  );
}

/** The bytes of `parts`, up to the first that is shorter than it should be: there the file ends. */
async function join(parts: readonly Piece[], lengthBytes: number): Promise<Uint8Array> {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first.bytes;
  const all = new Uint8Array(lengthBytes);
  let length = 0;
  for (const part of parts) {
    const bytes = await part.bytes;
    all.set(bytes, length);
    length += bytes.length;
    if (bytes.length < part.lengthBytes) break;
  }
  return length === lengthBytes ? all : all.slice(0, length);
}
