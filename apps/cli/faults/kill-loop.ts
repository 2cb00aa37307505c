import { setTimeout as delay } from "node:timers/promises";
import type { ClusterNode } from "./cluster.ts";

const KILL_EVERY_MS = 1000;

export interface KillLoopOptions {
  /** Who is next. */
  readonly choose: () => ClusterNode;
  /** Whether a victim serves for its second before it is killed; otherwise it may be killed while it starts. */
  readonly letServe: boolean;
}

/** Kills a node every second and starts it again. */
export interface KillLoop {
  /** Stops killing; settles with the names of the victims, in order, once all that was started again serves. */
  stop(): Promise<readonly string[]>;
}

/** Begins to kill. */
export function startKillLoop({ choose, letServe }: KillLoopOptions): KillLoop {
  const stopping = new AbortController();
  const victims: ClusterNode[] = [];

  async function killOn(): Promise<void> {
    while (!stopping.signal.aborted) {
      await delay(KILL_EVERY_MS, undefined, { signal: stopping.signal });
      const victim = choose();
      await victim.kill();
      victims.push(victim);
      victim.start();
      if (letServe) await victim.ready();
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
