import { EMPTY_RESULTS_DIGEST } from "@gadus/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeProposals } from "./judge-proposals.ts";
import { agrees, type Evidence, type Proposal } from "./verifier.ts";

type Result = "A" | "B" | "C" | "D" | "empty" | "A with another CID";
const RESULTS: readonly Result[] = ["A", "B", "C", "D", "empty", "A with another CID"];

describe("judgeProposals()", () => {
  test("takes the largest group where it is as large as the confidence", () => {
    expect(judge(["A", "A", "A", "B", "C"], { confidence: 3 })).toMatchObject({
      kind: "verdict",
      verdict: { winner: proposalOf("A"), counted: 5, reason: "3 of 5 proposals agree, 3 are needed" },
    });
  });

  test("lets three liars that agree win against two honest nodes, and refutes the two", () => {
    const judgement = judge(["A", "A", "B", "B", "B"], { confidence: 3 });
    if (judgement.kind !== "verdict") throw new Error("no verdict");
    expect(judgement.verdict.winner).toEqual(proposalOf("B"));
    expect(agrees(judgement.verdict, proposalOf("A"))).toBe(false);
  });

  test("asks for what is missing where the largest group is smaller than the confidence", () => {
    const reason = "2 of 5 proposals agree, 3 are needed";
    expect(judge(["A", "A", "B", "C", "D"], { confidence: 3 })).toEqual({ kind: "more", more: 1, reason });
  });

  test("needs more than half of all proposals where no confidence is given", () => {
    expect(judge(["A", "A", "B"])).toMatchObject({ kind: "verdict", verdict: { winner: proposalOf("A") } });
    const reason = "2 of 4 proposals agree, 3 are needed";
    expect(judge(["A", "A", "B", "C"])).toEqual({ kind: "more", more: 1, reason });
    expect(judge(["A", "B", "C", "D"])).toMatchObject({ kind: "more", more: 3 });
  });

  test("lets nobody win a tie", () => {
    const reason = "2 different results tie, with 2 of 5 proposals each";
    expect(judge(["A", "A", "B", "B", "C"], { confidence: 2 })).toEqual({ kind: "more", more: 1, reason });
  });

  test("takes a lone result only where nothing else ran", () => {
    expect(judge(["A"])).toMatchObject({ kind: "verdict", verdict: { winner: proposalOf("A"), counted: 1 } });
    const reason = "1 of 3 executions that ran proposed a result, and no other confirms it";
    expect(judge(["A"], { ran: 3, confidence: 1 })).toEqual({ kind: "more", more: 1, reason });
    expect(judge([], { ran: 1 })).toMatchObject({ kind: "more", more: 2 });
    expect(judge([], { ran: 0 })).toMatchObject({ kind: "more", more: 1 });
  });

  test("never takes a result without files, however many agree on it", () => {
    const reason = "3 of 4 proposals have no files, which is never taken for a result";
    expect(judge(["empty", "empty", "empty", "A"], { confidence: 1 })).toEqual({
      kind: "more",
      more: 3,
      reason,
    });
    expect(judge(["empty"])).toMatchObject({ kind: "more", more: 2 });
  });

  test("tells a right digest with another CID from the right result", () => {
    expect(judge(["A", "A", "A with another CID"])).toMatchObject({
      kind: "verdict",
      verdict: { winner: proposalOf("A") },
    });
    expect(judge(["A", "A with another CID"])).toMatchObject({ kind: "more" });
  });

  test("takes the size that most of the winning group claim, then the smallest", () => {
    const sized = (sizes: number[]) =>
      judgeProposals({
        confidence: undefined,
        pending: 0,
        ran: sizes.length,
        proposals: sizes.map((sizeBytes, index) => ({
          ...proposalOf("A"),
          sizeBytes,
          executionId: `e-${index}`,
        })),
      });
    expect(sized([1, 7, 7])).toMatchObject({ verdict: { winner: { sizeBytes: 7 } } });
    expect(sized([9, 7])).toMatchObject({ verdict: { winner: { sizeBytes: 7 } } });
  });

  test("decides early where what is pending can't change the outcome", () => {
    expect(judge(["A", "A", "A"], { confidence: 3, pending: 2, ran: 5 })).toMatchObject({
      kind: "verdict",
      verdict: {
        winner: proposalOf("A"),
        counted: 3,
        reason: "3 of 3 proposals agree, 3 are needed; what is still to come can't change that",
      },
    });
    expect(judge(["A", "A", "A"], { pending: 2, ran: 5 })).toMatchObject({ kind: "verdict" });
  });

  test("waits where what is pending could still tie, or still move the threshold", () => {
    expect(judge(["A", "A"], { confidence: 2, pending: 2, ran: 4 })).toEqual({ kind: "wait" });
    expect(judge(["A", "A", "A", "B"], { pending: 2, ran: 6 })).toEqual({ kind: "wait" });
    expect(judge(["A", "A", "B"], { confidence: 2, pending: 1, ran: 4 })).toEqual({ kind: "wait" });
  });

  test("waits even where nobody can win any more, as what is pending still counts towards more", () => {
    expect(judge(["A", "B", "C"], { confidence: 3, pending: 1, ran: 4 })).toEqual({ kind: "wait" });
  });
});

describe("judgeProposals(), for any evidence,", () => {
  const few = fc.record({
    results: fc.array(fc.constantFrom(...RESULTS), { maxLength: 6 }),
    confidence: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    pending: fc.integer({ min: 0, max: 3 }),
    silent: fc.integer({ min: 0, max: 2 }),
  });

  test("reaches by the rule of the protocol whatever it reaches when nothing is pending", () => {
    fc.assert(
      fc.property(few, ({ results, confidence, silent }) => {
        const ran = results.length + silent;
        const judgement = judge(results, { confidence, ran });
        const winner = winnerByTheRule(results, confidence, ran);
        const verdict = winner && { winner: proposalOf(winner), counted: results.length };
        expect(judgement).toMatchObject(verdict ? { kind: "verdict", verdict } : { kind: "more" });
      }),
    );
  });

  test("decides early exactly where every end of what is pending has the same winner", () => {
    fc.assert(
      fc.property(few, ({ results, confidence, pending, silent }) => {
        fc.pre(pending > 0);
        const ran = results.length + silent;
        const judgement = judge(results, { confidence, pending, ran });
        const ends = new Set(
          completions(pending).map((later) =>
            winnerByTheRule([...results, ...later.results], confidence, ran + later.ran),
          ),
        );
        const [only] = ends;
        const verdict = ends.size === 1 && only && { winner: proposalOf(only), counted: results.length };
        expect(judgement).toMatchObject(verdict ? { kind: "verdict", verdict } : { kind: "wait" });
      }),
      { numRuns: 1000 },
    );
  });

  test("asks for exactly as many more as would make somebody win if they all agreed", () => {
    fc.assert(
      fc.property(few, ({ results, confidence, silent }) => {
        const ran = results.length + silent;
        const judgement = judge(results, { confidence, ran });
        fc.pre(judgement.kind === "more");
        if (judgement.kind !== "more") return;
        expect(judgement.more).toBe(fewestThatDecide(results, confidence, ran));
        expect(judgement.reason).not.toBe("");
      }),
    );
  });

  test("judges the same in whatever order the proposals came", () => {
    const shuffled = few.chain((given) =>
      fc.record({
        given: fc.constant(given),
        order: fc.shuffledSubarray(given.results, { minLength: given.results.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ given: { results, confidence, pending, silent }, order }) => {
        const rest = { confidence, pending, ran: results.length + silent };
        expect(judge(order, rest)).toEqual(judge(results, rest));
      }),
    );
  });
});

function judge(results: readonly Result[], rest: Partial<Evidence> = {}) {
  const proposals = results.map((result, index) => ({ ...proposalOf(result), executionId: `e-${index}` }));
  return judgeProposals({ confidence: undefined, proposals, pending: 0, ran: results.length, ...rest });
}

function proposalOf(result: Result): Proposal {
  if (result === "empty") return { digest: EMPTY_RESULTS_DIGEST, cid: "bafyempty", sizeBytes: 0 };
  return { digest: `h1:${result[0]}`, cid: `bafy${result}`, sizeBytes: 10 };
}

/** The rule as it is written in the design, without any thought of what is pending. */
function winnerByTheRule(
  results: readonly Result[],
  confidence: number | undefined,
  ran: number,
): Result | undefined {
  const sizes = RESULTS.map((result) => results.filter((other) => other === result).length);
  const largest = Math.max(...sizes);
  const winners = RESULTS.filter((_, index) => sizes[index] === largest);
  const [winner] = winners;
  if (results.length === 0 || winners.length !== 1 || winner === "empty") return undefined;
  if (largest === 1 && ran > 1) return undefined;
  const enough = confidence === undefined ? largest * 2 > results.length : largest >= confidence;
  return enough ? winner : undefined;
}

/** All that `pending` executions may do: propose any result or none, and have run or not where they propose none. */
function completions(pending: number): { results: Result[]; ran: number }[] {
  if (pending === 0) return [{ results: [], ran: 0 }];
  return completions(pending - 1).flatMap(({ results, ran }) => [
    { results, ran },
    { results, ran: ran + 1 },
    ...RESULTS.map((result) => ({ results: [...results, result], ran: ran + 1 })),
  ]);
}

function fewestThatDecide(results: readonly Result[], confidence: number | undefined, ran: number): number {
  for (let more = 1; more < 50; more += 1) {
    const decided = RESULTS.some(
      (result) =>
        winnerByTheRule([...results, ...Array<Result>(more).fill(result)], confidence, ran + more) !==
        undefined,
    );
    if (decided) return more;
  }
  throw new Error("no number decides");
}
