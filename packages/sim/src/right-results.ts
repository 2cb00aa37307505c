import { describeResults } from "@gadus/protocol";
import { memoryVolume } from "@gadus/storage/memory";

const known = new Map<string, Promise<string>>();

/** The CID of what an honest execution with that output yields. */
export function rightCid(output: string): Promise<string> {
  const cid =
    known.get(output) ??
    describeResults(memoryVolume({ stdout: output, stderr: "", exitCode: "0" })).then((tree) => tree.cid);
  known.set(output, cid);
  return cid;
}
