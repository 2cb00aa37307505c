import type { SignedStatement, StatementBinding } from "@gadus/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import type { Evidence, Proposal, SealContext, Verifier } from "./verifier.ts";
import type { VerifierErrorCode } from "./verifier-error.ts";

/** One node with its verifier and its keys. */
export interface VerifierParty {
  readonly verifier: Verifier;
  readonly nodeId: string;
  readonly boxPublicKey: Uint8Array;
}

/** Three nodes that know of each other; the verifiers are of the type that is tested. */
export interface VerifierFixture {
  readonly requester: VerifierParty;
  readonly compute: VerifierParty;
  readonly stranger: VerifierParty;
}

const PROPOSAL: Proposal = {
  digest: "h1:Z8XgvV4hw3ACc0J3ACPoRJGTlFhcwSt2Q0oTUbrEV/w=",
  cid: "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
  sizeBytes: 15,
  truncated: ["stdout"],
};

/** The contract of every {@link Verifier}: what is sealed opens to its addressee only, and judging is steady. */
export function describeVerifier(name: string, setup: () => Promise<VerifierFixture>): void {
  describe(`${name} is a Verifier`, () => {
    let nodes: VerifierFixture;
    beforeEach(async () => {
      nodes = await setup();
    });

    const seal = (by: VerifierParty, executionId: string, about: Partial<StatementBinding> = {}) =>
      by.verifier.propose(PROPOSAL, {
        binding: { ...bindingOf(nodes.requester, by, executionId), ...about },
        boxPublicKey: nodes.requester.boxPublicKey,
      });
    const open = (sealed: Uint8Array, from: VerifierParty, executionId: string) =>
      nodes.requester.verifier.open(sealed, contextOf(nodes.requester, from, executionId));

    describeSealing(() => nodes, seal, open);
    describeHostileBytes(() => nodes, seal, open);
    describeJudging(() => nodes);
  });
}

type Seal = (
  by: VerifierParty,
  executionId: string,
  about?: Partial<StatementBinding>,
) => Promise<Uint8Array>;
type Open = (
  sealed: Uint8Array,
  from: VerifierParty,
  executionId: string,
) => Promise<{ proposal: Proposal; statement: SignedStatement }>;

function describeSealing(nodes: () => VerifierFixture, seal: Seal, open: Open): void {
  test("open() gives back what propose() sealed, with the statement that was signed", async () => {
    const opened = await open(await seal(nodes().compute, "e-1"), nodes().compute, "e-1");
    expect(opened.proposal).toEqual(PROPOSAL);
    expect(opened.statement.signature.length).toBeGreaterThan(0);
  });

  test("propose() seals the same proposal to other bytes each time", async () => {
    const [first, second] = [await seal(nodes().compute, "e-1"), await seal(nodes().compute, "e-1")];
    expect(first).not.toEqual(second);
  });

  test("open() refuses a proposal that was copied from another node", async () => {
    const copied = await seal(nodes().compute, "e-1");
    await expect(open(copied, nodes().stranger, "e-2")).rejects.toMatchObject(
      refusal("verifier/unreadable-proposal"),
    );
  });

  test("open() refuses a proposal of the same node from another execution", async () => {
    const replayed = await seal(nodes().compute, "e-1");
    await expect(open(replayed, nodes().compute, "e-2")).rejects.toMatchObject(
      refusal("verifier/wrong-proposal"),
    );
  });

  test("open() refuses a proposal about another task", async () => {
    const sealed = await seal(nodes().compute, "e-1", { taskHash: new Uint8Array(32).fill(9) });
    await expect(open(sealed, nodes().compute, "e-1")).rejects.toMatchObject(
      refusal("verifier/wrong-proposal"),
    );
  });

  test("open() refuses a proposal that was made for another requester", async () => {
    const sealed = await seal(nodes().compute, "e-1", { requester: nodes().stranger.nodeId });
    await expect(open(sealed, nodes().compute, "e-1")).rejects.toMatchObject(
      refusal("verifier/wrong-proposal"),
    );
  });

  test("open() refuses a stranger's proposal in the name of the compute node", async () => {
    const forged = await seal(nodes().stranger, "e-1", { compute: nodes().compute.nodeId });
    await expect(open(forged, nodes().compute, "e-1")).rejects.toMatchObject(
      refusal("verifier/unreadable-proposal"),
    );
  });

  test("open() refuses what a stranger signed, even where it is sealed with the right keys", async () => {
    const { requester, compute, stranger } = nodes();
    const forged = await seal(stranger, "e-1", { compute: compute.nodeId });
    const context = contextOf(requester, compute, "e-1");
    const confused = { ...context, boxPublicKey: stranger.boxPublicKey };
    await expect(requester.verifier.open(forged, confused)).rejects.toMatchObject(
      refusal("verifier/wrong-proposal"),
    );
  });

  test("open() refuses a proposal at a node that it wasn't sealed for", async () => {
    const { requester, compute, stranger } = nodes();
    const sealed = await seal(compute, "e-1");
    const opening = stranger.verifier.open(sealed, contextOf(requester, compute, "e-1"));
    await expect(opening).rejects.toMatchObject(refusal("verifier/unreadable-proposal"));
  });
}

function describeHostileBytes(nodes: () => VerifierFixture, seal: Seal, open: Open): void {
  test("open() refuses bytes of every length that nobody sealed", async () => {
    for (const length of [0, 1, 23, 24, 39, 40, 41, 300, 8192, 8193, 100_000]) {
      const garbage = Uint8Array.from({ length }, (_, index) => (index * 31 + length) % 256);
      await expect(open(garbage, nodes().compute, "e-1")).rejects.toMatchObject(
        refusal("verifier/unreadable-proposal"),
      );
    }
  });

  test("open() refuses a proposal that was cut short or made longer", async () => {
    const sealed = await seal(nodes().compute, "e-1");
    for (const length of [0, 24, 40, sealed.length - 1]) {
      await expect(open(sealed.slice(0, length), nodes().compute, "e-1")).rejects.toMatchObject(
        refusal("verifier/unreadable-proposal"),
      );
    }
    const longer = Uint8Array.of(...sealed, 0);
    await expect(open(longer, nodes().compute, "e-1")).rejects.toMatchObject(
      refusal("verifier/unreadable-proposal"),
    );
  });

  test("open() refuses a proposal with any bit turned over", async () => {
    const sealed = await seal(nodes().compute, "e-1");
    for (let index = 0; index < sealed.length; index += 7) {
      const turned = sealed.map((byte, at) => (at === index ? byte ^ 0x10 : byte));
      await expect(open(turned, nodes().compute, "e-1")).rejects.toMatchObject(
        refusal("verifier/unreadable-proposal"),
      );
    }
  });

  test("propose(), open() and judge() reject with the signal's reason", async () => {
    const { requester, compute } = nodes();
    const signal = AbortSignal.abort(new Error("enough"));
    const context = contextOf(requester, compute, "e-1");
    const sealed = await seal(compute, "e-1");
    await expect(compute.verifier.propose(PROPOSAL, context, { signal })).rejects.toThrow("enough");
    await expect(requester.verifier.open(sealed, context, { signal })).rejects.toThrow("enough");
    await expect(requester.verifier.judge(evidence({}), { signal })).rejects.toThrow("enough");
  });
}

function describeJudging(nodes: () => VerifierFixture): void {
  test("judge() waits where nothing has been proposed and something still can be", async () => {
    const judgement = await nodes().requester.verifier.judge(evidence({ pending: 1, ran: 1 }));
    expect(judgement).toEqual({ kind: "wait" });
  });

  test("judge() asks for more where nothing has been proposed and nothing can be", async () => {
    const judgement = await nodes().requester.verifier.judge(evidence({}));
    expect(judgement).toMatchObject({ kind: "more", more: 1, reason: expect.stringMatching(/./) });
  });

  test("judge() takes the one result of the one execution that ran", async () => {
    const proposals = [{ ...PROPOSAL, executionId: "e-1" }];
    const judgement = await nodes().requester.verifier.judge(evidence({ proposals, ran: 1 }));
    expect(judgement).toMatchObject({
      kind: "verdict",
      verdict: { counted: 1, reason: expect.stringMatching(/./) },
    });
  });

  test("judge() judges the same evidence the same each time", async () => {
    const proposals = ["e-1", "e-2", "e-3"].map((executionId) => ({ ...PROPOSAL, executionId }));
    const given = evidence({ proposals, ran: 3, confidence: 2 });
    const { verifier } = nodes().requester;
    expect(await verifier.judge(given)).toEqual(await verifier.judge(structuredClone(given)));
  });
}

function bindingOf(requester: VerifierParty, compute: VerifierParty, executionId: string): StatementBinding {
  const taskHash = new Uint8Array(32).fill(7);
  return { executionId, requester: requester.nodeId, compute: compute.nodeId, taskHash };
}

function contextOf(requester: VerifierParty, compute: VerifierParty, executionId: string): SealContext {
  const binding = bindingOf(requester, compute, executionId);
  return { binding, boxPublicKey: compute.boxPublicKey };
}

function evidence(given: Partial<Evidence>): Evidence {
  return { confidence: undefined, proposals: [], pending: 0, ran: 0, ...given };
}

function refusal(code: VerifierErrorCode): { code: string; blame: string } {
  return { code, blame: "node" };
}
