import type { LargeContent } from "./large-content.ts";
import type { ReadPlan } from "./read-plan.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** How large inputs are, in GiB. */
export const INPUT_GIB = 10;

/** One job: what it reads, of what, and where. */
export interface StreamRow {
  readonly id: string;
  /** The node that runs it. */
  readonly place: "holder" | "stranger";
  readonly source: object;
  readonly plan: ReadPlan;
  /** Whether its node has none of the input before, and is looked at afterwards for what it has then. */
  readonly fresh?: boolean;
}

/** What rows read. */
export interface StreamSources {
  /** A file of this machine. */
  readonly path: string;
  readonly content: LargeContent;
  /** The same file, behind a server. */
  readonly url: string;
}

/** Every row, in the order in which they are measured. */
export function streamRows({ path, content, url }: StreamSources, quick: boolean): readonly StreamRow[] {
  const less = quick ? 10 : 1;
  const local = { Type: "localDirectory", Params: { SourcePath: path } };
  const cid = { Type: "ipfs", Params: { CID: content.cid } };
  const http = { Type: "urlDownload", Params: { URL: url } };
  const holder = { place: "holder" } as const;
  const stranger = { place: "stranger" } as const;
  const whole = sequence((INPUT_GIB * GIB) / less, 64 * KIB);
  return [
    { id: "a job that reads nothing", ...holder, source: local, plan: sequence(0, KIB) },
    { id: "local file, in sequence, 64 KiB at a time", ...holder, source: local, plan: whole },
    {
      id: "local file, in sequence, 1 KiB at a time",
      ...holder,
      source: local,
      plan: sequence((1 * GIB) / less, KIB),
    },
    { id: "local file, 4 KiB anywhere", ...holder, source: local, plan: anywhere(10_000 / less, 4 * KIB) },
    { id: "CID on this disk, in sequence", ...holder, source: cid, plan: whole },
    {
      id: "CID on this disk, 4 KiB anywhere",
      ...holder,
      source: cid,
      plan: anywhere(10_000 / less, 4 * KIB),
    },
    { id: "CID of another node, 1 KiB", ...stranger, source: cid, plan: anywhere(1, KIB), fresh: true },
    {
      id: "CID of another node, 4 KiB anywhere",
      ...stranger,
      source: cid,
      plan: anywhere(100, 4 * KIB),
      fresh: true,
    },
    {
      id: "CID of another node, in sequence",
      ...stranger,
      source: cid,
      plan: sequence(content.distinctBytes, 64 * KIB),
      fresh: true,
    },
    { id: "HTTP ranges, 1 KiB", ...holder, source: http, plan: anywhere(1, KIB) },
    { id: "HTTP ranges, in sequence", ...holder, source: http, plan: whole },
    { id: "HTTP ranges, 4 KiB anywhere", ...holder, source: http, plan: anywhere(10_000 / less, 4 * KIB) },
  ];
}

function sequence(bytes: number, blockBytes: number): ReadPlan {
  return { kind: "sequence", bytes: bytes - (bytes % blockBytes), blockBytes };
}

function anywhere(reads: number, blockBytes: number): ReadPlan {
  return { kind: "anywhere", reads, blockBytes };
}
