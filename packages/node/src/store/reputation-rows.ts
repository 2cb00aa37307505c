import { type Observation, observe, type Reputation } from "@gadus/requester";
import type { SqliteDatabase } from "./sqlite.ts";

const COLUMNS = "node_id, observed_at_ms, verified, refuted, failed, late";
const BY_NODE = `SELECT ${COLUMNS} FROM reputations WHERE node_id = ?`;
const LATEST = `SELECT ${COLUMNS} FROM reputations ORDER BY observed_at_ms DESC, node_id DESC LIMIT ?`;
const WRITE = `INSERT OR REPLACE INTO reputations (${COLUMNS})
  VALUES (:nodeId, :observedAtMs, :verified, :refuted, :failed, :late)`;
const FORGET = `DELETE FROM reputations WHERE node_id IN (
  SELECT node_id FROM reputations ORDER BY observed_at_ms DESC, node_id DESC LIMIT -1 OFFSET ?)`;

/** Adds what was seen of a node to what is stored of it. */
export function writeObservation(database: SqliteDatabase, observation: Observation): void {
  const row = database.prepare(BY_NODE).get(observation.nodeId);
  const after = observe(row && toReputation(row), observation);
  database.prepare(WRITE).run({ ...after });
}

/** What was seen of nodes, last seen first. */
export function readReputations(database: SqliteDatabase, limit: number): readonly Reputation[] {
  return database.prepare(LATEST).all(limit).map(toReputation);
}

/** Forgets all nodes but the `keep` that were seen last. */
export function forgetReputations(database: SqliteDatabase, keep: number): void {
  database.prepare(FORGET).run(keep);
}

function toReputation(row: Readonly<Record<string, unknown>>): Reputation {
  return {
    nodeId: String(row["node_id"]),
    observedAtMs: Number(row["observed_at_ms"]),
    verified: Number(row["verified"]),
    refuted: Number(row["refuted"]),
    failed: Number(row["failed"]),
    late: Number(row["late"]),
  };
}
