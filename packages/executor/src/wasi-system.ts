import { PRICE } from "./host-fuel.ts";
import { TICK_NS } from "./virtual-clock.ts";
import { ERRNO } from "./wasi-constants.ts";
import { GuestExit, refuse } from "./wasi-error.ts";
import type { WasiFunctions, WasiGuest } from "./wasi-guest.ts";

const LAST_CLOCK = 3;

/** Arguments, environment, clocks, randomness, the process itself, and sockets, of which there are none. */
export function wasiSystem(guest: WasiGuest): WasiFunctions {
  const { memory, clock, descriptors } = guest;
  const refuseSocket = (fd: number): void => {
    // A folder can't be read or written as a stream either: EBADF, there as here.
    refuse(descriptors.get(fd).kind === "folder" ? ERRNO.badf : ERRNO.notsock);
  };
  return {
    args_get: (table: number, buffer: number) => writeStrings(guest, guest.args, table, buffer),
    args_sizes_get: (count: number, size: number) => writeSizes(guest, guest.args, count, size),
    environ_get: (table: number, buffer: number) => writeStrings(guest, guest.environment, table, buffer),
    environ_sizes_get: (count: number, size: number) => writeSizes(guest, guest.environment, count, size),
    clock_res_get: (clockId: number, result: number) => {
      if (clockId >>> 0 > LAST_CLOCK) refuse(ERRNO.inval);
      memory.writeU64(result, TICK_NS);
    },
    clock_time_get: (clockId: number, _precision: bigint, result: number) => {
      if (clockId >>> 0 > LAST_CLOCK) refuse(ERRNO.inval);
      clock.tick();
      memory.writeU64(result, clockId === 0 ? clock.stampNs() : clock.elapsedNs());
    },
    random_get: (address: number, lengthBytes: number) => {
      const target = memory.bytes(address, lengthBytes);
      guest.fuel.charge(target.length * PRICE.randomByte);
      guest.random.fill(target);
    },
    proc_exit: (exitCode: number) => {
      throw new GuestExit(exitCode >>> 0);
    },
    proc_raise: () => refuse(ERRNO.nosys),
    sched_yield: () => clock.tick(),
    sock_accept: refuseSocket,
    sock_recv: refuseSocket,
    sock_send: refuseSocket,
    sock_shutdown: refuseSocket,
  };
}

function writeSizes(guest: WasiGuest, strings: readonly Uint8Array[], count: number, size: number): void {
  guest.memory.writeU32(count, strings.length);
  guest.memory.writeU32(
    size,
    strings.reduce((sum, text) => sum + text.length, 0),
  );
}

function writeStrings(
  { memory, fuel }: WasiGuest,
  strings: readonly Uint8Array[],
  table: number,
  buffer: number,
): void {
  let at = buffer >>> 0;
  for (const [index, text] of strings.entries()) {
    fuel.charge(PRICE.vector);
    fuel.chargeBytes(text.length);
    memory.writeU32((table >>> 0) + index * 4, at);
    memory.bytes(at, text.length).set(text);
    at += text.length;
  }
}
