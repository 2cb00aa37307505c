import type { SqliteSchema } from "./sqlite.ts";

/** The requester's tables. Migrations are only ever added: a file that is out there was made by those before. */
export const REQUESTER_SCHEMA: SqliteSchema = {
  migrations: [
    `CREATE TABLE jobs (
      id INTEGER PRIMARY KEY,
      job_id TEXT NOT NULL UNIQUE,
      namespace TEXT NOT NULL,
      owner TEXT NOT NULL,
      job_version INTEGER NOT NULL,
      name TEXT NOT NULL,
      status TEXT NOT NULL,
      closed INTEGER NOT NULL CHECK (closed IN (0, 1)),
      created_at_ms INTEGER NOT NULL,
      modified_at_ms INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX jobs_live ON jobs (id) WHERE closed = 0;
    CREATE INDEX jobs_found ON jobs (job_id, created_at_ms);
    CREATE INDEX jobs_named ON jobs (name, created_at_ms, job_id);
    CREATE INDEX jobs_created ON jobs (created_at_ms, job_id);
    CREATE INDEX jobs_modified ON jobs (modified_at_ms, job_id);
    CREATE INDEX jobs_namespace_created ON jobs (namespace, created_at_ms, job_id);
    CREATE INDEX jobs_namespace_modified ON jobs (namespace, modified_at_ms, job_id);

    CREATE TABLE job_parts (
      job_id TEXT NOT NULL REFERENCES jobs (job_id),
      part TEXT NOT NULL CHECK (part IN ('document', 'spec', 'task')),
      body TEXT NOT NULL,
      PRIMARY KEY (job_id, part)
    ) STRICT;

    CREATE TABLE partitions (
      job_id TEXT NOT NULL REFERENCES jobs (job_id),
      partition INTEGER NOT NULL,
      namespace TEXT NOT NULL,
      owner TEXT NOT NULL,
      job_version INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      body TEXT NOT NULL,
      PRIMARY KEY (job_id, partition)
    ) STRICT;

    CREATE TABLE executions (
      id INTEGER PRIMARY KEY,
      execution_id TEXT NOT NULL UNIQUE,
      job_id TEXT NOT NULL REFERENCES jobs (job_id),
      partition INTEGER NOT NULL,
      namespace TEXT NOT NULL,
      owner TEXT NOT NULL,
      job_version INTEGER NOT NULL,
      node_id TEXT NOT NULL,
      state TEXT NOT NULL,
      revision INTEGER NOT NULL,
      body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX executions_of_job ON executions (job_id, id);

    CREATE TABLE events (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      job_id TEXT NOT NULL REFERENCES jobs (job_id),
      execution_id TEXT,
      namespace TEXT NOT NULL,
      owner TEXT NOT NULL,
      job_version INTEGER NOT NULL,
      body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_of_job ON events (job_id, seq);
    CREATE INDEX events_of_execution ON events (execution_id, seq) WHERE execution_id IS NOT NULL`,

    `ALTER TABLE jobs ADD COLUMN compacted INTEGER NOT NULL DEFAULT 0 CHECK (compacted IN (0, 1));
    CREATE INDEX jobs_to_compact ON jobs (modified_at_ms, id) WHERE closed = 1 AND compacted = 0;
    CREATE INDEX jobs_to_forget ON jobs (modified_at_ms, id) WHERE closed = 1 AND compacted = 1;

    CREATE TABLE reputations (
      node_id TEXT PRIMARY KEY,
      observed_at_ms INTEGER NOT NULL,
      verified REAL NOT NULL,
      refuted REAL NOT NULL,
      failed REAL NOT NULL,
      late REAL NOT NULL
    ) STRICT;
    CREATE INDEX reputations_observed ON reputations (observed_at_ms, node_id)`,

    `CREATE TABLE job_labels (
      job_id TEXT NOT NULL REFERENCES jobs (job_id),
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (job_id, key)
    ) STRICT, WITHOUT ROWID;
    INSERT OR IGNORE INTO job_labels (job_id, key, value)
      SELECT parts.job_id, label.key, label.value FROM job_parts AS parts, json_each(parts.body, '$.Labels') AS label
      WHERE parts.part = 'document' AND label.type = 'text';

    CREATE TABLE node_memberships (
      node_id TEXT PRIMARY KEY,
      body TEXT NOT NULL
    ) STRICT;

    CREATE TABLE job_versions (
      job_id TEXT NOT NULL REFERENCES jobs (job_id),
      job_version INTEGER NOT NULL,
      body TEXT NOT NULL,
      PRIMARY KEY (job_id, job_version)
    ) STRICT;
    CREATE INDEX jobs_of_name ON jobs (namespace, name, created_at_ms, job_id);

    CREATE TABLE partitions_of_versions (
      job_id TEXT NOT NULL REFERENCES jobs (job_id),
      partition INTEGER NOT NULL,
      namespace TEXT NOT NULL,
      owner TEXT NOT NULL,
      job_version INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      body TEXT NOT NULL,
      PRIMARY KEY (job_id, job_version, partition)
    ) STRICT;
    INSERT INTO partitions_of_versions SELECT * FROM partitions;
    DROP TABLE partitions;
    ALTER TABLE partitions_of_versions RENAME TO partitions`,

    // How far events went until now shows in the numbers that are missing, and rather too far than not far enough.
    `ALTER TABLE jobs ADD COLUMN forgotten_seq INTEGER NOT NULL DEFAULT 0;
    UPDATE jobs SET forgotten_seq =
        coalesce((SELECT min(events.seq) - 1 FROM events WHERE events.job_id = jobs.job_id), 0)
      WHERE closed = 1 OR job_version > 100;

    CREATE TABLE forgotten_events (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      seq INTEGER NOT NULL
    ) STRICT;
    INSERT INTO forgotten_events SELECT 1, max(
      coalesce((SELECT max(later.seq) - 1 FROM events AS later WHERE later.seq > 1
        AND NOT EXISTS (SELECT 1 FROM events AS before WHERE before.seq = later.seq - 1)), 0),
      coalesce((SELECT given.seq FROM sqlite_sequence AS given WHERE given.name = 'events'
        AND given.seq > coalesce((SELECT max(seq) FROM events), 0)), 0))`,
  ],
};
