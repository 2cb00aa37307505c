import type { Clock, Timer } from "@gadus/protocol";

/** Time that passes only from one event to the next. */
export interface VirtualTime {
  /** Milliseconds since the simulation began. */
  nowMs(): number;
  /** Calls `callback` once, `delayMs` from now; what is due at the same time is called in the order of its setting. */
  after(delayMs: number, callback: () => void): Timer;
  /** Goes on to the next event, makes it happen, and settles once all that follows at once has. False: there is none. */
  step(): Promise<boolean>;
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

export function createVirtualTime(): VirtualTime {
  const heap: Event[] = [];
  let nowMs = 0;
  let set = 0;

  return {
    nowMs: () => nowMs,
    after(delayMs, callback) {
      const event: Event = { atMs: nowMs + Math.max(0, delayMs), order: set++, callback };
      push(heap, event);
      return {
        cancel() {
          event.callback = undefined;
        },
      };
    },
    async step() {
      let event = pop(heap);
      while (event !== undefined && event.callback === undefined) event = pop(heap);
      if (event === undefined) return false;
      nowMs = event.atMs;
      event.callback?.();
      // What the roles await is at hand at once, so that a turn of the event loop ends all that follows.
      await new Promise((resolve) => setImmediate(resolve));
      return true;
    },
  };
}

/** How a node's own clock differs from virtual time. */
export interface ClockError {
  /** What it shows at the beginning, in milliseconds since 1970. */
  readonly startMs: number;
  /** Milliseconds that it counts in one of virtual time. */
  readonly rate: number;
}

/** A clock that a node owns, wrong by its own measure. */
export interface SkewedClock extends Clock {
  /** Puts it forward, or back; what its timers wait for stays as long. */
  jump(byMs: number): void;
}

export function skewedClock(time: VirtualTime, { startMs, rate }: ClockError): SkewedClock {
  let jumpedMs = 0;
  return {
    nowMs: () => Math.floor(startMs + jumpedMs + time.nowMs() * rate),
    setTimer: (delayMs, callback) => time.after(delayMs / rate, callback),
    jump(byMs) {
      jumpedMs += byMs;
    },
  };
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function push(heap: Event[], event: Event): void {
  let at = heap.length;
  heap.push(event);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || !isBefore(event, parent)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    const [left, right] = [heap[below], heap[below + 1]];
    if (left === undefined) break;
    if (right !== undefined && isBefore(right, left)) below += 1;
    const child = right !== undefined && isBefore(right, left) ? right : left;
    if (!isBefore(child, last)) break;
    heap[at] = child;
    at = below;
  }
  heap[at] = last;
  return first;
}
