import fc from "fast-check";
import { expect, test } from "vitest";
import { JOBS } from "./contract-jobs.ts";
import { decodeAs } from "./go-decode.ts";
import { send } from "./raw-http.ts";

const RUNS = 150;
/** So that most documents are taken, what is odd is rare. */
const ODD = [null, "", 0, 1.5, -1, true, "text", [], {}, [null], [1], { a: 1 }];
const NAMESPACE = "odd-documents";

/** One of `good`, or now and then nothing, or something odd. */
const field = (...good: readonly unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...good) },
    { weight: 4, arbitrary: fc.constantFrom(undefined, null) },
    { weight: 1, arbitrary: fc.constantFrom(...ODD) },
  );

const task = fc.record({
  Name: field("main", "my task"),
  Engine: fc.constant({ Type: "noop", Params: { Stdout: "x", Odd: 1.5 } }),
  Publisher: field({ Type: "ipfs" }, { Type: "ipfs", Params: null }, { Type: null }, {}),
  Env: field({ A: "1" }),
  Meta: field({ a: "1" }),
  InputSources: field([
    { Source: { Type: "inline", Params: { URL: "data:,x" } }, Alias: null, Target: "/x" },
  ]),
  ResultPaths: field([{ Name: "outputs", Path: "/outputs" }]),
  Resources: field({ CPU: 0.1, Memory: 1_000_000 }, { CPU: "100m", GPU: null }, { Disk: 1e6 }),
  Network: field(
    { Type: "None", Ports: [{ Name: "web", Static: 1.0 }] },
    { Type: null, Domains: null },
    { Ports: [{}] },
  ),
  Timeouts: field({ TotalTimeout: 60, ExecutionTimeout: null }, { QueueTimeout: 1e2 }),
});

const document = fc.record({
  ID: field("j-mine"),
  Namespace: fc.constant(NAMESPACE),
  Type: field("batch", "BATCH"),
  Priority: field(0, 5, -3),
  Count: field(1),
  Constraints: field(
    [{ Key: "a", Operator: "!=", Values: ["b"] }],
    [{ Key: "a", Operator: "!", Values: null }],
  ),
  Meta: field({ "gadus/verifier": "none" }),
  Labels: field({ a: "b" }),
  Tasks: fc.tuple(task),
  State: field({ StateType: 3 }, "Running"),
  Version: field(1.5, 7),
  Revision: field(2),
  CreateTime: field(1.79e18, 1),
  ModifyTime: field(5),
  Deal: field({ Concurrency: 2 }, { MinBids: null }),
  Verifier: field({ Type: "none" }),
});

test("whatever a document says that is taken, Bacalhau's command decodes what is shown of it", async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(document, async (Job) => {
      const { status, text } = await send("PUT", JOBS, { body: { Job } });
      if (status !== 200) {
        decodeAs("APIError", text);
        return;
      }
      taken += 1;
      const { JobID } = decodeAs("PutJob", text);
      decodeAs("GetJob", (await send("GET", `${JOBS}/${String(JobID)}?include=executions,history`)).text);
    }),
    { numRuns: RUNS },
  );
  expect(taken).toBeGreaterThan(RUNS / 5);
  decodeAs("ListJobs", (await send("GET", `${JOBS}?namespace=${NAMESPACE}&limit=1000`)).text);
});
