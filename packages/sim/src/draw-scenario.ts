import { type Dice, rollDice } from "./dice.ts";
import { drawBlackout, drawCrash, drawFault, drawJump } from "./draw-faults.ts";
import { drawJob, drawJobs, honestCompute, honestRequester, range } from "./draw-parts.ts";
import {
  CHEATS,
  type ComputePart,
  type Fault,
  type JobPart,
  LIES,
  ODDS,
  type RequesterPart,
  type Scenario,
} from "./scenario.ts";
import type { Climate } from "./weather.ts";

/** The scenario of `seed`: the same for the same seed. */
export function drawScenario(seed: number): Scenario {
  const dice = rollDice(`scenario/${seed}`);
  const draw = dice.fraction();
  const common = { seed, faults: [], climate: FAIR, retryLimit: 3 };
  if (draw < 0.03) return { ...common, ...archive(dice) };
  if (draw < 0.07) return { ...common, ...calm(dice) };
  if (draw < 0.2) return { ...common, ...gentle(dice) };
  if (draw < 0.3) return { ...common, ...crowd(dice) };
  if (draw < 0.4) return { ...common, ...majority(dice) };
  if (draw < 0.48) return { ...common, ...odds(dice) };
  return { ...common, ...storm(dice) };
}

const FAIR: Climate = { maxDelayMs: 12, loss: 0, duplication: 0, slowness: new Map() };

type Drawn = Omit<Scenario, "seed" | "faults" | "climate" | "retryLimit"> & Partial<Scenario>;

function calm(dice: Dice): Drawn {
  const requesters = [honestRequester("r-0", dice)];
  const computes = range(dice.between(3, 7)).map((index) => honestCompute(`c-${index}`, dice));
  const jobs = drawJobs(requesters, computes.length, dice, { most: 6, withinMs: 5_000, mustComplete: true });
  return { kind: "calm", requesters, computes, jobs, faultsEndMs: 6_000 };
}

/** Some jobs long ago, and some just when those are given up. */
function archive(dice: Dice): Drawn {
  const forgetFinishedMs = dice.pick([HOUR_MS / 2, 24 * HOUR_MS]);
  const requesters = [{ ...honestRequester("r-0", dice), keepFinishedMs: HOUR_MS / 6, forgetFinishedMs }];
  const computes = range(3).map((index) => honestCompute(`c-${index}`, dice));
  const jobs = range(6).map((index): JobPart => {
    const job = { ...drawJob(`job-${index}`, "r-0", 3, dice), queueTimeoutS: 240 };
    // One that is live all the time: it waits for a node that never comes.
    if (index === 0) return { ...job, cpuMillis: 64_000, queueTimeoutS: HOUR_MS / 1000, atMs: 5_000 };
    const isLate = index > 2;
    const durationMs = isLate ? 10_000 : 50;
    return {
      ...job,
      // Three of those one after the other begin within the time to start.
      count: isLate ? 1 : job.count,
      durationMs,
      atMs: isLate ? HOUR_MS - dice.between(0, 12_000) : dice.between(1_000, 5_000),
    };
  });
  return { kind: "archive", requesters, computes, jobs, faultsEndMs: HOUR_MS + 20_000 };
}

const HOUR_MS = 3_600_000;

/** Enough nodes are never touched, and fewer executions are lost than may be tried again. */
function gentle(dice: Dice): Drawn {
  const requesters = [honestRequester("r-0", dice)];
  const computes = range(dice.between(7, 9)).map((index) => honestCompute(`c-${index}`, dice));
  const jobs = drawJobs(requesters, 3, dice, { most: 4, withinMs: 8_000, mustComplete: true });
  const [first, second] = [dice.between(0, 2), dice.between(3, 6)];
  const victims = computes.filter((_, index) => index === first || index === second);
  const faults: Fault[] = [];
  for (const [index, part] of computes.entries()) {
    if (!victims.includes(part)) continue;
    if (dice.chance(0.5)) faults.push(drawCrash(part.id, dice, 12_000));
    else computes[index] = { ...part, leavesAtMs: dice.between(1_000, 10_000) };
  }
  if (dice.chance(0.6)) faults.push(drawCrash("r-0", dice, 12_000));
  if (dice.chance(0.5)) {
    const nodes = ["r-0", dice.pick(victims).id] as const;
    faults.push({ kind: "cut", atMs: dice.between(500, 12_000), nodes });
  }
  const full = { atMs: dice.between(500, 12_000), forMs: dice.between(200, 5_000) };
  if (dice.chance(0.5))
    faults.push({ kind: "full-disk", node: dice.pick(["r-0", "r-0", dice.pick(victims).id]), ...full });
  if (dice.chance(0.3)) faults.push(drawJump(dice.pick(["r-0", dice.pick(victims).id]), dice, 12_000));
  const climate: Climate = { ...FAIR, maxDelayMs: dice.between(10, 200) };
  return { kind: "gentle", requesters, computes, jobs, climate, faults, faultsEndMs: 20_000 };
}

/** Many jobs at once, of many partitions, for a few small nodes with short queues. */
function crowd(dice: Dice): Drawn {
  const maxLiveJobs = dice.pick([3, 6, 1_000]);
  const requesters = range(dice.between(1, 2)).map(
    (index): RequesterPart => ({ ...honestRequester(`r-${index}`, dice), maxLiveJobs }),
  );
  const computes = range(dice.between(4, 6)).map(
    (index): ComputePart => ({
      ...honestCompute(`c-${index}`, dice),
      cpuMillis: 1_000,
      queueLimit: dice.between(0, 3),
      reservations: dice.pick([1, 2, 500]),
    }),
  );
  const limits = { least: 6, most: 10, withinMs: 3_000, mustComplete: true };
  const jobs = drawJobs(requesters, 3, dice, limits).map(
    (job): JobPart => ({
      ...job,
      count: dice.pick([1, 2, 4, 8]),
      durationMs: dice.pick([50, 500, 1_500]),
      queueTimeoutS: dice.pick([0, 5, 600, 600]),
    }),
  );
  return { kind: "crowd", requesters, computes, jobs, faultsEndMs: 5_000 };
}

/** Fewer liars than executions that must agree, so that whatever they say together never wins. */
function majority(dice: Dice): Drawn {
  const concurrency = dice.pick([3, 5]);
  const needed = Math.floor(concurrency / 2) + 1;
  const liars = dice.between(1, needed - 1);
  const requesters: RequesterPart[] = [honestRequester("r-0", dice)];
  if (dice.chance(0.5)) requesters.push({ ...honestRequester("r-1", dice), cheat: "flood-asks" });
  const allAgree = dice.chance(0.5);
  const computes = dice.shuffled(range(concurrency + 4 + liars)).map((index, at): ComputePart => {
    const part = { ...honestCompute(`c-${index}`, dice), reservations: 3 };
    if (at >= liars) return part;
    return { ...part, lie: allAgree ? "agreeing" : dice.pick(LIES), swift: allAgree || dice.chance(0.5) };
  });
  const limits = { least: 3, most: 4, withinMs: 8_000, mustComplete: true };
  const jobs = drawJobs(requesters.slice(0, 1), concurrency, dice, limits).map(
    (job): JobPart => ({
      ...job,
      concurrency,
      minBids: concurrency,
      confidence: dice.chance(0.5) ? dice.between(needed, concurrency) : undefined,
      verifier: "deterministic",
    }),
  );
  const climate = { ...FAIR, maxDelayMs: dice.pick([12, 200]), duplication: dice.pick([0, 0.1]) };
  return { kind: "majority", requesters, computes, jobs, climate, faultsEndMs: 12_000 };
}

function storm(dice: Dice): Drawn {
  const cheat = dice.chance(0.3) ? dice.pick(CHEATS) : undefined;
  const requesters: RequesterPart[] = [honestRequester("r-0", dice)];
  if (cheat !== undefined) requesters.push({ ...honestRequester("r-1", dice), cheat });
  else if (dice.chance(0.3)) requesters.push(honestRequester("r-1", dice));
  const liars = dice.chance(0.6) ? dice.between(1, 4) : 0;
  const computes = dice.shuffled(range(dice.between(3, 9))).map((index, at) => {
    const part = { ...honestCompute(`c-${index}`, dice), reservations: dice.pick([3, 500]) };
    return at < liars ? { ...part, lie: dice.pick(LIES), swift: dice.chance(0.5) } : churned(part, dice);
  });
  const ids = [...requesters, ...computes].map((part) => part.id);
  const limits = { most: 7, withinMs: 40_000, mustComplete: false };
  const jobs = drawJobs(requesters, computes.length, dice, limits);
  const level = dice.fraction();
  const climate: Climate = {
    maxDelayMs: dice.pick([20, 100, 500, 3_000]),
    loss: dice.chance(0.5) ? 0.15 * level : 0,
    duplication: dice.chance(0.5) ? 0.2 * level : 0,
    slowness: new Map(dice.chance(0.3) ? [[dice.pick(ids), dice.between(3, 30)]] : []),
  };
  const faults = range(dice.between(0, 10)).map(() => drawFault(ids, dice, 50_000));
  if (dice.chance(0.3)) faults.push(...jobs.flatMap((job) => drawBlackout(job, ids, dice)));
  return { kind: "storm", requesters, computes, jobs, climate, faults, faultsEndMs: 60_000 };
}

function churned(part: ComputePart, dice: Dice): ComputePart {
  if (dice.chance(0.15)) return { ...part, joinsAtMs: dice.between(1_000, 40_000) };
  return dice.chance(0.15) ? { ...part, leavesAtMs: dice.between(1_000, 50_000) } : part;
}

function odds(dice: Dice): Drawn {
  const { nodes, liars, concurrency, confidence } = ODDS[dice.between(0, ODDS.length - 1)] ?? ODDS[0];
  const requesters = [honestRequester("r-0", dice)];
  const computes = range(nodes).map((index): ComputePart => {
    const lies = index < liars;
    return {
      ...honestCompute(`c-${index}`, dice),
      cpuMillis: 16_000,
      memoryMib: 1_024,
      lie: lies ? "agreeing" : undefined,
      swift: lies,
    };
  });
  const jobs = range(6).map(
    (index): JobPart => ({
      ...drawJob(`job-${index}`, "r-0", nodes, dice),
      atMs: 2_000 + index * 50,
      cpuMillis: 100,
      count: 1,
      concurrency,
      minBids: concurrency,
      confidence,
      verifier: "deterministic",
      selection: "random",
    }),
  );
  return { kind: "odds", requesters, computes, jobs, faultsEndMs: 3_000, retryLimit: 0 };
}
