import { type Clock, plainText, type Timer } from "@gadus/protocol";

/** At least this long is between two messages. */
const INTERVAL_MS = 1_000;
/** Of one run. */
const MAX_MESSAGES = 200;
const MAX_LENGTH = 256;

/** Tells, now and then, what a run does before its task begins. */
export interface ProgressSender {
  /** Has `message` told: now, or once the interval is over, unless there is news by then. */
  readonly tell: (message: string) => void;
  /** After this, nothing is told. */
  end(): void;
}

/** Calls `send` with what is told, at most once a second: what is dropped between was old by then. */
export function progressSender(clock: Clock, send: (message: string) => void): ProgressSender {
  let [sent, ended] = [0, false];
  let waiting: string | undefined;
  let timer: Timer | undefined;

  function sendNext(): void {
    timer = undefined;
    if (waiting === undefined || ended || sent >= MAX_MESSAGES) return;
    const message = waiting;
    waiting = undefined;
    sent += 1;
    timer = clock.setTimer(INTERVAL_MS, sendNext);
    send(message);
  }

  return {
    tell(message) {
      const text = plainText(message, MAX_LENGTH);
      if (text === "") return;
      waiting = text;
      if (timer === undefined) sendNext();
    },
    end() {
      ended = true;
      timer?.cancel();
    },
  };
}
