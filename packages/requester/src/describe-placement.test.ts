import { expect, test } from "vitest";
import { describePlacement } from "./describe-placement.ts";
import { someExecution, someJob, someNode, somePartition } from "./test-records.ts";

const small = { cpuMillis: 10, memoryBytes: 1, diskBytes: 2 ** 32, gpus: 0 };
const nodeWith = (name: string, change: object) => {
  const node = someNode(name);
  const { announcement } = node;
  if (announcement?.compute === undefined) return node;
  return { ...node, announcement: { ...announcement, compute: { ...announcement.compute, ...change } } };
};

function report(
  nodes: Parameters<typeof describePlacement>[1]["nodes"],
  executions: readonly ReturnType<typeof someExecution>[] = [],
  job: Parameters<typeof someJob>[1] = {},
) {
  const view = { job: someJob({}, job), partitions: [somePartition()], executions };
  return describePlacement(view, { nodes, reputationOf: () => undefined });
}

test("describePlacement() counts why nobody can", () => {
  const few = Array.from({ length: 3 }, (_, index) => nodeWith(`small-${index}`, { maxExecution: small }));
  const other = [nodeWith("engineless", { engines: [] }), someNode("gone", { connected: false })];
  expect(report([...few, ...other])).toMatchObject({
    summary: expect.stringMatching(
      /^0 of 5 nodes: 3 too little (CPU|memory), 1 no engine \w+, 1 not connected$/,
    ),
    able: 0,
  });
});

test("describePlacement() says of every node what it does for the job, or why it does nothing", () => {
  const declined = { code: "x/policy", message: "its operator refuses such jobs", blame: "nobody" } as const;
  const executions = [
    someExecution("runs", "running"),
    someExecution("bid", "rejected"),
    someExecution("says-no", "declined", { failure: declined }),
    someExecution("asked", "asked"),
    someExecution("forgotten", "failed", {
      engaged: false,
      failure: { ...declined, message: "no answer within 10 s" },
    }),
  ];
  const names = ["runs", "bid", "says-no", "asked", "free"];
  const { nodes, summary } = report(
    names.map((name) => someNode(name)),
    executions,
  );
  expect(summary).toBe("4 of 6 nodes: 1 declined: its operator refuses such jobs, 1 no answer within 10 s");
  expect(nodes.map(({ nodeId, bid, reason }) => [nodeId, bid, reason])).toEqual([
    ["asked", "asked", "asked, and hasn't answered yet"],
    ["bid", "rejected", "bid, and others were chosen"],
    ["free", "none", "can run it, and wasn't asked: enough others were"],
    ["runs", "accepted", "its bid was accepted; running"],
    ["forgotten", "unanswered", "no answer within 10 s"],
    ["says-no", "declined", "declined: its operator refuses such jobs"],
  ]);
  expect(nodes[0]).toEqual({
    nodeId: "asked",
    connected: true,
    score: 0.5,
    bid: "asked",
    able: true,
    reason: "asked, and hasn't answered yet",
    executions: ["e-asked"],
  });
});

test("describePlacement() tells of a job that isn't resolved, and of no nodes at all", () => {
  expect(report([]).summary).toBe("0 of 0 nodes");
  expect(report([someNode("a")], [], { task: undefined }).nodes[0]?.reason).toContain("aren't fixed yet");
});
