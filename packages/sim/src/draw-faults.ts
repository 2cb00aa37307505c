import type { Dice } from "./dice.ts";
import type { Fault, JobPart } from "./scenario.ts";

export function drawCrash(node: string, dice: Dice, withinMs: number): Fault {
  const atMs = dice.between(500, withinMs);
  const backAfterMs = dice.pick([10, 500, 2_000, 8_000]);
  const atCommit = dice.chance(0.5) ? {} : { atCommit: dice.between(1, 40) };
  return {
    kind: "crash",
    node,
    atMs,
    backAfterMs,
    power: dice.chance(0.5),
    silent: dice.chance(0.2),
    ...atCommit,
  };
}

/**
 * A node dies just after a job's owner was answered, that it is taken or that it is stopped: of a power loss, or
 * killed, and then of a power loss as soon as it is back.
 */
export function drawBlackout(
  { requester, atMs, stopAtMs }: JobPart,
  nodes: readonly string[],
  dice: Dice,
): Fault[] {
  const node = dice.chance(0.6) ? requester : dice.pick(nodes);
  const answeredMs = (stopAtMs ?? atMs) + (node === requester ? dice.between(4, 60) : dice.between(20, 400));
  const death = { kind: "crash", node, backAfterMs: 10, power: true, silent: false } as const;
  if (dice.chance(0.5)) return [{ ...death, atMs: answeredMs }];
  return [
    { ...death, atMs: answeredMs, power: false },
    { ...death, atMs: answeredMs + dice.between(15, 300) },
  ];
}

/** A clock that is put forward or back by up to three minutes. */
export function drawJump(node: string, dice: Dice, withinMs: number): Fault {
  return { kind: "clock", node, atMs: dice.between(500, withinMs), byMs: dice.between(-180_000, 180_000) };
}

export function drawFault(ids: readonly string[], dice: Dice, withinMs: number): Fault {
  const atMs = dice.between(500, withinMs);
  const draw = dice.fraction();
  if (draw < 0.5) return drawCrash(dice.pick(ids), dice, withinMs);
  if (draw < 0.7) {
    const side = ids.filter(() => dice.chance(0.4));
    return {
      kind: "partition",
      atMs,
      forMs: dice.pick([500, 3_000, 12_000]),
      side,
      oneWay: dice.chance(0.4),
      cuts: dice.chance(0.5),
    };
  }
  const node = dice.pick(ids);
  if (draw < 0.85) return { kind: "full-disk", atMs, forMs: dice.pick([200, 5_000, 15_000]), node };
  if (draw < 0.92) return drawJump(node, dice, withinMs);
  return { kind: "cut", atMs, nodes: [node, dice.pick(ids)] };
}
