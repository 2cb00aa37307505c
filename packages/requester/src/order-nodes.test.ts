import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { orderNodes, orderRule, type SelectionView } from "./order-nodes.ts";
import { type Outcome, observe, type Reputation } from "./reputation.ts";
import { selectBids } from "./select-bids.ts";
import { DEFAULT_STRATEGIES } from "./selection-strategies.ts";
import { networkWith, someExecution, someJob, someNode } from "./test-records.ts";

const NAMES = Array.from("abcdefgh");
const plenty = { cpuMillis: 4000, memoryBytes: 2 ** 32, diskBytes: 2 ** 32, gpus: 0 };

function nodeWith(nodeId: string, freeCpuMillis: number) {
  const { announcement, ...node } = someNode(nodeId);
  if (announcement?.compute === undefined) throw new Error("it has no offer");
  const availableCapacity = { ...plenty, cpuMillis: freeCpuMillis };
  return {
    ...node,
    announcement: { ...announcement, compute: { ...announcement.compute, availableCapacity } },
  };
}

const reputation = (outcome: Outcome): Reputation =>
  observe(undefined, { nodeId: "x", outcome, atMs: 0, halfLifeMs: 1 });

/** The order in which `nodes` would be asked. */
function order(
  selection: string,
  {
    nodes = NAMES.map((name) => someNode(name)),
    seed = "00",
    compares = true,
    concurrency = 2,
    seen = {},
  }: {
    readonly nodes?: readonly ReturnType<typeof someNode>[];
    readonly seed?: string;
    readonly compares?: boolean;
    readonly concurrency?: number;
    readonly seen?: Readonly<Record<string, Outcome>>;
  },
): readonly string[] {
  const view: SelectionView = {
    strategies: DEFAULT_STRATEGIES,
    reputationOf: (nodeId) => (seen[nodeId] === undefined ? undefined : reputation(seen[nodeId])),
    compares: () => compares,
  };
  const job = someJob({ Deal: { Selection: selection, Concurrency: concurrency } }, { selectionSeed: seed });
  const items = nodes.map((node) => ({ nodeId: node.nodeId, node }));
  return orderNodes(items, "ask", orderRule(job, 0, view)).map(({ nodeId }) => nodeId);
}

const seeds = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("hex"));
const outcomes = fc.constantFrom<Outcome>("verified", "refuted", "failed", "late");
const reputations = fc.dictionary(fc.constantFrom(...NAMES), outcomes);

describe("every strategy", () => {
  test("gives each node once, the same for the same seed, whatever order they come in", () => {
    const strategies = fc.constantFrom(...DEFAULT_STRATEGIES.keys());
    fc.assert(
      fc.property(strategies, seeds, reputations, fc.boolean(), (selection, seed, seen, compares) => {
        const ordered = order(selection, { seed, seen, compares });
        expect(ordered.toSorted()).toEqual(NAMES);
        const nodes = NAMES.toReversed().map((name) => someNode(name));
        expect(order(selection, { nodes, seed, seen, compares })).toEqual(ordered);
      }),
    );
  });

  test("takes nothing from what nodes say of themselves where results are compared", () => {
    const strategies = fc.constantFrom(...DEFAULT_STRATEGIES.keys());
    const free = fc.array(fc.nat(100_000), { minLength: NAMES.length, maxLength: NAMES.length });
    fc.assert(
      fc.property(strategies, seeds, reputations, free, (selection, seed, seen, capacities) => {
        const nodes = NAMES.map((name, index) => nodeWith(name, capacities[index] ?? 0));
        expect(order(selection, { nodes, seed, seen })).toEqual(order(selection, { seed, seen }));
      }),
    );
  });

  test("gives way to reputation where a stored job names one that is there no more", () => {
    const seen = { a: "refuted" } as const;
    expect(order("gone", { seen })).toEqual(order("reputation", { seen }));
  });
});

test("random takes nothing but the seed", () => {
  fc.assert(
    fc.property(seeds, reputations, (seed, seen) => {
      const nodes = NAMES.map((name, index) => ({ ...nodeWith(name, index), unanswered: index }));
      expect(order("random", { nodes, seed, seen, compares: false })).toEqual(order("random", { seed }));
    }),
  );
});

test("random puts each node first about as often as any other", () => {
  const firsts = Array.from({ length: 4_000 }, (_, index) => order("random", { seed: String(index) })[0]);
  const counts = NAMES.map((name) => firsts.filter((first) => first === name).length);
  // 500 each on average; 6 standard deviations.
  for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(126);
});

describe("ranked", () => {
  test("puts nodes that let asks pass last, those that let most pass at the end", () => {
    const nodes = [someNode("c", { unanswered: 2 }), someNode("b", { unanswered: 1 }), someNode("a")];
    expect(order("ranked", { nodes })).toEqual(["a", "b", "c"]);
  });

  test("puts what says it has most room first, where results aren't compared", () => {
    const nodes = [nodeWith("a", 1_000), nodeWith("b", 3_000), nodeWith("c", 2_000)];
    expect(order("ranked", { nodes, compares: false })).toEqual(["b", "c", "a"]);
  });
});

describe("reputation", () => {
  const seen = { a: "verified", b: "verified", c: "late", d: "refuted" } as const;
  /** Whether partition 0 of a job with this seed is most likely none of those that explore. */
  const banded = (seed: string): boolean => order("reputation", { seed, seen })[6] === "c";

  test("puts good nodes first, then unknown ones, then poor ones, in three of four partitions", () => {
    const share = Array.from({ length: 2_000 }, (_, index) => String(index)).filter((seed) => {
      const ordered = order("reputation", { seed, seen });
      const inBands =
        ordered.slice(0, 2).toSorted().join("") === "ab" &&
        ordered.slice(2, 6).toSorted().join("") === "efgh";
      return inBands && ordered[6] === "c";
    }).length;
    expect(share / 2_000).toBeGreaterThan(0.7);
    expect(share / 2_000).toBeLessThan(0.82);
  });

  test("puts nodes that were refuted lately last, always", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(order("reputation", { seed, seen }).at(-1)).toBe("d");
      }),
    );
  });

  test("puts nodes that can begin at once before those that would queue, where no results are compared", () => {
    const nodes = [nodeWith("a", 0), nodeWith("b", 4_000), { ...nodeWith("c", 4_000), taken: 40 }];
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(order("reputation", { nodes, seed, concurrency: 1 })[0]).toBe("b");
        expect(order("reputation", { nodes, seed, compares: false })[0]).toBe("b");
      }),
    );
    const compared = Array.from(
      { length: 200 },
      (_, seed) => order("reputation", { nodes, seed: `${seed}` })[0],
    );
    expect(compared.filter((first) => first === "b").length).toBeLessThan(120);
  });

  test("lets the seed decide within a band, so that good nodes share the load", () => {
    const all = Array.from({ length: 1_000 }, (_, index) => String(index)).filter(banded);
    const first = all.filter((seed) => order("reputation", { seed, seen })[0] === "a").length;
    expect(first / all.length).toBeGreaterThan(0.4);
    expect(first / all.length).toBeLessThan(0.6);
  });

  test("gives a node that nothing is known of its chance beside good ones, in the partitions that explore", () => {
    const all = Array.from({ length: 1_000 }, (_, index) => String(index));
    const newcomers = all.filter((seed) => "efgh".includes(order("reputation", { seed, seen })[0] ?? ""));
    expect(newcomers.length).toBeGreaterThan(50);
  });

  test("puts a node that lets asks pass now behind unknown ones", () => {
    const nodes = [someNode("a", { unanswered: 1 }), someNode("b")];
    const firsts = Array.from({ length: 200 }, (_, index) =>
      order("reputation", { nodes, seed: String(index), seen: { a: "verified" } }),
    );
    expect(firsts.filter(([first]) => first === "b").length).toBeGreaterThan(150);
  });
});

test("selectBids() takes no refuted node where others bid enough, and never two of one group", () => {
  const seen: Readonly<Record<string, Outcome>> = { a: "refuted", b: "refuted" };
  const view: SelectionView = {
    strategies: DEFAULT_STRATEGIES,
    reputationOf: (nodeId) => (seen[nodeId] === undefined ? undefined : reputation(seen[nodeId])),
    compares: () => true,
  };
  fc.assert(
    fc.property(seeds, (selectionSeed) => {
      const bids = NAMES.map((name) =>
        someExecution(name, "offered", name === "h" ? { group: "node:g" } : {}),
      );
      const rule = orderRule(someJob({}, { selectionSeed }), 0, view);
      const { accepted, rejected } = selectBids(bids, 3, { network: networkWith([]), order: rule });
      const chosen = accepted.map(({ nodeId }) => nodeId);
      expect(chosen).toHaveLength(3);
      expect(rejected).toHaveLength(5);
      expect(chosen).not.toContain("a");
      expect(chosen).not.toContain("b");
      expect(chosen.includes("g") && chosen.includes("h")).toBe(false);
    }),
  );
});

test("selectBids() prefers nodes that say they have the image, but where results are compared", () => {
  const image = "ubuntu:24.04";
  const bids = NAMES.map((name) => someExecution(name, "offered", name < "c" ? { has: [image] } : {}));
  const chosen = (selectionSeed: string, compares: boolean): readonly string[] => {
    const view = { strategies: DEFAULT_STRATEGIES, reputationOf: () => undefined, compares: () => compares };
    const order = orderRule(someJob({ Deal: { Concurrency: 2 } }, { selectionSeed }), 0, view);
    const { accepted } = selectBids(bids, 2, { network: networkWith([]), order, image });
    return accepted.map(({ nodeId }) => nodeId).toSorted();
  };
  const others = new Set<string>();
  fc.assert(
    fc.property(seeds, (seed) => {
      expect(chosen(seed, false)).toEqual(["a", "b"]);
      for (const name of chosen(seed, true)) others.add(name);
    }),
  );
  expect(others.size).toBe(NAMES.length);
});
