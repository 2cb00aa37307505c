import type { Clock } from "@gadus/protocol";

/**
 * One life of a node's process.
 *
 * Every port of a role is lent through it. Once it is killed no timer of it fires, no listener of it is called, and
 * nothing that it awaits ever settles: what the role was about to do next, it never does.
 */
export class Incarnation {
  #alive = true;

  get alive(): boolean {
    return this.#alive;
  }

  kill(): void {
    this.#alive = false;
  }

  /** What `work` settles with, as long as this life lasts. */
  guard<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then(
        (value) => {
          if (this.#alive) resolve(value);
        },
        (error: unknown) => {
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- it is passed on as it came
          if (this.#alive) reject(error);
        },
      );
    });
  }

  /** `callback`, as long as this life lasts. */
  whileAlive<A extends unknown[]>(callback: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      if (this.#alive) callback(...args);
    };
  }

  /** `port` whose asynchronous answers end with this life, each after `pause`. */
  lend<T extends object>(port: T, pause: () => Promise<void> = async () => {}): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? this.#lendCall(target, member as Call, pause) : member;
      },
    });
  }

  /** `clock` whose timers end with this life. */
  lendClock(clock: Clock): Clock {
    return {
      nowMs: () => clock.nowMs(),
      setTimer: (delayMs, callback) => clock.setTimer(delayMs, this.whileAlive(callback)),
    };
  }

  #lendCall(target: object, call: Call, pause: () => Promise<void>): Call {
    return (...args) => {
      if (!this.#alive) throw new Error("A dead process acts: one of its ports wasn't lent");
      const answer = call.apply(target, args);
      if (answer instanceof Promise) {
        return this.guard(answer.then((value: unknown) => pause().then(() => value)));
      }
      return isStream(answer) ? this.#guardStream(answer) : answer;
    };
  }

  async *#guardStream(stream: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    const iterator = stream[Symbol.asyncIterator]();
    for (;;) {
      const next: IteratorResult<unknown, unknown> = await this.guard(iterator.next());
      if (next.done === true) return;
      yield next.value;
    }
  }
}

type Call = (...args: unknown[]) => unknown;

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
