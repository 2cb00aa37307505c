import { DatabaseSync } from "node:sqlite";

/** Tables whose rows belong to a job, in the order in which they may be copied; ids are given anew. */
const TABLES = [
  { table: "jobs", without: ["id"] },
  { table: "job_parts", without: [] },
  { table: "partitions", without: [] },
  { table: "executions", without: ["id"] },
  { table: "events", without: ["seq"] },
] as const;
/** Between the creation of one copy and the next. */
const STEP_MS = 1_000;

/**
 * Copies the job `jobId` of the requester's store at `path`, with every row that belongs to it, `copies` times: each
 * with ids of its own, and a second older than the one before.
 *
 * The node that owns the store must not be running.
 */
export function growStore(path: string, jobId: string, copies: number): void {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  try {
    database.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000");
    const executionIds = database
      .prepare("SELECT execution_id FROM executions WHERE job_id = ?")
      .all(jobId)
      .map((row) => String(row["execution_id"]));
    database.exec("BEGIN");
    for (const { table, without } of TABLES) {
      const columns = columnsOf(database, table).filter((name) => !without.some((other) => other === name));
      const values = columns.map((name) => copyOf(table, name, [jobId, ...executionIds]));
      database.exec(`INSERT INTO ${table} (${columns.join(", ")})
        WITH RECURSIVE copies (copy) AS (SELECT 1 UNION ALL SELECT copy + 1 FROM copies WHERE copy < ${copies})
        SELECT ${values.join(", ")} FROM copies, (SELECT * FROM ${table} WHERE job_id = ${quote(jobId)})`);
    }
    database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
}

function columnsOf(database: DatabaseSync, table: string): readonly string[] {
  return database
    .prepare(`PRAGMA table_info(${table})`)
    .all()
    .map((row) => String(row["name"]));
}

/** What a copy has in `column`: ids end with the copy's number, and jobs are older the greater it is. */
function copyOf(table: string, column: string, ids: readonly string[]): string {
  if (column === "created_at_ms" || column === "modified_at_ms") return `${column} - copy * ${STEP_MS}`;
  if (!["job_id", "execution_id", "body"].includes(column)) return column;
  const renamed = ids.reduce(
    (sql, id) => `replace(${sql}, ${quote(id)}, ${quote(id)} || '-' || copy)`,
    column,
  );
  if (table !== "jobs" || column !== "body") return renamed;
  const times = ["createdAtMs", "modifiedAtMs"].map(
    (name) => `'$.${name}', json_extract(body, '$.${name}') - copy * ${STEP_MS}`,
  );
  return `json_set(${renamed}, ${times.join(", ")})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
