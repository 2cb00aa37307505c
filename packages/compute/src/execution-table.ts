import type { Timer } from "@gadus/protocol";
import type { ScratchFolder } from "@gadus/storage";
import type { EndedExecution, StoredExecution } from "./records.ts";

/** A run, or a publication, that is under way. */
export interface Work {
  /** Aborting it ends the work. */
  readonly controller: AbortController;
  /** Settles, never rejecting, once nothing of it goes on. */
  readonly done: Promise<void>;
}

/** An execution that hasn't ended. */
export interface LiveExecution {
  /** {@link keyOf} it; the ports of this machine know it by this too. */
  readonly key: string;
  /** As it is durable. */
  stored: StoredExecution;
  /** Fires at its deadline. */
  timer: Timer | undefined;
  work: Work | undefined;
  scratch: ScratchFolder | undefined;
  /** Whether its `runs` count one of this process. */
  isRunCounted: boolean;
  /** Whether its end, which the store refused, is tried again in a while. */
  isEnding: boolean;
  /** Called whenever what is stored of it has changed. */
  readonly watchers: Set<() => void>;
}

/** Every execution that hasn't ended, and those that did of late. */
export class ExecutionTable {
  readonly #live = new Map<string, LiveExecution>();
  readonly #byRequester = new Map<string, Set<LiveExecution>>();
  /** In the order of their ends. */
  readonly #recent = new Map<string, number>();

  get(key: string): LiveExecution | undefined {
    return this.#live.get(key);
  }

  endedOfLate(key: string): boolean {
    return this.#recent.has(key);
  }

  all(): readonly LiveExecution[] {
    return [...this.#live.values()];
  }

  requesters(): readonly string[] {
    return [...this.#byRequester.keys()];
  }

  liveOf(requester: string): readonly LiveExecution[] {
    return [...(this.#byRequester.get(requester) ?? [])];
  }

  add(live: LiveExecution): void {
    const { requester } = live.stored.execution;
    this.#live.set(live.key, live);
    const siblings = this.#byRequester.get(requester) ?? new Set();
    this.#byRequester.set(requester, siblings.add(live));
  }

  remove(live: LiveExecution): void {
    const { requester } = live.stored.execution;
    this.#live.delete(live.key);
    const siblings = this.#byRequester.get(requester);
    siblings?.delete(live);
    if (siblings?.size === 0) this.#byRequester.delete(requester);
  }

  /** Keeps an end in mind, and forgets those before `sinceMs` and all but the last `max`. */
  addRecent({ requester, executionId, endedAtMs }: EndedExecution, sinceMs: number, max: number): void {
    this.#recent.set(keyOf(requester, executionId), endedAtMs);
    for (const [key, oldestMs] of this.#recent) {
      if (oldestMs >= sinceMs && this.#recent.size <= max) break;
      this.#recent.delete(key);
    }
  }

  clear(): void {
    this.#live.clear();
    this.#byRequester.clear();
    this.#recent.clear();
  }
}

/** A new entry for what is stored. */
export function makeLive(stored: StoredExecution): LiveExecution {
  const { requester, executionId } = stored.execution;
  return {
    key: keyOf(requester, executionId),
    stored,
    timer: undefined,
    work: undefined,
    scratch: undefined,
    isRunCounted: false,
    isEnding: false,
    watchers: new Set(),
  };
}

const EXECUTION_ID = /^[\w-]+$/;

/** Whether an execution's id can be part of a file's name: letters, digits, `_` and `-`. */
export function isExecutionId(executionId: string): boolean {
  return EXECUTION_ID.test(executionId);
}

/** The one name of an execution here, fit for a file. Since ids hold no dot, two executions never share one. */
export function keyOf(requester: string, executionId: string): string {
  return `${requester}.${executionId}`;
}

/** Whose execution a key of {@link keyOf} names. */
export function ownerOf(key: string): { readonly requester: string; readonly executionId: string } {
  const dot = key.lastIndexOf(".");
  return { requester: key.slice(0, Math.max(0, dot)), executionId: key.slice(dot + 1) };
}
