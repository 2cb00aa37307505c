import { authorOf, type Clock, silentLogger, silentMetrics } from "@gadus/protocol";
import { createMemoryPublisher } from "@gadus/publisher/memory";
import { createRequester, type Requester, type RequesterStore, type RequesterWrite } from "@gadus/requester";
import { createMemoryStore } from "@gadus/requester/memory-store";
import { createMemoryContent } from "@gadus/storage/memory";
import type { Transport } from "@gadus/transport";
import { boxKeysFromSecret } from "@gadus/verifier/box-keys";
import { deterministicVerifier } from "@gadus/verifier/deterministic";
import { noneVerifier } from "@gadus/verifier/none";
import { CommitAlarm } from "./commit-alarm.ts";
import { Incarnation } from "./incarnation.ts";
import { createDisk } from "./journaled-store.ts";
import { lendTransport, type Outgoing } from "./lend-transport.ts";
import { cheatingJudge, floodMessage, idleAsk } from "./lies.ts";
import { OutcomeBook } from "./outcome-book.ts";
import type { Kind, RequesterPart } from "./scenario.ts";
import { type Body, EPOCH_MS, type Surroundings } from "./surroundings.ts";
import { skewedClock } from "./virtual-time.ts";
import { watchSuspicion } from "./watched-suspicion.ts";
import { watchCleaning } from "./watched-cleaning.ts";

/** A simulated requester: the real role on simulated ports. */
export interface RequesterBody extends Body {
  readonly part: RequesterPart;
  /** The role, while it lives and has started. */
  role(): Requester | undefined;
  stored(): RequesterStore;
  /** Whether what is stored may be news to the role. */
  isWriting(): boolean;
  /** What its executions came to, as its disk has it. */
  readonly outcomes: OutcomeBook;
  /** Whether it has forgotten a job on purpose. */
  hasForgotten(jobId: string): boolean;
  /** The execution's state as far as it survives a power loss. */
  isVerified(executionId: string): boolean;
}

const FLOOD_MS = 150;
/** How long a job may take in scenarios in which it may have to wait. */
const TOTAL_MS: Readonly<Partial<Record<Kind, number>>> = { crowd: 800_000, archive: 7_200_000 };
/** So that what was seen of a node can be counted at the end. */
const NEVER_MS = 1e18;

export function createRequesterBody(part: RequesterPart, around: Surroundings): RequesterBody {
  const { time, checks, coverage, network, swarm, trace, scenario, witness } = around;
  const { id, cheat } = part;
  const dice = around.dice.fork(id);
  const clock = skewedClock(time, { startMs: EPOCH_MS + part.clockOffsetMs, rate: part.clockRate });
  const boxKeys = boxKeysFromSecret(dice.bytes(32));
  const honest = cheat === undefined;
  const isCrowded = scenario.kind === "crowd";
  const verified = new Set<string>();
  const forgotten = new Set<string>();
  const outcomes = new OutcomeBook();
  const alarm = new CommitAlarm();
  const disk = createDisk<RequesterWrite, RequesterStore>(createMemoryStore, {
    time,
    dice: dice.fork("disk"),
    watch: {
      written(writes) {
        for (const write of writes) {
          if (write.kind !== "event") continue;
          const { jobId, executionId = jobId, topic, message } = write.event;
          trace.note(id, () => `writes ${executionId} ${topic}: ${message}`);
        }
        witness.requesterWrote(part, writes);
        outcomes.wrote(writes);
        if (honest) checks.requesterWrote(id, writes, part.maxLiveJobs);
      },
      reset() {
        checks.reset(id);
        outcomes.reset();
      },
      syncing: () => alarm.count(),
      refused: () => coverage.hit("full disk hit by requester"),
      lost: (batches) => coverage.hit("unsynced write lost", batches),
    },
  });
  const content = createMemoryContent(swarm);
  const verifierOptions = { identity: network.join(id).identity, boxKeys, randomness: dice.fork("nonces") };
  const verifiers = new Map(
    [deterministicVerifier(verifierOptions), noneVerifier(verifierOptions)].map((verifier) => [
      verifier.type,
      cheatingJudge(verifier, cheat, () => coverage.hit("verdict withheld by a cheat")),
    ]),
  );
  const ids = dice.fork("ids");
  let life: Incarnation | undefined;
  let transport: Transport | undefined;
  let requester: Requester | undefined;

  function takeSynced(): void {
    const batches = disk.takeSynced();
    if (honest) checks.synced(id, batches);
    for (const write of batches.flat()) {
      if (write.kind !== "execution") continue;
      if (write.execution.state === "verified") verified.add(write.execution.id);
    }
  }

  const outgoing: Outgoing = (to, message) => {
    trace.note(
      id,
      () => `→ ${to} ${message.type}${"executionId" in message ? ` ${message.executionId}` : ""}`,
    );
    takeSynced();
    // Who floods with asks says nothing else: what it took is given back by leases alone.
    if (cheat === "flood-asks" && message.type !== "ask") return undefined;
    for (const hear of around.ears) hear(id, message);
    if (honest) checks.sent(id, to, message, authorOf(message) ?? "requester");
    return message;
  };

  async function begin(current: Incarnation): Promise<void> {
    const real = network.join(id);
    transport = real;
    const lentClock = current.lendClock(clock);
    const lent = lendTransport(real, current, outgoing);
    content.join();
    const source = current.lend(around.depot.sourceAt(id, "requester", content));
    const role = createRequester({
      store: current.lend(watchCleaning(disk.open(), { id, checks, coverage, forgotten })),
      transport: lent,
      identity: real.identity,
      boxPublicKey: boxKeys.publicKey,
      verifiers,
      publishers: new Map([
        [
          "memory",
          current.lend(createMemoryPublisher({ content: content.served, randomness: dice.fork("sample") })),
        ],
      ]),
      storage: new Map(["ipfs", "inline"].map((type) => [type, source])),
      content: current.lend(content),
      clock: lentClock,
      randomness: ids,
      logger: silentLogger,
      metrics: silentMetrics,
      options: {
        defaults: { publisher: "memory" },
        bidWindowMs: 4_000,
        startWithinMs: isCrowded ? 600_000 : 40_000,
        executionTimeoutMs: 20_000,
        proposeMarginMs: 10_000,
        publishWithinMs: 20_000,
        totalTimeoutMs: TOTAL_MS[scenario.kind] ?? 300_000,
        resolveTimeoutMs: 10_000,
        settleMs: 2_000,
        syncIntervalMs: 20_000,
        retryLimit: scenario.retryLimit,
        maxLiveJobs: part.maxLiveJobs,
        keepFinishedMs: part.keepFinishedMs,
        forgetFinishedMs: part.forgetFinishedMs,
        reputationHalfLifeMs: NEVER_MS,
      },
    });
    if (honest) watchSuspicion(lent, lentClock, { part, around, stored: () => disk.stored() });
    await real.start();
    await role.start();
    requester = role;
    if (cheat === "flood" || cheat === "flood-asks") floodOften(lent, lentClock);
  }

  function floodOften(lent: Transport, lentClock: Clock): void {
    const wave = dice.fork("flood");
    const again = (): void => {
      for (const { nodeId } of lent.peers()) {
        const message = cheat === "flood" ? floodMessage(wave, []) : idleAsk(wave);
        lent.send(nodeId, message).catch(() => {});
        coverage.hit(cheat === "flood" ? "requester flooded" : "asks flooded");
      }
      if (time.nowMs() < scenario.faultsEndMs) lentClock.setTimer(FLOOD_MS, again);
    };
    again();
  }

  return {
    id,
    part,
    get alive() {
      return life !== undefined;
    },
    role: () => requester,
    async start() {
      if (life !== undefined) return;
      life = new Incarnation();
      await begin(life);
    },
    async crash({ power, silent }) {
      if (life === undefined) return;
      life.kill();
      life = undefined;
      requester = undefined;
      disk.close();
      content.leave();
      if (!silent) await transport?.stop();
      if (power) await disk.losePower();
    },
    setDiskFull: (full) => disk.setFull(full),
    atCommit: (count, act) => alarm.at(count, act),
    jumpClock: (byMs) => clock.jump(byMs),
    outcomes,
    hasForgotten: (jobId) => forgotten.has(jobId),
    stored: () => disk.stored(),
    isWriting: () => disk.isWriting(),
    isVerified(executionId) {
      takeSynced();
      return verified.has(executionId);
    },
  };
}
