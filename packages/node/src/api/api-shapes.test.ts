import { EXECUTION_STATES, type ExecutionState, type Spec } from "@gadus/protocol";
import { makeExecutionRecord, makeJobRecord, makePartitionRecord } from "@gadus/requester/conformance";
import { expect, test } from "vitest";
import { executionShape, nanoseconds, resultShapes } from "./api-shapes.ts";

const stored = (change: object = {}) => ({
  job: makeJobRecord("j-1"),
  partitions: [makePartitionRecord("j-1")],
  executions: [],
  ...change,
});
const statement = { payload: new Uint8Array(), signature: new Uint8Array() };
const proposal = { digest: "h1:b", cid: "bafyb", sizeBytes: 2, statement };
const verdict = {
  winner: { digest: "h1:a", cid: "bafya", sizeBytes: 2 },
  counted: 3,
  reason: "2 of 3 agree",
};

interface Shape {
  readonly ComputeState: { readonly StateType: number; readonly Details: { readonly State: string } };
  readonly DesiredState: { readonly StateType: number };
}

test("nanoseconds() writes integers beyond 2^53 exactly", () => {
  expect(JSON.stringify([nanoseconds(1_795_212_091_554), nanoseconds(0)])).toBe("[1795212091554000000,0]");
});

test("executionShape() has every field of the contract, in its letter case", () => {
  const execution = makeExecutionRecord("j-1", "e-1", { partition: 0, revision: 3 });
  expect(JSON.parse(JSON.stringify(executionShape(execution, stored())))).toEqual({
    ID: "e-1",
    Namespace: "default",
    EvalID: "",
    Name: "count.0",
    NodeID: "node-a",
    JobID: "j-1",
    JobVersion: 1,
    AllocatedResources: { Tasks: { main: { CPU: 0, Memory: 0, Disk: 0, GPU: 0 } } },
    DesiredState: { StateType: 0, Message: "" },
    ComputeState: { StateType: 2, Message: "", Details: { State: "asked" } },
    PublishedResult: { Type: "", Params: {} },
    RunOutput: null,
    PreviousExecution: "",
    NextExecution: "",
    PartitionIndex: 0,
    Revision: 3,
    CreateTime: 1_700_000_000_000_000_000,
    ModifyTime: 1_700_000_000_000_000_000,
  });
});

test("executionShape() gives each state the contract's integers, and its own name in the details", () => {
  const integers = (state: ExecutionState) => {
    const shape = executionShape(makeExecutionRecord("j-1", "e-1", { state }), stored()) as unknown as Shape;
    expect(shape.ComputeState.Details.State).toBe(state);
    return [shape.ComputeState.StateType, shape.DesiredState.StateType];
  };
  expect(Object.fromEntries(EXECUTION_STATES.map((state) => [state, integers(state)]))).toEqual({
    asked: [2, 0],
    offered: [3, 0],
    accepted: [5, 1],
    running: [6, 1],
    proposed: [6, 1],
    verified: [7, 1],
    published: [9, 2],
    declined: [4, 2],
    rejected: [8, 2],
    refuted: [10, 2],
    failed: [10, 2],
    cancelled: [11, 2],
  });
});

test("executionShape() says why an execution was refuted, or failed", () => {
  const job = stored({ partitions: [makePartitionRecord("j-1", { verdict })] });
  const refuted = makeExecutionRecord("j-1", "e-1", { state: "refuted", proposal });
  expect(executionShape(refuted, job).ComputeState).toEqual({
    StateType: 10,
    Message: "2 of 3 agree",
    Details: {
      State: "refuted",
      Verdict: "refuted",
      Reason: "2 of 3 agree",
      Digest: "h1:b",
      CID: "bafyb",
      SizeBytes: "2",
    },
  });
  const failure = { code: "executor/engine-down", message: "Cannot run", blame: "node" as const };
  const failed = makeExecutionRecord("j-1", "e-2", { state: "failed", failure });
  expect(executionShape(failed, job).ComputeState).toEqual({
    StateType: 10,
    Message: "Cannot run",
    Details: { State: "failed", Code: "executor/engine-down", Blame: "node" },
  });
});

test("executionShape() says which outputs were cut off", () => {
  const shapeOf = (truncated: readonly ("stdout" | "stderr")[]): unknown =>
    executionShape(
      makeExecutionRecord("j-1", "e-1", { state: "published", proposal: { ...proposal, truncated } }),
      stored(),
    );
  expect(shapeOf(["stdout"])).toMatchObject({
    ComputeState: { Message: "stdout was cut off: more was printed than is kept" },
    RunOutput: { StdoutTruncated: true, StderrTruncated: false },
  });
  expect(shapeOf(["stdout", "stderr"])).toMatchObject({
    ComputeState: { Message: "stdout and stderr were cut off: more was printed than is kept" },
    RunOutput: { StdoutTruncated: true, StderrTruncated: true },
  });
});

test("resultShapes() gives one item a completed partition, and the same place once", () => {
  const published = (id: string, cid: string) =>
    makeExecutionRecord("j-1", id, { publication: { type: "ipfs", params: { cid } } });
  const completedBy = (index: number, id: string | undefined) =>
    makePartitionRecord("j-1", { index, completedBy: id });
  const items = resultShapes(
    stored({
      partitions: [
        completedBy(0, "e-a"),
        completedBy(1, "e-b"),
        completedBy(2, "e-c"),
        completedBy(3, undefined),
      ],
      executions: [published("e-a", "bafyx"), published("e-b", "bafyy"), published("e-c", "bafyx")],
    }),
  );
  expect(items).toEqual([
    { Type: "ipfs", Params: { CID: "bafyx" } },
    { Type: "ipfs", Params: { CID: "bafyy" } },
  ]);
});

test("executionShape() tells the image that ran, and what the node says of the run", () => {
  const told = {
    ...proposal,
    truncated: ["stdout" as const],
    image: "ubuntu@sha256:ab",
    notes: ["2 sockets were left out"],
  };
  const execution = makeExecutionRecord("j-1", "e-1", { state: "published", proposal: told });
  expect(executionShape(execution, stored())["ComputeState"]).toMatchObject({
    Message: "stdout was cut off: more was printed than is kept; 2 sockets were left out",
    Details: { Image: "ubuntu@sha256:ab" },
  });
});

test("executionShape() tells where a result is unless that was found bad, and a URL once it was checked", () => {
  const shown = (publication: Spec, retrievable: boolean | undefined): unknown =>
    executionShape(
      makeExecutionRecord("j-1", "e-1", { state: "published", publication, retrievable }),
      stored(),
    )["PublishedResult"];
  const none = { Type: "", Params: {} };
  const ipfs = { type: "ipfs", params: { cid: "bafyx" } };
  const local = { type: "urlDownload", params: { url: "http://node/results/x.tar.gz", cid: "bafyx" } };
  expect(shown(ipfs, undefined)).toEqual({ Type: "ipfs", Params: { CID: "bafyx" } });
  expect(shown(ipfs, false)).toEqual(none);
  expect(shown(local, undefined)).toEqual(none);
  expect(shown(local, false)).toEqual(none);
  expect(shown(local, true)).toEqual({
    Type: "urlDownload",
    Params: { URL: "http://node/results/x.tar.gz", CID: "bafyx" },
  });
});
