import { setTimeout as delay } from "node:timers/promises";
import type { ClusterNode } from "./cluster.ts";

const KILL_EVERY_MS = 1000;

export interface KillLoopOptions {
  /** Who is next. */
  readonly choose: () => ClusterNode;
  /**
   * While so many were killed and don't serve again yet, none is killed: starting takes long on a busy machine. With
   * 1, each victim has a second in which it serves; with more, some are killed while they start.
   */
  readonly maxDown: number;
}

/** Kills a node every second and starts it again. */
export interface KillLoop {
  /** Stops killing; settles with the names of the victims, in order, once all that was started again serves. */
  stop(): Promise<readonly string[]>;
}

/** Begins to kill. */
export function startKillLoop({ choose, maxDown }: KillLoopOptions): KillLoop {
  const stopping = new AbortController();
  const victims: ClusterNode[] = [];
  const starting = new Set<Promise<unknown>>();

  async function killOn(): Promise<void> {
    while (!stopping.signal.aborted) {
      while (starting.size >= maxDown) await Promise.race(starting);
      await delay(KILL_EVERY_MS, undefined, { signal: stopping.signal });
      const victim = choose();
      await victim.kill();
      victims.push(victim);
      victim.start();
      const settled = (): unknown => starting.delete(up);
      const up = victim.ready().then(settled, settled);
      starting.add(up);
    }
  }

  const ended = killOn().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  ended.catch(() => {});
  return {
    async stop() {
      stopping.abort();
      await ended;
      await Promise.all([...new Set(victims)].map((victim) => victim.ready()));
      return victims.map(({ name }) => name);
    },
  };
}
