import { closeSync, fdatasync, fdatasyncSync, openSync } from "node:fs";

/** Syncs a file that others write to, off the event loop. */
export interface LogSync {
  /** Calls `done` once all that was written so far survives a power loss; those who ask meanwhile share the next sync. */
  request(done: (error: Error | undefined) => void): void;
  /** Syncs for all who asked, at once, and lets go of the file. */
  close(): void;
}

type Done = (error: Error | undefined) => void;

/** Opens the file at `path` to sync it. */
export function openLogSync(path: string): LogSync {
  const file = openSync(path, "r+");
  let waiting: Done[] = [];
  let underWay: Done[] = [];
  let closed = false;

  function begin(): void {
    underWay = waiting;
    waiting = [];
    fdatasync(file, (error) => {
      const done = underWay;
      underWay = [];
      if (closed) closeSync(file);
      else if (waiting.length > 0) begin();
      tell(done, error ?? undefined);
    });
  }

  return {
    request: (done) => {
      waiting.push(done);
      if (underWay.length === 0) begin();
    },
    close: () => {
      if (closed) return;
      closed = true;
      const isBusy = underWay.length > 0;
      const left = [...underWay, ...waiting];
      underWay = [];
      waiting = [];
      tell(left, left.length === 0 ? undefined : syncNow(file));
      if (!isBusy) closeSync(file);
    },
  };
}

function tell(all: readonly Done[], error: Error | undefined): void {
  for (const done of all) done(error);
}

function syncNow(file: number): Error | undefined {
  try {
    fdatasyncSync(file);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
