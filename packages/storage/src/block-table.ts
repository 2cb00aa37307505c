import type { DatabaseSync } from "node:sqlite";

/** The rows of a block store: small blocks, pins, and which pin holds which block. */
export interface BlockTable {
  has(key: string): boolean;
  read(key: string): Uint8Array | undefined;
  write(key: string, bytes: Uint8Array): void;
  remove(key: string): void;
  /** Keys after `after`, in order. */
  keys(after: string, count: number): readonly string[];
  /** A new pin that holds nothing yet and is forgotten on restart unless it is finished. */
  startPin(): number;
  hold(pin: number, key: string): void;
  /** The pin is now that of `reason`, in the place of one that it had before; answers what that alone held. */
  finishPin(pin: number, reason: string, cid: string): readonly string[];
  /** Removes a pin; answers what it alone held. */
  dropPin(pin: number): readonly string[];
  pinOf(reason: string): number | undefined;
  unfinishedPins(): readonly number[];
  isHeld(key: string): boolean;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS blocks (key TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS pins (id INTEGER PRIMARY KEY AUTOINCREMENT, reason TEXT UNIQUE, cid TEXT) STRICT;
  CREATE TABLE IF NOT EXISTS held (pin INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY (pin, key)) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS held_by_key ON held (key);
`;

/** Makes the tables if need be. */
export function createBlockTable(database: DatabaseSync): BlockTable {
  database.exec(SCHEMA);
  const select = database.prepare("SELECT bytes FROM blocks WHERE key = ?");
  const selectHas = database.prepare("SELECT 1 FROM blocks WHERE key = ?");
  const selectKeys = database.prepare("SELECT key FROM blocks WHERE key > ? ORDER BY key LIMIT ?");
  const insert = database.prepare("INSERT OR IGNORE INTO blocks (key, bytes) VALUES (?, ?)");
  const remove = database.prepare("DELETE FROM blocks WHERE key = ?");
  const insertPin = database.prepare("INSERT INTO pins (reason, cid) VALUES (NULL, NULL)");
  const insertHeld = database.prepare("INSERT OR IGNORE INTO held (pin, key) VALUES (?, ?)");
  const updatePin = database.prepare("UPDATE pins SET reason = ?, cid = ? WHERE id = ?");
  const selectPin = database.prepare("SELECT id FROM pins WHERE reason = ?");
  const selectUnfinished = database.prepare("SELECT id FROM pins WHERE reason IS NULL");
  const deletePin = database.prepare("DELETE FROM pins WHERE id = ?");
  const deleteHeld = database.prepare("DELETE FROM held WHERE pin = ?");
  const selectHeld = database.prepare("SELECT 1 FROM held WHERE key = ? LIMIT 1");
  const selectOnlyHeld = database.prepare(
    "SELECT key FROM held AS mine WHERE pin = ? AND NOT EXISTS (SELECT 1 FROM held WHERE key = mine.key AND pin <> mine.pin)",
  );

  const pinOf = (reason: string): number | undefined => {
    const row = selectPin.get(reason);
    return row === undefined ? undefined : Number(row["id"]);
  };
  const dropPin = (pin: number): readonly string[] => {
    const only = selectOnlyHeld.all(pin).map((row) => String(row["key"]));
    deleteHeld.run(pin);
    deletePin.run(pin);
    return only;
  };
  return {
    has: (key) => selectHas.get(key) !== undefined,
    read(key): Uint8Array | undefined {
      const bytes = select.get(key)?.["bytes"];
      return bytes instanceof Uint8Array ? bytes : undefined;
    },
    write(key, bytes): void {
      insert.run(key, bytes);
    },
    remove(key): void {
      remove.run(key);
    },
    keys: (after, count) => selectKeys.all(after, count).map((row) => String(row["key"])),
    startPin: () => Number(insertPin.run().lastInsertRowid),
    hold(pin, key): void {
      insertHeld.run(pin, key);
    },
    finishPin(pin, reason, cid): readonly string[] {
      const before = pinOf(reason);
      const only = before === undefined ? [] : dropPin(before);
      updatePin.run(reason, cid, pin);
      return only;
    },
    dropPin,
    pinOf,
    unfinishedPins: () => selectUnfinished.all().map((row) => Number(row["id"])),
    isHeld: (key) => selectHeld.get(key) !== undefined,
  };
}
