import { expect, test } from "vitest";
import { wasmJob } from "../jobs.ts";
import { executionsOf, JOBS, run } from "./contract-jobs.ts";
import { send } from "./raw-http.ts";

/** The environment that `partition` of a job saw, as its module printed it. */
async function environmentOf(jobId: string, partition = ""): Promise<readonly string[]> {
  const { status, text } = await send(
    "GET",
    `${JOBS}/${jobId}/results/download.tar.gz?path=${partition}stdout`,
  );
  expect([status, text]).toEqual([200, expect.any(String)]);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .toSorted();
}

const ofJob = (jobId: string, partition: number, count: number): readonly string[] =>
  ["BACALHAU", "GADUS"].flatMap((prefix) => [
    `${prefix}_JOB_ID=${jobId}`,
    `${prefix}_JOB_TYPE=batch`,
    `${prefix}_PARTITION_COUNT=${count}`,
    `${prefix}_PARTITION_INDEX=${partition}`,
  ]);

test("an execution's environment names its job, type and partition under BACALHAU_ and GADUS_; verified, not itself", async () => {
  const jobId = await run(wasmJob("environ", {}, { Env: { FRUIT: "apple" } }));
  expect(await environmentOf(jobId)).toEqual([...ofJob(jobId, 0, 1), "FRUIT=apple"].toSorted());
});

test("each partition sees its own index, and how many there are", async () => {
  const jobId = await run(wasmJob("environ", { Count: 2 }));
  for (const index of [0, 1])
    expect(await environmentOf(jobId, `partition-${index}/`)).toEqual(ofJob(jobId, index, 2));
});

test("an execution that nobody verifies sees its id too", async () => {
  const jobId = await run(wasmJob("environ", { Meta: { "gadus/verifier": "none" } }));
  const [published] = (await executionsOf(jobId)).filter(({ ComputeState }) => ComputeState.StateType === 9);
  const own = [`BACALHAU_EXECUTION_ID=${published?.ID}`, `GADUS_EXECUTION_ID=${published?.ID}`];
  expect(await environmentOf(jobId)).toEqual([...ofJob(jobId, 0, 1), ...own].toSorted());
});
