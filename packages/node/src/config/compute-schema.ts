import type { SqliteSchema } from "../store/sqlite.ts";

/** The compute node's tables. Migrations are only ever added: a file that is out there was made by those before. */
export const COMPUTE_SCHEMA: SqliteSchema = {
  migrations: [
    `CREATE TABLE executions (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      requester TEXT NOT NULL,
      execution_id TEXT NOT NULL,
      namespace TEXT NOT NULL,
      job_id TEXT NOT NULL,
      partition INTEGER NOT NULL,
      state TEXT NOT NULL,
      created_at_ms INTEGER NOT NULL,
      ended_at_ms INTEGER,
      revision INTEGER NOT NULL,
      body TEXT NOT NULL,
      UNIQUE (requester, execution_id)
    ) STRICT;
    CREATE INDEX executions_live ON executions (id) WHERE ended_at_ms IS NULL;
    CREATE INDEX executions_ended ON executions (ended_at_ms, id) WHERE ended_at_ms IS NOT NULL;

    CREATE TABLE execution_parts (
      execution INTEGER NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
      part TEXT NOT NULL CHECK (part IN ('ask', 'acceptance')),
      body TEXT NOT NULL,
      PRIMARY KEY (execution, part)
    ) STRICT;

    CREATE TABLE events (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      requester TEXT NOT NULL,
      execution_id TEXT NOT NULL,
      namespace TEXT NOT NULL,
      job_id TEXT NOT NULL,
      partition INTEGER NOT NULL,
      body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_of_execution ON events (execution_id, requester, seq)`,
  ],
};
