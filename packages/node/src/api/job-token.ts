import { type JobQuery, type JobRecord, RequesterError } from "@gadus/requester";
import { z } from "zod";

const tokenSchema = z.tuple([z.enum(["created_at", "modified_at"]), z.number().int(), z.string()]);

/** Where the page after `job` begins; opaque to clients. */
export function writeJobToken(orderBy: JobQuery["orderBy"], job: JobRecord): string {
  return writeToken(orderBy, {
    timeMs: orderBy === "created_at" ? job.createdAtMs : job.modifiedAtMs,
    id: job.jobId,
  });
}

/** Where the page after what has this time and id begins. */
export function writeToken(
  orderBy: JobQuery["orderBy"],
  { timeMs, id }: { readonly timeMs: number; readonly id: string },
): string {
  return Buffer.from(JSON.stringify([orderBy, timeMs, id])).toString("base64url");
}

/** @throws {RequesterError} `requester/invalid-token` for one that no page of this order gave */
export function readJobToken(
  token: string,
  orderBy: JobQuery["orderBy"],
): { readonly timeMs: number; readonly jobId: string } {
  const { timeMs, id: jobId } = readToken(token, orderBy, "jobs");
  return { timeMs, jobId };
}

/** What {@link writeToken} wrote. @throws {RequesterError} `requester/invalid-token` */
export function readToken(
  token: string,
  orderBy: JobQuery["orderBy"],
  what: string,
): { readonly timeMs: number; readonly id: string } {
  const parsed = tokenSchema.safeParse(parse(token));
  if (parsed.success && parsed.data[0] === orderBy) return { timeMs: parsed.data[1], id: parsed.data[2] };
  throw new RequesterError(
    "requester/invalid-token",
    `Cannot list ${what} after "${token}": no page in the order of ${orderBy} ended there`,
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
