import type { Hop } from "@gadus/transport/memory";
import type { Dice } from "./dice.ts";

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

/** The network's state: when each message arrives, if at all. */
export class Weather {
  readonly #dice: Dice;
  readonly #climate: Climate;
  /** Nodes whose messages take no time: a liar likes to be first. */
  readonly #swift: ReadonlySet<string>;
  readonly #blocked = new Set<string>();
  #fair = false;

  constructor(dice: Dice, climate: Climate, swift: ReadonlySet<string>) {
    this.#dice = dice;
    this.#climate = climate;
    this.#swift = swift;
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
    const forth = this.#blocked.has(`${from}>${to}`);
    if (kind === "dial") return forth || this.#blocked.has(`${to}>${from}`) ? [] : [0];
    if (forth) return [];
    if (this.#swift.has(from) || this.#swift.has(to)) return [0];
    if (this.#fair) return [this.#delay(FAIR_DELAY_MS, hop)];
    const { loss, duplication, maxDelayMs } = this.#climate;
    if (this.#dice.chance(loss)) return [];
    const first = this.#delay(maxDelayMs, hop);
    return this.#dice.chance(duplication) ? [first, this.#delay(maxDelayMs, hop)] : [first];
  }

  #delay(maxMs: number, { from, to }: Hop): number {
    const { slowness } = this.#climate;
    const factor = this.#fair ? 1 : Math.max(slowness.get(from) ?? 1, slowness.get(to) ?? 1);
    return this.#dice.fraction() * maxMs * factor;
  }
}
