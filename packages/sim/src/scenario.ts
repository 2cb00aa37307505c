import type { Dice } from "./dice.ts";
import { rollDice } from "./dice.ts";
import type { Climate } from "./weather.ts";

/** What a compute node does instead of what it should. */
export const LIES = [
  "wrong-result",
  "agreeing",
  "other-cid",
  "copied-proposal",
  "replayed-proposal",
  "not-run",
  "silent",
  "publishes-other",
  "publishes-nothing",
  "flood",
] as const;
export type Lie = (typeof LIES)[number];

/** What a requester does instead of what it should. */
export const CHEATS = ["never-judges", "refutes-right", "flood"] as const;
export type Cheat = (typeof CHEATS)[number];

/** One node's part. */
export interface NodePart {
  readonly id: string;
  /** How wrong its clock is at the start, and how fast it goes. */
  readonly clockOffsetMs: number;
  readonly clockRate: number;
}

export interface ComputePart extends NodePart {
  readonly cpuMillis: number;
  readonly lie: Lie | undefined;
  /** Its messages take no time. */
  readonly swift: boolean;
  /** When it comes, and when it goes for good; undefined: it is there from the start, to the end. */
  readonly joinsAtMs: number | undefined;
  readonly leavesAtMs: number | undefined;
}

export interface RequesterPart extends NodePart {
  readonly cheat: Cheat | undefined;
}

export interface JobPart {
  readonly name: string;
  readonly requester: string;
  readonly atMs: number;
  readonly stopAtMs: number | undefined;
  readonly output: string;
  readonly durationMs: number;
  readonly cpuMillis: number;
  readonly count: number;
  readonly priority: number;
  readonly concurrency: number;
  readonly confidence: number | undefined;
  readonly verifier: "deterministic" | "none";
  readonly selection: "random" | "ranked" | "reputation";
  readonly queueTimeoutS: number;
}

/** What happens to a node, or between nodes, while faults last. */
export type Fault =
  | {
      readonly kind: "crash";
      readonly node: string;
      readonly atMs: number;
      readonly backAfterMs: number;
      /** Writes that weren't synced are lost. */
      readonly power: boolean;
      /** Nobody is told: connections to it seem to stand. */
      readonly silent: boolean;
    }
  | {
      readonly kind: "partition";
      readonly atMs: number;
      readonly forMs: number;
      readonly side: readonly string[];
      readonly oneWay: boolean;
      /** Connections across it break, instead of only falling silent. */
      readonly cuts: boolean;
    }
  | { readonly kind: "cut"; readonly atMs: number; readonly nodes: readonly [string, string] }
  | { readonly kind: "full-disk"; readonly atMs: number; readonly forMs: number; readonly node: string };

/** All that a seed decides beforehand. */
export interface Scenario {
  readonly seed: number;
  /** `calm`: no faults; `gentle`: so few that every job must complete; `storm`: all; `odds`: liars alone, counted. */
  readonly kind: "calm" | "gentle" | "storm" | "odds";
  readonly requesters: readonly RequesterPart[];
  readonly computes: readonly ComputePart[];
  readonly jobs: readonly JobPart[];
  readonly climate: Climate;
  readonly faults: readonly Fault[];
  readonly faultsEndMs: number;
  readonly retryLimit: number;
}

/** The scenario of `seed`: the same for the same seed. */
export function makeScenario(seed: number): Scenario {
  const dice = rollDice(`scenario/${seed}`);
  const draw = dice.fraction();
  if (draw < 0.1) return calm(seed, dice);
  if (draw < 0.3) return gentle(seed, dice);
  if (draw < 0.4) return odds(seed, dice);
  return storm(seed, dice);
}

const FAIR: Climate = { maxDelayMs: 12, loss: 0, duplication: 0, slowness: new Map() };

function calm(seed: number, dice: Dice): Scenario {
  const requesters = [honestRequester("r-0", dice)];
  const computes = range(dice.between(3, 7)).map((index) => honestCompute(`c-${index}`, dice));
  const jobs = makeJobs(requesters, computes.length, dice, { most: 6, withinMs: 5_000, mustComplete: true });
  return {
    seed,
    kind: "calm",
    requesters,
    computes,
    jobs,
    climate: FAIR,
    faults: [],
    faultsEndMs: 6_000,
    retryLimit: 3,
  };
}

/** Enough nodes are never touched, and fewer executions are lost than may be tried again. */
function gentle(seed: number, dice: Dice): Scenario {
  const requesters = [honestRequester("r-0", dice)];
  const computes = range(dice.between(7, 9)).map((index) => honestCompute(`c-${index}`, dice));
  const jobs = makeJobs(requesters, 3, dice, { most: 4, withinMs: 8_000, mustComplete: true });
  const [first, second] = [dice.between(0, 2), dice.between(3, 6)];
  const victims = computes.filter((_, index) => index === first || index === second);
  const faults: Fault[] = [];
  for (const [index, part] of computes.entries()) {
    if (!victims.includes(part)) continue;
    if (dice.chance(0.5)) faults.push(crash(part.id, dice, 12_000));
    else computes[index] = { ...part, leavesAtMs: dice.between(1_000, 10_000) };
  }
  if (dice.chance(0.6)) faults.push(crash("r-0", dice, 12_000));
  if (dice.chance(0.5)) {
    const nodes = ["r-0", dice.pick(victims).id] as const;
    faults.push({ kind: "cut", atMs: dice.between(500, 12_000), nodes });
  }
  const climate: Climate = { ...FAIR, maxDelayMs: dice.between(10, 200) };
  return {
    seed,
    kind: "gentle",
    requesters,
    computes,
    jobs,
    climate,
    faults,
    faultsEndMs: 20_000,
    retryLimit: 3,
  };
}

function storm(seed: number, dice: Dice): Scenario {
  const cheat = dice.chance(0.25) ? dice.pick(CHEATS) : undefined;
  const requesters: RequesterPart[] = [honestRequester("r-0", dice)];
  if (cheat !== undefined) requesters.push({ ...honestRequester("r-1", dice), cheat });
  else if (dice.chance(0.3)) requesters.push(honestRequester("r-1", dice));
  const liars = dice.chance(0.6) ? dice.between(1, 4) : 0;
  const computes = dice.shuffled(range(dice.between(3, 9))).map((index, at) => {
    const part = honestCompute(`c-${index}`, dice);
    return at < liars ? { ...part, lie: dice.pick(LIES), swift: dice.chance(0.5) } : churned(part, dice);
  });
  const ids = [...requesters, ...computes].map((part) => part.id);
  const jobs = makeJobs(requesters, computes.length, dice, {
    most: 7,
    withinMs: 40_000,
    mustComplete: false,
  });
  const level = dice.fraction();
  const climate: Climate = {
    maxDelayMs: dice.pick([20, 100, 500, 3_000]),
    loss: dice.chance(0.5) ? 0.15 * level : 0,
    duplication: dice.chance(0.5) ? 0.2 * level : 0,
    slowness: new Map(dice.chance(0.3) ? [[dice.pick(ids), dice.between(3, 30)]] : []),
  };
  const faults = range(dice.between(0, 10)).map(() => makeFault(ids, dice, 50_000));
  return {
    seed,
    kind: "storm",
    requesters,
    computes,
    jobs,
    climate,
    faults,
    faultsEndMs: 60_000,
    retryLimit: 3,
  };
}

/** The deals whose odds are counted: nodes, agreeing liars among them, executions, and how many must agree. */
export const ODDS = [
  { nodes: 9, liars: 3, concurrency: 3, confidence: 2 },
  { nodes: 12, liars: 4, concurrency: 3, confidence: 2 },
  { nodes: 10, liars: 3, concurrency: 5, confidence: 3 },
  { nodes: 8, liars: 2, concurrency: 1, confidence: 1 },
] as const;
export type Odds = (typeof ODDS)[number];

function odds(seed: number, dice: Dice): Scenario {
  const { nodes, liars, concurrency, confidence } = ODDS[dice.between(0, ODDS.length - 1)] ?? ODDS[0];
  const requesters = [honestRequester("r-0", dice)];
  const computes = range(nodes).map((index): ComputePart => {
    const lies = index < liars;
    return {
      ...honestCompute(`c-${index}`, dice),
      cpuMillis: 16_000,
      lie: lies ? "agreeing" : undefined,
      swift: lies,
    };
  });
  const jobs = range(6).map(
    (index): JobPart => ({
      ...makeJob(`job-${index}`, "r-0", nodes, dice),
      atMs: 2_000 + index * 50,
      stopAtMs: undefined,
      cpuMillis: 100,
      count: 1,
      concurrency,
      confidence,
      verifier: "deterministic",
      selection: "random",
    }),
  );
  return {
    seed,
    kind: "odds",
    requesters,
    computes,
    jobs,
    climate: FAIR,
    faults: [],
    faultsEndMs: 3_000,
    retryLimit: 0,
  };
}

function honestRequester(id: string, dice: Dice): RequesterPart {
  return { id, ...clockOf(dice), cheat: undefined };
}

function honestCompute(id: string, dice: Dice): ComputePart {
  const cpuMillis = dice.pick([1_000, 2_000, 4_000]);
  return {
    id,
    ...clockOf(dice),
    cpuMillis,
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

function churned(part: ComputePart, dice: Dice): ComputePart {
  if (dice.chance(0.15)) return { ...part, joinsAtMs: dice.between(1_000, 40_000) };
  return dice.chance(0.15) ? { ...part, leavesAtMs: dice.between(1_000, 50_000) } : part;
}

interface JobLimits {
  readonly most: number;
  readonly withinMs: number;
  readonly mustComplete: boolean;
}

function makeJobs(
  requesters: readonly RequesterPart[],
  nodes: number,
  dice: Dice,
  { most, withinMs, mustComplete }: JobLimits,
): JobPart[] {
  return range(dice.between(2, most)).map((index) => {
    const job = makeJob(`job-${index}`, dice.pick(requesters).id, nodes, dice);
    const atMs = dice.between(1_000, withinMs);
    if (mustComplete) return { ...job, atMs, stopAtMs: undefined, queueTimeoutS: 120 };
    return { ...job, atMs, stopAtMs: dice.chance(0.15) ? atMs + dice.between(0, 8_000) : undefined };
  });
}

function makeJob(name: string, requester: string, nodes: number, dice: Dice): JobPart {
  const concurrency = dice.pick([1, 1, 2, 3, 3, 5].filter((wish) => wish <= nodes));
  return {
    name,
    requester,
    atMs: 0,
    stopAtMs: undefined,
    output: `answer ${dice.between(0, 3)}`,
    durationMs: dice.pick([0, 0, 50, 500, 3_000]),
    cpuMillis: dice.pick([100, 500, 1_000]),
    count: dice.pick([1, 1, 1, 2, 3]),
    priority: dice.pick([0, 0, 0, 1, 10, -5]),
    concurrency,
    confidence: dice.chance(0.3) ? dice.between(1, concurrency) : undefined,
    verifier: dice.chance(0.1) ? "none" : "deterministic",
    selection: dice.pick(["random", "ranked", "reputation"]),
    queueTimeoutS: dice.pick([0, 20, 120]),
  };
}

function crash(node: string, dice: Dice, withinMs: number): Fault {
  const atMs = dice.between(500, withinMs);
  const backAfterMs = dice.pick([10, 500, 2_000, 8_000]);
  return { kind: "crash", node, atMs, backAfterMs, power: dice.chance(0.5), silent: dice.chance(0.2) };
}

function makeFault(ids: readonly string[], dice: Dice, withinMs: number): Fault {
  const atMs = dice.between(500, withinMs);
  const draw = dice.fraction();
  if (draw < 0.55) return crash(dice.pick(ids), dice, withinMs);
  if (draw < 0.75) {
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
  if (draw < 0.88) return { kind: "full-disk", atMs, forMs: dice.pick([200, 2_000, 10_000]), node };
  return { kind: "cut", atMs, nodes: [node, dice.pick(ids)] };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
