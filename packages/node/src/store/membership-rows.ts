import type { MembershipRecord } from "@gadus/requester";
import type { SqliteDatabase } from "./sqlite.ts";
import { fromStored, toStored } from "./stored-value.ts";

const WRITE = "INSERT OR REPLACE INTO node_memberships (node_id, body) VALUES (?, ?)";
const REMOVE = "DELETE FROM node_memberships WHERE node_id = ?";
const READ = "SELECT body FROM node_memberships ORDER BY node_id";

/** Keeps what was decided of a node; undefined forgets it. */
export function writeMembership(
  database: SqliteDatabase,
  nodeId: string,
  record: MembershipRecord | undefined,
): void {
  if (record === undefined) database.prepare(REMOVE).run(nodeId);
  else database.prepare(WRITE).run(nodeId, toStored(record));
}

/** What was decided of nodes, by their ids. */
export function readMemberships(database: SqliteDatabase): readonly MembershipRecord[] {
  return database
    .prepare(READ)
    .all()
    .map((row) => fromStored<MembershipRecord>(row["body"]));
}
