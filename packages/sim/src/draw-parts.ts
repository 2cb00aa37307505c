import type { Dice } from "./dice.ts";
import { type ComputePart, INPUTS, type JobPart, type NodePart, type RequesterPart } from "./scenario.ts";

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

export function honestRequester(id: string, dice: Dice): RequesterPart {
  const forever = { keepFinishedMs: 86_400_000, forgetFinishedMs: 86_400_000 };
  return { id, ...clockOf(dice), cheat: undefined, maxLiveJobs: 1_000, ...forever };
}

export function honestCompute(id: string, dice: Dice): ComputePart {
  const cpuMillis = dice.pick([1_000, 2_000, 4_000]);
  return {
    id,
    ...clockOf(dice),
    cpuMillis,
    memoryMib: dice.pick([64, 64, 8]),
    queueLimit: 4,
    reservations: 500,
    lie: undefined,
    swift: false,
    joinsAtMs: undefined,
    leavesAtMs: undefined,
  };
}

/** Clocks are wrong by up to ten minutes, and by up to one part in five hundred in speed. */
function clockOf(dice: Dice): Pick<NodePart, "clockOffsetMs" | "clockRate"> {
  return { clockOffsetMs: dice.between(-600_000, 600_000), clockRate: 1 + (dice.fraction() - 0.5) / 250 };
}

export interface JobLimits {
  readonly least?: number;
  readonly most: number;
  readonly withinMs: number;
  /** Whether nothing is in the way of their completion: nobody stops them, and they may wait. */
  readonly mustComplete: boolean;
}

export function drawJobs(
  requesters: readonly RequesterPart[],
  nodes: number,
  dice: Dice,
  { least = 2, most, withinMs, mustComplete }: JobLimits,
): JobPart[] {
  return range(dice.between(least, most)).map((index) => {
    const job = drawJob(`job-${index}`, dice.pick(requesters).id, nodes, dice);
    const atMs = dice.between(1_000, withinMs);
    if (mustComplete) return { ...job, atMs, queueTimeoutS: 240 };
    return {
      ...job,
      atMs,
      stopAtMs: dice.chance(0.15) ? atMs + dice.between(0, 8_000) : undefined,
      stopOn: dice.chance(0.15) ? dice.pick(["verify", "publish"] as const) : undefined,
      input: dice.chance(0.2) ? dice.pick(INPUTS) : undefined,
    };
  });
}

export function drawJob(name: string, requester: string, nodes: number, dice: Dice): JobPart {
  const concurrency = dice.pick([1, 1, 2, 3, 3, 5].filter((wish) => wish <= nodes));
  return {
    name,
    requester,
    atMs: 0,
    stopAtMs: undefined,
    stopOn: undefined,
    output: `answer ${dice.between(0, 3)}`,
    durationMs: dice.pick([0, 0, 50, 500, 3_000]),
    cpuMillis: dice.pick([100, 500, 1_000]),
    memoryMib: dice.pick([1, 1, 6]),
    count: dice.pick([1, 1, 1, 2, 3]),
    priority: dice.pick([0, 0, 0, 1, 10, -5]),
    concurrency,
    minBids: dice.chance(0.2) ? Math.min(nodes, concurrency + dice.between(1, 2)) : concurrency,
    confidence: dice.chance(0.3) ? dice.between(1, concurrency) : undefined,
    verifier: dice.chance(0.1) ? "none" : "deterministic",
    selection: dice.pick(["random", "ranked", "reputation"]),
    queueTimeoutS: dice.pick([0, 20, 120]),
    input: undefined,
  };
}
