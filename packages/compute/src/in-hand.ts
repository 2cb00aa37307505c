/** What work takes while it is in hand. */
export interface Load {
  readonly count: number;
  readonly bytes: number;
}

/** How much may be in hand at one time. */
export interface InHandLimits {
  /** Of one peer. */
  readonly perPeer: Load;
  /** Of all peers together. */
  readonly bytes: number;
}

/** Counts the messages that are being worked on, by who sent them. */
export class InHand {
  readonly #limits: InHandLimits;
  readonly #byPeer = new Map<string, Load>();
  #bytes = 0;

  constructor(limits: InHandLimits) {
    this.#limits = limits;
  }

  /** Takes `load` of `peer` in hand; answers false, without effect, where that is too much. */
  take(peer: string, load: Load): boolean {
    const { count, bytes } = this.#byPeer.get(peer) ?? { count: 0, bytes: 0 };
    const { perPeer, bytes: most } = this.#limits;
    const fits = count + load.count <= perPeer.count && bytes + load.bytes <= perPeer.bytes;
    if (!fits || this.#bytes + load.bytes > most) return false;
    this.#byPeer.set(peer, { count: count + load.count, bytes: bytes + load.bytes });
    this.#bytes += load.bytes;
    return true;
  }

  /** Lets go of what was taken. */
  release(peer: string, load: Load): void {
    const held = this.#byPeer.get(peer);
    if (held === undefined) return;
    this.#bytes -= load.bytes;
    const count = held.count - load.count;
    if (count === 0) this.#byPeer.delete(peer);
    else this.#byPeer.set(peer, { count, bytes: held.bytes - load.bytes });
  }
}
