import { type JobQuery, type JobRecord, RequesterError } from "@gadus/requester";
import { z } from "zod";

const tokenSchema = z.tuple([z.enum(["created_at", "modified_at"]), z.number().int(), z.string()]);

/** Where the page after `job` begins; opaque to clients. */
export function writeJobToken(orderBy: JobQuery["orderBy"], job: JobRecord): string {
  const timeMs = orderBy === "created_at" ? job.createdAtMs : job.modifiedAtMs;
  return Buffer.from(JSON.stringify([orderBy, timeMs, job.jobId])).toString("base64url");
}

/** @throws {RequesterError} `requester/invalid-token` for one that no page of this order gave */
export function readJobToken(
  token: string,
  orderBy: JobQuery["orderBy"],
): { readonly timeMs: number; readonly jobId: string } {
  const parsed = tokenSchema.safeParse(parse(token));
  if (parsed.success && parsed.data[0] === orderBy) return { timeMs: parsed.data[1], jobId: parsed.data[2] };
  throw new RequesterError(
    "requester/invalid-token",
    `Cannot list jobs after "${token}": no page in the order of ${orderBy} ended there`,
    { field: "next_token", hint: "Pass the NextToken of the page before, unchanged." },
  );
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    return undefined;
  }
}
