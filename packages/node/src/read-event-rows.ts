import type { SqliteDatabase } from "./sqlite.ts";
import { fromStored } from "./stored-value.ts";

/** Which rows of `events` to read, in the order of `seq`. */
export interface EventRowQuery {
  readonly afterSeq: number;
  readonly limit: number;
  /** Columns and what they must be; undefined is anything. */
  readonly where: Readonly<Record<string, string | undefined>>;
}

/** Rows of a role's `events`, each with the number that the store gave it. */
export function readEventRows<R extends { readonly seq: number }>(
  database: SqliteDatabase,
  { afterSeq, limit, where }: EventRowQuery,
): readonly R[] {
  const given = Object.entries(where).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const conditions = ["seq > :afterSeq", ...given.map(([column]) => `${column} = :${column}`)];
  return database
    .prepare(`SELECT seq, body FROM events WHERE ${conditions.join(" AND ")} ORDER BY seq LIMIT :limit`)
    .all({ afterSeq, limit, ...Object.fromEntries(given) })
    .map((row) => ({ ...fromStored<R>(row["body"]), seq: Number(row["seq"]) }));
}
