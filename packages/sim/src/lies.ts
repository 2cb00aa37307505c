import type { Message } from "@gadus/protocol";
import type { Executor } from "@gadus/executor";
import type { Publisher } from "@gadus/publisher";
import type { Verifier } from "@gadus/verifier";
import type { Dice } from "./dice.ts";
import type { Outgoing } from "./lend-transport.ts";
import type { Cheat, Lie } from "./scenario.ts";

/** A well-formed CID of nothing that any execution yields. */
const OTHER_CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy";

/** `executor` as a liar has it. */
export function lyingEngine(executor: Executor, lie: Lie | undefined, nodeId: string): Executor {
  const wrong =
    lie === "agreeing"
      ? "what liars agree on"
      : lie === "wrong-result" || lie === "not-run"
        ? `a lie of ${nodeId}`
        : undefined;
  if (wrong === undefined) return executor;
  return {
    ...executor,
    run(request, options) {
      const { task } = request;
      const { engineParams } = task.details;
      const durationMs = lie === "not-run" ? 0 : engineParams["durationMs"];
      const details = { ...task.details, engineParams: { ...engineParams, durationMs, stdout: wrong } };
      return executor.run({ ...request, task: { ...task, details } }, options);
    },
  };
}

/** `verifier` as a lying compute node has it. */
export function lyingProposer(verifier: Verifier, lie: Lie | undefined): Verifier {
  if (lie !== "other-cid") return verifier;
  return {
    ...verifier,
    propose: (proposal, context, options) =>
      verifier.propose({ ...proposal, cid: OTHER_CID }, context, options),
  };
}

/** `publisher` as a liar has it. */
export function lyingPublisher(publisher: Publisher, lie: Lie | undefined): Publisher {
  if (lie === "publishes-other") {
    return {
      ...publisher,
      async publish(request, options) {
        const { location } = await publisher.publish(request, options);
        return { location: { ...location, params: { cid: OTHER_CID } }, blocks: [] };
      },
    };
  }
  if (lie !== "publishes-nothing") return publisher;
  return {
    ...publisher,
    publish: async ({ tree }) => ({
      location: { type: publisher.type, params: { cid: tree.cid } },
      blocks: [],
    }),
  };
}

/** What a lying compute node says instead. */
export function lyingTongue(lie: Lie | undefined, overheard: readonly Uint8Array[], dice: Dice): Outgoing {
  const own: Uint8Array[] = [];
  return (_, message) => {
    if (lie === "silent")
      return message.type === "bid" || message.type === "announcement" ? message : undefined;
    if (message.type !== "propose") return message;
    if (lie === "copied-proposal" && overheard.length > 0)
      return { ...message, sealed: dice.pick(overheard) };
    if (lie !== "replayed-proposal") return message;
    const others = own.filter((sealed) => sealed !== message.sealed);
    own.push(message.sealed);
    return others.length > 0 ? { ...message, sealed: dice.pick(others) } : message;
  };
}

/** `verifier` as a cheating requester has it. */
export function cheatingJudge(verifier: Verifier, cheat: Cheat | undefined, withheld: () => void): Verifier {
  if (cheat === "never-judges") {
    return {
      ...verifier,
      async judge() {
        withheld();
        return { kind: "wait" };
      },
    };
  }
  if (cheat !== "refutes-right") return verifier;
  const winner = { digest: "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", cid: OTHER_CID, sizeBytes: 1 };
  return {
    ...verifier,
    judge: async ({ proposals }) => ({
      kind: "verdict",
      verdict: { winner, counted: proposals.length, reason: "because I say so" },
    }),
  };
}

/** One message of a flood: well-formed, and about nothing or about what isn't the sender's. */
export function floodMessage(dice: Dice, executionIds: readonly string[]): Message {
  const executionId =
    executionIds.length > 0 && dice.chance(0.7) ? dice.pick(executionIds) : `e-${dice.between(0, 999)}`;
  const boxPublicKey = dice.bytes(32);
  const spec = { type: "memory", params: { cid: OTHER_CID } };
  return dice.pick<Message>([
    { type: "bid", executionId, boxPublicKey, leaseMs: 1_000_000, has: [] },
    { type: "start", executionId },
    { type: "progress", executionId, message: "flood" },
    { type: "propose", executionId, sealed: dice.bytes(120) },
    { type: "publish", executionId, publication: spec, blocks: [] },
    { type: "fail", executionId, code: "compute/flood", reason: "flood", blame: "job" },
    { type: "lost", executionIds: [executionId] },
    { type: "sync", party: "compute", executions: [{ id: executionId, state: "published" }] },
    { type: "sync", party: "requester", executions: [{ id: executionId, state: "verified" }] },
    { type: "cancel", executionId, code: "requester/flood", reason: "flood" },
    { type: "reject", executionId, reason: "flood" },
  ]);
}

/** An ask of a requester that wants places and never takes one. */
export function idleAsk(dice: Dice): Message {
  const name = `flood-${dice.between(0, 999_999)}`;
  return {
    type: "ask",
    executionId: `e-${name}`,
    commitment: dice.bytes(32),
    boxPublicKey: dice.bytes(32),
    answerWithinMs: 4_000,
    terms: {
      jobId: `j-${name}`,
      jobType: "batch",
      partition: 0,
      partitionCount: 1,
      engine: "noop",
      profile: "noop/0",
      inputs: [],
      resources: { cpuMillis: 100, memoryBytes: 1024 ** 2, diskBytes: 0, gpus: 0 },
      network: { type: "none", domains: [] },
      verifier: "deterministic",
      publisher: "memory",
      executionTimeoutMs: 1_000,
      priority: 1_000,
    },
  };
}
