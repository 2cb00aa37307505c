import { PRICE } from "./host-fuel.ts";
import { EVENT_TYPE, ERRNO, RIGHTS } from "./wasi-constants.ts";
import { refuse, WasiError } from "./wasi-error.ts";
import type { WasiFunctions, WasiGuest } from "./wasi-guest.ts";

/** Subscriptions that one `poll_oneoff` may name. */
const MAX_SUBSCRIPTIONS = 1024;
const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
const ABSOLUTE_TIME = 1;
const LAST_CLOCK = 3;

interface Event {
  readonly userdata: bigint;
  readonly errno: number;
  readonly type: number;
  readonly readyBytes: number;
}
interface Sleep {
  readonly userdata: bigint;
  readonly untilNs: bigint;
}

/** `poll_oneoff` on virtual time: whoever only sleeps wakes at once, later by the clock. */
export function wasiPoll(guest: WasiGuest): WasiFunctions {
  const { memory, clock } = guest;
  return {
    poll_oneoff: (subscriptions: number, events: number, count: number, result: number) => {
      if (count === 0 || count >>> 0 > MAX_SUBSCRIPTIONS) refuse(ERRNO.inval);
      memory.bytes(subscriptions, count * SUBSCRIPTION_BYTES);
      guest.fuel.charge((count >>> 0) * PRICE.subscription);
      const ready: Event[] = [];
      const sleeps: Sleep[] = [];
      for (let index = 0; index < count; index += 1) {
        const at = (subscriptions >>> 0) + index * SUBSCRIPTION_BYTES;
        if (memory.readU8(at + 8) === EVENT_TYPE.clock) subscribeClock(guest, at, ready, sleeps);
        else ready.push(pollDescriptor(guest, at));
      }
      const [first] = sleeps.map((sleep) => sleep.untilNs).sort(compareBigints);
      if (ready.length === 0 && first !== undefined) clock.sleepUntil(first);
      for (const { userdata, untilNs } of sleeps) {
        if (untilNs > clock.elapsedNs()) continue;
        ready.push({ userdata, errno: ERRNO.success, type: EVENT_TYPE.clock, readyBytes: 0 });
      }
      writeEvents(guest, events, ready);
      memory.writeU32(result, ready.length);
    },
  };
}

function subscribeClock({ memory, clock }: WasiGuest, at: number, ready: Event[], sleeps: Sleep[]): void {
  const userdata = memory.readU64(at);
  const clockId = memory.readU32(at + 16);
  if (clockId > LAST_CLOCK) {
    ready.push({ userdata, errno: ERRNO.inval, type: EVENT_TYPE.clock, readyBytes: 0 });
    return;
  }
  const timeoutNs = memory.readU64(at + 24);
  const absolute = (memory.readU16(at + 40) & ABSOLUTE_TIME) !== 0;
  const startNs = clockId === 0 ? clock.stampNs() - clock.elapsedNs() : 0n;
  sleeps.push({ userdata, untilNs: absolute ? timeoutNs - startNs : clock.elapsedNs() + timeoutNs });
}

function pollDescriptor({ memory, descriptors }: WasiGuest, at: number): Event {
  const type = memory.readU8(at + 8);
  if (type !== EVENT_TYPE.read && type !== EVENT_TYPE.write) refuse(ERRNO.inval);
  const userdata = memory.readU64(at);
  try {
    const descriptor = descriptors.get(memory.readU32(at + 16), RIGHTS.pollFdReadwrite);
    const remaining = (sizeBytes: number, offset: number): number => Math.max(0, sizeBytes - offset);
    let readyBytes = 1;
    if (type === EVENT_TYPE.read) {
      if (descriptor.kind === "input") readyBytes = descriptor.stream.readyBytes();
      if (descriptor.kind === "file") {
        readyBytes = remaining(descriptor.node.content.sizeBytes, descriptor.offset);
      }
    }
    return { userdata, errno: ERRNO.success, type, readyBytes };
  } catch (error) {
    if (!(error instanceof WasiError)) throw error;
    return { userdata, errno: error.errno, type, readyBytes: 0 };
  }
}

function writeEvents({ memory }: WasiGuest, address: number, events: readonly Event[]): void {
  for (const [index, event] of events.entries()) {
    const at = (address >>> 0) + index * EVENT_BYTES;
    memory.bytes(at, EVENT_BYTES).fill(0);
    memory.writeU64(at, event.userdata);
    memory.writeU16(at + 8, event.errno);
    memory.writeU8(at + 10, event.type);
    memory.writeU64(at + 16, BigInt(event.readyBytes));
  }
}

function compareBigints(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
