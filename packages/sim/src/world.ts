import { memoryNetwork } from "@gadus/transport/memory";
import { createMemorySwarm } from "@gadus/storage/memory";
import { Checks, type Violation } from "./checks.ts";
import { Coverage, type Counts } from "./coverage.ts";
import { createDepot } from "./depot.ts";
import { rollDice } from "./dice.ts";
import { judgeEnd, type Tally } from "./judge-end.ts";
import { unhealed } from "./unhealed.ts";
import { drawScenario } from "./draw-scenario.ts";
import type { Fault, Scenario } from "./scenario.ts";
import { type ComputeBody, createComputeBody } from "./sim-compute.ts";
import { createRequesterBody, type RequesterBody } from "./sim-requester.ts";
import { createSubmitter, type Submitter } from "./submitter.ts";
import { ServedResults } from "./served-results.ts";
import type { Body, Surroundings } from "./surroundings.ts";
import { createTrace } from "./trace.ts";
import { createVirtualTime } from "./virtual-time.ts";
import { Weather } from "./weather.ts";
import { Witness } from "./witness.ts";

/** How one seed went. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly violations: readonly Violation[];
  readonly tally: Tally;
  /** How often each happened of what must. */
  readonly coverage: Counts;
  readonly jobs: number;
  readonly events: number;
  /** How much virtual time it took. */
  readonly virtualMs: number;
  /** Empty unless it was asked for. */
  readonly trace: readonly string[];
}

/** Once faults are over, all must have ended within this virtual time. */
const QUIET_WITHIN_MS = 1_200_000;
/** How often it is looked whether all is over. */
const LOOK_MS = 1_000;
const MAX_EVENTS = 200_000;

/** Runs the scenario of `seed` to its end, or to the first rule that breaks. */
export async function simulate(seed: number, options: { readonly trace?: boolean } = {}): Promise<Outcome> {
  return simulateScenario(drawScenario(seed), options);
}

async function simulateScenario(
  scenario: Scenario,
  options: { readonly trace?: boolean } = {},
): Promise<Outcome> {
  const time = createVirtualTime();
  const dice = rollDice(`world/${scenario.seed}`);
  const checks = new Checks(() => time.nowMs());
  const trace = createTrace(time, options.trace ?? false);
  const coverage = new Coverage();
  const swift = new Set(scenario.computes.filter((part) => part.swift).map((part) => part.id));
  const { climate } = scenario;
  const weather = new Weather({ dice: dice.fork("weather"), climate, swift, time, coverage });
  const network = memoryNetwork({
    clock: { nowMs: () => time.nowMs(), setTimer: (delayMs, callback) => time.after(delayMs, callback) },
    randomness: dice.fork("identities"),
    route: (hop) => weather.route(hop),
  });
  const byId = new Map<string, RequesterBody>();
  const around: Surroundings = {
    scenario,
    time,
    dice,
    network,
    swarm: createMemorySwarm(),
    checks,
    trace,
    coverage,
    witness: new Witness(coverage, new Map(scenario.computes.map(({ id, lie }) => [id, lie]))),
    depot: await createDepot(scenario),
    served: new ServedResults(),
    ears: [],
    overheard: [],
    mayPublish(requester, executionId) {
      const body = byId.get(requester);
      return body === undefined || body.part.cheat !== undefined || body.isVerified(executionId);
    },
  };
  for (const part of scenario.requesters) byId.set(part.id, createRequesterBody(part, around));
  const requesters = [...byId.values()];
  const computes = scenario.computes.map((part) => createComputeBody(part, around, [...byId.keys()]));
  const submitter = createSubmitter(around, byId);
  const world = { around, weather, requesters, computes, submitter };
  schedule(world);
  const events = await run(world);
  const tally =
    checks.violations.length > 0 ? NO_TALLY : await judgeEnd(around, requesters, computes, submitter.jobs);
  return {
    scenario,
    violations: checks.violations,
    tally,
    coverage: coverage.counts,
    jobs: scenario.jobs.length,
    events,
    virtualMs: time.nowMs(),
    trace: trace.lines,
  };
}

const NO_TALLY: Tally = { completed: 0, failed: 0, stopped: 0, judged: 0, wrong: 0 };

interface World {
  readonly around: Surroundings;
  readonly weather: Weather;
  readonly requesters: readonly RequesterBody[];
  readonly computes: readonly ComputeBody[];
  readonly submitter: Submitter;
}

function schedule({ around, weather, requesters, computes }: World): void {
  const { scenario, time, trace, coverage } = around;
  const bodies = new Map<string, Body>([...requesters, ...computes].map((body) => [body.id, body]));
  const gone = new Set<string>();
  const start = (id: string): void => {
    if (gone.has(id)) return;
    trace.note(id, () => "starts");
    attempt(around, bodies.get(id)?.start());
  };
  for (const { id } of requesters) time.after(0, () => start(id));
  for (const { id, part } of computes) {
    time.after(part.joinsAtMs ?? 1, () => start(id));
    if (part.joinsAtMs !== undefined) coverage.hit("node joined late");
    if (part.leavesAtMs === undefined) continue;
    time.after(part.leavesAtMs, () => {
      gone.add(id);
      coverage.hit("node left");
      trace.note(id, () => "leaves for good");
      attempt(around, bodies.get(id)?.crash({ power: false, silent: false }));
    });
  }
  for (const fault of scenario.faults) strike(fault, { around, weather, bodies, start });
  time.after(scenario.faultsEndMs, () => {
    trace.note("all", () => "faults are over");
    weather.clearUp();
    for (const body of bodies.values()) {
      body.setDiskFull(false);
      start(body.id);
    }
  });
}

/** What faults strike. */
interface Prey {
  readonly around: Surroundings;
  readonly weather: Weather;
  readonly bodies: ReadonlyMap<string, Body>;
  readonly start: (id: string) => void;
}

function killNode(
  { node, power, silent, backAfterMs }: Extract<Fault, { kind: "crash" }>,
  { around, bodies, start }: Prey,
): void {
  const { time, trace, coverage } = around;
  trace.note(node, () => `dies${power ? " of a power loss" : ""}${silent ? ", and nobody is told" : ""}`);
  const body = bodies.get(node);
  if (body?.alive === true) {
    coverage.hit("crash");
    if (silent) coverage.hit("silent crash");
    if (power) coverage.hit("power loss");
  }
  attempt(around, body?.crash({ power, silent }));
  time.after(backAfterMs, () => start(node));
}

function strike(fault: Fault, parts: Prey): void {
  const { around, weather, bodies } = parts;
  const { time, trace, network, coverage } = around;
  const cut = (a: string, b: string): void => network.cut(a, b);
  if (fault.kind === "crash") {
    const { node, atCommit } = fault;
    const die = (): void => killNode(fault, parts);
    if (atCommit === undefined) time.after(fault.atMs, die);
    else
      bodies.get(node)?.atCommit(atCommit, () => {
        coverage.hit("killed between write and sync");
        time.after(0, die);
      });
    return;
  }
  time.after(fault.atMs, () => {
    switch (fault.kind) {
      case "partition": {
        const others = [...bodies.keys()].filter((id) => !fault.side.includes(id));
        trace.note(
          "all",
          () => `${fault.side.join(" ")} ${fault.oneWay ? "can't reach" : "and"} the others part`,
        );
        weather.block(fault.side, others);
        if (!fault.oneWay) weather.block(others, fault.side);
        if (fault.cuts) for (const a of fault.side) for (const b of others) cut(a, b);
        time.after(fault.forMs, () => weather.unblock());
        return;
      }
      case "full-disk":
        trace.note(fault.node, () => "has a full disk");
        bodies.get(fault.node)?.setDiskFull(true);
        time.after(fault.forMs, () => bodies.get(fault.node)?.setDiskFull(false));
        return;
      case "clock":
        trace.note(fault.node, () => `has its clock put ${fault.byMs} ms on`);
        coverage.hit("clock jumped");
        around.checks.jumped(fault.node);
        bodies.get(fault.node)?.jumpClock(fault.byMs);
        return;
      case "cut":
        coverage.hit("connection cut");
        trace.note("all", () => `${fault.nodes.join(" and ")} lose their connection`);
        cut(...fault.nodes);
    }
  });
}

async function run(world: World): Promise<number> {
  const { around } = world;
  const { time, checks, scenario } = around;
  let isOver = false;
  const look = (): void => {
    attempt(
      around,
      stillBusy(world).then((busy) => {
        isOver = busy === undefined;
        if (time.nowMs() > scenario.faultsEndMs + QUIET_WITHIN_MS)
          checks.fail("all comes to rest", busy ?? "");
        if (!isOver) time.after(LOOK_MS, look);
      }),
    );
  };
  time.after(scenario.faultsEndMs + LOOK_MS, look);
  let events = 0;
  while (!isOver && checks.violations.length === 0 && (await time.step())) {
    events += 1;
    if (events > MAX_EVENTS) checks.fail("all comes to rest", `after ${events} events it still goes on`);
  }
  return events;
}

/** What is still going on; undefined where nothing is. */
async function stillBusy({ around, requesters, computes, submitter }: World): Promise<string | undefined> {
  if (!submitter.done) return "jobs are being submitted";
  for (const requester of requesters) {
    const live = requester.stored().liveJobs();
    for await (const { job } of live) return `${requester.id} has ${job.jobId}, ${job.status}`;
  }
  const writing = requesters.find((requester) => requester.isWriting());
  if (writing !== undefined) return `${writing.id} is writing`;
  for (const compute of computes) {
    const busy = compute.part.lie === undefined ? compute.busyWith() : undefined;
    if (busy !== undefined) return `${compute.id} has ${busy}`;
  }
  return unhealed(around, requesters, computes);
}

function attempt({ checks }: Surroundings, work: Promise<unknown> | undefined): void {
  work?.catch((error: unknown) => {
    checks.fail("nothing throws", error instanceof Error ? (error.stack ?? error.message) : String(error));
  });
}
