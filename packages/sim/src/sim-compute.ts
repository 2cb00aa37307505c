import { type Compute, type ComputeStore, type ComputeWrite, createCompute } from "@gadus/compute";
import { createMemoryLogStore } from "@gadus/compute/memory-log-store";
import { createMemoryComputeStore } from "@gadus/compute/memory-store";
import { noopExecutor } from "@gadus/executor/noop";
import { authorOf, type Clock, silentLogger, silentMetrics } from "@gadus/protocol";
import { createMemoryPublisher } from "@gadus/publisher/memory";
import { createMemoryContent, createMemoryScratch } from "@gadus/storage/memory";
import type { Transport } from "@gadus/transport";
import { boxKeysFromSecret } from "@gadus/verifier/box-keys";
import { deterministicVerifier } from "@gadus/verifier/deterministic";
import { noneVerifier } from "@gadus/verifier/none";
import { CommitAlarm } from "./commit-alarm.ts";
import { Incarnation } from "./incarnation.ts";
import { createDisk } from "./journaled-store.ts";
import { lendTransport, type Outgoing } from "./lend-transport.ts";
import { floodMessage, lyingEngine, lyingProposer, lyingPublisher, lyingTongue } from "./lies.ts";
import type { ComputePart } from "./scenario.ts";
import { forgetfulScratch } from "./forgetful-scratch.ts";
import { type Body, EPOCH_MS, type Surroundings } from "./surroundings.ts";
import { skewedClock } from "./virtual-time.ts";
import { watchEngine, watchPublisher, type Watched, watchScratch, watchServed } from "./watched-ports.ts";

/** A simulated compute node: the real role on simulated ports. */
export interface ComputeBody extends Body {
  readonly part: ComputePart;
  /** Why it isn't idle; undefined where nothing is reserved, queued, running or held. */
  busyWith(): string | undefined;
  /** Folders of executions that it still keeps. */
  leftovers(): Promise<readonly string[]>;
  /** Every execution that it has stored. */
  stored(): ComputeStore;
}

const MIB = 1024 ** 2;
const DISK_BYTES = 64 * 1024 ** 3;
/** How often a node that isn't connected to a requester dials it. */
const REDIAL_MS = 500;
const ANNOUNCE_MS = 20_000;
const FLOOD_MS = 150;

export function createComputeBody(
  part: ComputePart,
  around: Surroundings,
  requesterIds: readonly string[],
): ComputeBody {
  const { time, checks, coverage, network, swarm, trace, witness } = around;
  const { id, lie, queueLimit, reservations } = part;
  const dice = around.dice.fork(id);
  const clock = skewedClock(time, { startMs: EPOCH_MS + part.clockOffsetMs, rate: part.clockRate });
  const boxKeys = boxKeysFromSecret(dice.bytes(32));
  const honest = lie === undefined;
  const alarm = new CommitAlarm();
  const disk = createDisk<ComputeWrite, ComputeStore>(createMemoryComputeStore, {
    time,
    dice: dice.fork("disk"),
    watch: {
      written: (writes) => {
        for (const write of writes) {
          if (write.kind === "event")
            trace.note(
              id,
              () => `writes ${write.event.executionId} ${write.event.topic}: ${write.event.message}`,
            );
        }
        witness.computeWrote(writes);
        if (honest) checks.computeWrote(id, writes, part);
      },
      reset: () => checks.reset(id),
      syncing: () => alarm.count(),
      refused: () => coverage.hit("full disk hit by compute"),
      lost: (batches) => coverage.hit("unsynced write lost", batches),
    },
  });
  const scratch = forgetfulScratch(createMemoryScratch());
  const content = createMemoryContent(swarm);
  const verifierOptions = { identity: network.join(id).identity, boxKeys, randomness: dice.fork("nonces") };
  const verifiers = [deterministicVerifier(verifierOptions), noneVerifier(verifierOptions)].map((verifier) =>
    lyingProposer(verifier, lie),
  );
  let sequence = 0;
  let life: Incarnation | undefined;
  let transport: Transport | undefined;
  let compute: Compute | undefined;
  const watched: Watched = { part, around, isDiskFull: () => disk.isFull(), stored: () => disk.stored() };

  const pause = (): Promise<void> => new Promise((resolve) => time.after(dice.fraction() * 3, resolve));

  function outgoing(): Outgoing {
    const tongue = lyingTongue(lie, around.overheard, dice.fork("tongue"));
    return (to, message) => {
      if (message.type === "propose" && around.overheard.length < 64) around.overheard.push(message.sealed);
      const said = tongue(to, message);
      if (said === undefined) return undefined;
      trace.note(id, () => `→ ${to} ${said.type}${"executionId" in said ? ` ${said.executionId}` : ""}`);
      for (const hear of around.ears) hear(to, said);
      if (honest) {
        checks.synced(id, disk.takeSynced());
        checks.sent(id, to, said, authorOf(said) ?? "compute");
      }
      return said;
    };
  }

  async function begin(current: Incarnation): Promise<void> {
    const lentClock = current.lendClock(clock);
    const real = network.join(id);
    const lent = lendTransport(real, current, outgoing());
    const engine = lyingEngine(noopExecutor({ clock: lentClock }), lie, id);
    const publisher = createMemoryPublisher({
      content: watchServed(content, watched),
      randomness: dice.fork("sample"),
    });
    const executors = [current.lend(watchEngine(engine, watched))];
    transport = real;
    content.join();
    await executors[0]?.start();
    compute = createCompute({
      transport: lent,
      store: current.lend(disk.open()),
      clock: lentClock,
      logger: silentLogger,
      metrics: silentMetrics,
      executors,
      storage: [current.lend(around.depot.sourceAt(id, "compute", content))],
      content: current.lend(content),
      scratch: current.lend(watchScratch(scratch.space, watched), pause),
      logs: createMemoryLogStore(lentClock),
      verifiers,
      publishers: [current.lend(watchPublisher(lyingPublisher(publisher, lie), watched), pause)],
      boxPublicKey: boxKeys.publicKey,
      options: {
        capacity: {
          cpuMillis: part.cpuMillis,
          memoryBytes: part.memoryMib * MIB,
          diskBytes: DISK_BYTES,
          gpus: 0,
        },
        queueLimit,
        reservationsPerRequester: reservations,
        leaseMs: 15_000,
        proposalLeaseMs: 120_000,
        maxHoldMs: 600_000,
        syncIntervalMs: 20_000,
      },
    });
    await real.start();
    await compute.start();
    announceOften(compute, lent, lentClock);
    dialOften(lent, lentClock);
    if (lie === "flood") floodOften(lent, lentClock);
  }

  function announceOften(role: Compute, lent: Transport, lentClock: Clock): void {
    const announce = (): void => {
      sequence += 1;
      lent
        .announce({
          sequence,
          ttlMs: 3 * ANNOUNCE_MS,
          version: "sim",
          requester: false,
          compute: role.offer(),
          labels: {},
        })
        .catch(() => {});
    };
    const again = (): void => {
      announce();
      lentClock.setTimer(ANNOUNCE_MS, again);
    };
    role.onOfferChanged(announce);
    again();
  }

  function dialOften(lent: Transport, lentClock: Clock): void {
    const here = new Set(lent.peers().map((peer) => peer.nodeId));
    for (const requester of requesterIds) {
      if (!here.has(requester)) lent.dial(`/memory/${requester}`).catch(() => {});
    }
    lentClock.setTimer(REDIAL_MS, () => dialOften(lent, lentClock));
  }

  function floodOften(lent: Transport, lentClock: Clock): void {
    const wave = dice.fork("flood");
    const heard: string[] = [];
    lent.on({
      message(_, message) {
        if (message.type === "ask" && heard.length < 100) heard.push(message.executionId);
      },
    });
    const again = (): void => {
      for (const requester of requesterIds) lent.send(requester, floodMessage(wave, heard)).catch(() => {});
      coverage.hit("compute flooded");
      if (time.nowMs() < around.scenario.faultsEndMs) lentClock.setTimer(FLOOD_MS, again);
    };
    again();
  }

  return {
    id,
    part,
    get alive() {
      return life !== undefined;
    },
    async start() {
      if (life !== undefined) return;
      life = new Incarnation();
      await begin(life);
    },
    async crash({ power, silent }) {
      if (life === undefined) return;
      life.kill();
      life = undefined;
      compute = undefined;
      disk.close();
      content.leave();
      checks.stoppedRunning(id);
      if (!silent) await transport?.stop();
      if (power) {
        coverage.hit("scratch lost", scratch.losePower());
        await disk.losePower();
      }
    },
    setDiskFull: (full) => disk.setFull(full),
    atCommit: (count, act) => alarm.at(count, act),
    jumpClock: (byMs) => clock.jump(byMs),
    async leftovers() {
      const ids: string[] = [];
      for await (const key of scratch.space.list()) ids.push(key);
      return ids;
    },
    busyWith() {
      if (compute === undefined) return undefined;
      const { offered, running, queued, held } = compute.describe();
      const busy = offered + running.length + queued.length + held;
      return busy === 0
        ? undefined
        : `${offered} offered, ${queued.length} queued, ${running.length} running, ${held} held`;
    },
    stored: () => disk.stored(),
  };
}
