import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { openBlockStore } from "./block-store.ts";
import type { CallOptions } from "./call-options.ts";
import { checkTarget, orFull } from "./check-target.ts";
import { placeTree } from "./place-tree.ts";
import { parseCid, readCar } from "./read-car.ts";
import { decodeUnixfs } from "./unixfs-node.ts";
import { type LoadNode, type Unpacked, writeTree } from "./write-tree.ts";

/**
 * Unpacks the tree under `cid` from a CAR into `targetFolder`, every block checked against its CID. For Node alone.
 *
 * The target appears once all is there; where anything fails nothing is left. A `cid` that is one file becomes a
 * file of that name in the folder. Symbolic links are left out.
 *
 * @throws {ClientError} `client/not-allowed` for a target that holds something or a name that can't be a file's,
 * `client/invalid-block`, `client/not-readable`, `client/not-found`, `client/disk-full`
 * @throws the signal's reason, if `signal` aborts
 */
export async function unpackCar(
  stream: AsyncIterable<Uint8Array>,
  cid: string,
  targetFolder: string,
  { signal }: CallOptions = {},
): Promise<Unpacked> {
  signal?.throwIfAborted();
  const root = parseCid(cid);
  const target = resolve(targetFolder);
  await checkTarget(target);
  await mkdir(dirname(target), { recursive: true });
  const draft = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    const store = await openBlockStore(join(draft, "blocks"));
    try {
      for await (const block of readCar(stream, root)) {
        signal?.throwIfAborted();
        await store.append(block.cid, block.bytes);
      }
      const tree = join(draft, "tree");
      await mkdir(tree);
      const load: LoadNode = async (wanted) => {
        signal?.throwIfAborted();
        return decodeUnixfs(wanted, await store.get(wanted));
      };
      const unpacked = await writeTree(load, root, tree);
      await placeTree(tree, target);
      return unpacked;
    } finally {
      await store.close();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw orFull(error, `Cannot unpack "${cid}" into "${targetFolder}"`);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
