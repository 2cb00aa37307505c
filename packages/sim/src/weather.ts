import type { Hop } from "@gadus/transport/memory";
import type { Coverage } from "./coverage.ts";
import type { Dice } from "./dice.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How bad the network is while faults last. Rates are shares of messages. */
export interface Climate {
  /** The longest that a message takes, in milliseconds; unequal delays reorder. */
  readonly maxDelayMs: number;
  readonly loss: number;
  readonly duplication: number;
  /** Nodes whose messages, both ways, take this many times as long. */
  readonly slowness: ReadonlyMap<string, number>;
}

/** What a message takes when all is well, in milliseconds at most. */
const FAIR_DELAY_MS = 12;

/** What a network's state depends on. */
export interface WeatherParts {
  readonly dice: Dice;
  readonly climate: Climate;
  readonly swift: ReadonlySet<string>;
  readonly time: VirtualTime;
  readonly coverage: Coverage;
}

/** The network's state: when each message arrives, if at all. */
export class Weather {
  readonly #dice: Dice;
  readonly #climate: Climate;
  /** Nodes whose messages take no time: a liar likes to be first. */
  readonly #swift: ReadonlySet<string>;
  readonly #blocked = new Set<string>();
  readonly #time: VirtualTime;
  readonly #coverage: Coverage;
  /** When the last message of each link arrives. */
  readonly #lastMs = new Map<string, number>();
  #fair = false;

  constructor({ dice, climate, swift, time, coverage }: WeatherParts) {
    this.#dice = dice;
    this.#climate = climate;
    this.#swift = swift;
    this.#time = time;
    this.#coverage = coverage;
  }

  /** Nothing from a node of `from` reaches one of `to` any more. */
  block(from: readonly string[], to: readonly string[]): void {
    for (const a of from) for (const b of to) if (a !== b) this.#blocked.add(`${a}>${b}`);
  }

  unblock(): void {
    this.#blocked.clear();
  }

  /** From now on nothing is lost, doubled or late. */
  clearUp(): void {
    this.#fair = true;
    this.unblock();
  }

  route(hop: Hop): readonly number[] {
    const { from, to, kind } = hop;
    const [forth, back] = [this.#blocked.has(`${from}>${to}`), this.#blocked.has(`${to}>${from}`)];
    if (kind === "dial") return forth || back ? [] : [0];
    if (forth) {
      this.#coverage.hit(back ? "message blocked" : "blocked one way only");
      return [];
    }
    if (this.#swift.has(from) || this.#swift.has(to)) return [0];
    if (this.#fair) return [this.#delay(FAIR_DELAY_MS, hop)];
    const { loss, duplication, maxDelayMs } = this.#climate;
    if (this.#dice.chance(loss)) {
      this.#coverage.hit("message lost");
      return [];
    }
    const first = this.#delay(maxDelayMs, hop);
    if (!this.#dice.chance(duplication)) return [first];
    this.#coverage.hit("message doubled");
    return [first, this.#delay(maxDelayMs, hop)];
  }

  #delay(maxMs: number, { from, to }: Hop): number {
    const { slowness } = this.#climate;
    const factor = this.#fair ? 1 : Math.max(slowness.get(from) ?? 1, slowness.get(to) ?? 1);
    if (factor > 1) this.#coverage.hit("slow node");
    const delayMs = this.#dice.fraction() * maxMs * factor;
    const link = `${from}>${to}`;
    const [atMs, lastMs] = [this.#time.nowMs() + delayMs, this.#lastMs.get(link) ?? 0];
    if (atMs < lastMs) this.#coverage.hit("message overtaken");
    this.#lastMs.set(link, Math.max(atMs, lastMs));
    return delayMs;
  }
}
