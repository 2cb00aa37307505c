import { createHash } from "node:crypto";
import { type CallOptions, hashTask, type ReadableVolume, type VolumeEntry } from "@gadus/protocol";
import type { Executor, RunRequest } from "@gadus/executor";

/** Larger files stay as they are. */
const MAX_ALTERED_BYTES = 16 * 1024 * 1024;

/** How a liar of a test network lies. */
export interface LieOptions {
  /** `agreeing`: every such liar returns the same wrong result; `wrong-result`: each its own. */
  readonly lie: "wrong-result" | "agreeing";
  readonly nodeId: string;
}

/**
 * Runs like `executor`, and then changes what came out: the result stays well-formed, and is wrong. For test networks.
 *
 * Every digit of the first result file (or of `stdout`) becomes another; text without any gets some.
 */
export function lyingExecutor(executor: Executor, { lie, nodeId }: LieOptions): Executor {
  return {
    ...executor,
    run: async (request, options) => {
      const result = await executor.run(request, options);
      const hash = createHash("sha256").update(await hashTask(request.task));
      if (lie === "wrong-result") hash.update(nodeId);
      await falsify(request, hash.digest(), options);
      return result;
    },
  };
}

async function falsify(
  { results }: RunRequest,
  key: Uint8Array,
  options: CallOptions | undefined,
): Promise<void> {
  const path = (await firstResult(results, "", options)) ?? "stdout";
  const sizeBytes = (await results.stat(path, options))?.sizeBytes ?? 0;
  const content = sizeBytes === 0 ? new Uint8Array() : await results.read(path, 0, sizeBytes, options);
  await results.write(path, falsified(content, key), options);
}

const OWN_FILES: ReadonlySet<string> = new Set(["stdout", "stderr", "exitCode"]);

async function firstResult(
  results: ReadableVolume,
  folder: string,
  options: CallOptions | undefined,
): Promise<string | undefined> {
  for await (const entry of results.list(folder, options)) {
    if (OWN_FILES.has(entry.path)) continue;
    const path = entry.kind === "folder" ? await firstResult(results, entry.path, options) : pathOf(entry);
    if (path !== undefined) return path;
  }
  return undefined;
}

function pathOf({ path, sizeBytes }: VolumeEntry): string | undefined {
  return sizeBytes > 0 && sizeBytes <= MAX_ALTERED_BYTES ? path : undefined;
}

const ZERO = 0x30;
const NINE = 0x39;

/** `content` with every digit changed by an amount from 1 to 9 that `key` gives; with digits of `key` where it has none. */
function falsified(content: Uint8Array, key: Uint8Array): Uint8Array {
  const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;
  if (!content.some(isDigit)) return Buffer.concat([content, Buffer.from(Buffer.from(key).toString("hex"))]);
  return content.map((byte, index) => {
    const shift = 1 + ((key[index % key.length] ?? 0) % 9);
    return isDigit(byte) ? ZERO + ((byte - ZERO + shift) % 10) : byte;
  });
}
