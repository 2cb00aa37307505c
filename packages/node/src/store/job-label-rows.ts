import type { Constraint, JobDocument } from "@gadus/protocol";
import type { SqliteDatabase } from "./sqlite.ts";

const REMOVE = "DELETE FROM job_labels WHERE job_id = ?";
const ADD = "INSERT INTO job_labels (job_id, key, value) VALUES (?, ?, ?)";

/** Has a job found by the labels of `document`, and by no others. */
export function writeJobLabels(database: SqliteDatabase, jobId: string, { Labels }: JobDocument): void {
  database.prepare(REMOVE).run(jobId);
  for (const [key, value] of Object.entries(Labels ?? {})) database.prepare(ADD).run(jobId, key, value);
}

/** What a row of `jobs` must fulfil for its labels to hold what is asked, in SQL, and the values in it. */
export function labelConditions(wanted: readonly Constraint[]): {
  readonly conditions: readonly string[];
  readonly values: Readonly<Record<string, string>>;
} {
  const values: Record<string, string> = {};
  const conditions = wanted.map(({ Key, Operator, Values }, index) => {
    values[`key${index}`] = Key;
    const isAny = Operator === "exists" || Operator === "!";
    const names = (isAny ? [] : (Values ?? [])).map((value, at) => {
      values[`value${index}_${at}`] = value;
      return `:value${index}_${at}`;
    });
    const among = isAny ? "" : ` AND label.value IN (${names.join(", ")})`;
    const isNegated = Operator === "!" || Operator === "notin" || Operator === "!=";
    return `${isNegated ? "NOT " : ""}EXISTS (SELECT 1 FROM job_labels AS label
      WHERE label.job_id = jobs.job_id AND label.key = :key${index}${among})`;
  });
  return { conditions, values };
}
