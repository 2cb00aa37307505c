import type { SqliteDatabase } from "./sqlite.ts";
import { fromStored } from "./stored-value.ts";

/** Which rows of `events` to read, in the order of `seq`. */
export interface EventRowQuery {
  readonly afterSeq: number;
  readonly limit: number;
  /** Columns and what they must be; undefined is anything. */
  readonly where: Readonly<Record<string, string | number | undefined>>;
  /** Further conditions, in SQL. */
  readonly conditions?: readonly string[];
}

/** Rows of a role's `events`, each with the number that the store gave it. */
export function readEventRows<R extends { readonly seq: number }>(
  database: SqliteDatabase,
  { afterSeq, limit, where, conditions: further = [] }: EventRowQuery,
): readonly R[] {
  const given = Object.entries(where).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined,
  );
  const equal = given.map(([column]) => `${column} = :${column}`);
  const conditions = ["seq > :afterSeq", ...equal, ...further];
  return database
    .prepare(`SELECT seq, body FROM events WHERE ${conditions.join(" AND ")} ORDER BY seq LIMIT :limit`)
    .all({ afterSeq, limit, ...Object.fromEntries(given) })
    .map((row) => ({ ...fromStored<R>(row["body"]), seq: Number(row["seq"]) }));
}
