import { describe, expect, test } from "vitest";
import { type HistoryItem, JOBS, noop, run, submit, untilOver, untilState } from "./contract-jobs.ts";
import { EXECUTION_ID, get, ISO_TIME, NODE_ID, REQUEST_ID, send } from "./raw-http.ts";

interface Page {
  readonly Items: readonly HistoryItem[];
  readonly NextToken: string;
}

const history = async (jobId: string, query = ""): Promise<Page> =>
  (await get(`${JOBS}/${jobId}/history?${query}`)) as Page;
const topicsOf = (items: readonly HistoryItem[]) => items.map(({ Event }) => Event.Topic);

describe("GET /orchestrator/jobs/:id/history", () => {
  test("answers {Items, NextToken}, each event with all of its keys, in the order of SeqNum", async () => {
    const jobId = await run(noop());
    const { Items, NextToken } = await history(jobId);
    expect(NextToken).toBe("");
    expect(Items[0]).toEqual({
      SeqNum: expect.any(Number),
      Type: "JobLevel",
      JobID: jobId,
      JobVersion: 1,
      ExecutionID: "",
      Event: { Message: "Job submitted", Topic: "job/submitted", Timestamp: ISO_TIME, Details: {} },
      Time: ISO_TIME,
    });
    expect(Items.find(({ Event }) => Event.Topic === "execution/asked")).toEqual({
      SeqNum: expect.any(Number),
      Type: "ExecutionLevel",
      JobID: jobId,
      JobVersion: 1,
      ExecutionID: EXECUTION_ID,
      Event: {
        Message: "Asked for a bid",
        Topic: "execution/asked",
        Timestamp: ISO_TIME,
        Details: { node: NODE_ID, partition: "0", state: "asked" },
      },
      Time: ISO_TIME,
    });
    const numbers = Items.map(({ SeqNum }) => SeqNum);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(topicsOf(Items).at(-1)).toBe("job/completed");
  });

  test("details are texts, whatever they tell", async () => {
    const { Items } = await history(await run(noop({ Stdout: "x" }, { Deal: { Concurrency: 3 } })));
    const details = Items.flatMap(({ Event }) =>
      Object.values((Event as { Details?: Readonly<Record<string, unknown>> }).Details ?? {}),
    );
    expect(details.length).toBeGreaterThan(0);
    expect(details.filter((value) => typeof value !== "string")).toEqual([]);
  });

  test("its token is never empty while the job is live, also where nothing is new, and empty once all was read", async () => {
    const jobId = await submit(noop({ DurationMs: 600_000 }));
    await untilState(jobId, 6);
    let token = "";
    let length: number;
    do {
      const page = await history(jobId, `limit=2&next_token=${token}`);
      length = page.Items.length;
      token = page.NextToken;
      expect(token).not.toBe("");
    } while (length > 0);
    expect(await history(jobId, `limit=2&next_token=${token}`)).toEqual({ Items: [], NextToken: token });
    await send("DELETE", `${JOBS}/${jobId}`);
    const rest = await untilOver(jobId);
    expect(topicsOf(rest).at(-1)).toBe("job/stopped");
    expect((await history(jobId)).NextToken).toBe("");
    const full = (await history(jobId)).Items.length;
    expect((await history(jobId, `limit=${full - 1}`)).NextToken).not.toBe("");
  });

  test("a client that polls until the token is empty reads every event once", async () => {
    const jobId = await submit(noop({ DurationMs: 300 }, { Count: 2 }));
    const polled = await untilOver(jobId);
    expect(polled).toEqual((await history(jobId)).Items);
  });

  test.each([
    ["event_type=job", ["JobLevel"]],
    ["event_type=execution", ["ExecutionLevel"]],
    ["event_type=all", ["ExecutionLevel", "JobLevel"]],
    ["event_type=", ["ExecutionLevel", "JobLevel"]],
  ])("%s answers events of %j", async (query, types) => {
    const { Items } = await history(await run(noop()), query);
    expect([...new Set(Items.map(({ Type }) => Type))].toSorted()).toEqual(types);
  });

  test("execution_id answers the events of one execution", async () => {
    const jobId = await run(noop());
    const id = (await history(jobId)).Items.find(({ ExecutionID }) => ExecutionID !== "")?.ExecutionID ?? "";
    const { Items } = await history(jobId, `execution_id=${id}`);
    expect(new Set(Items.map(({ ExecutionID }) => ExecutionID))).toEqual(new Set([id]));
  });

  test("job_version answers the events of one version, absent is the latest, and all_job_versions all", async () => {
    const jobId = await run(noop());
    await send("PUT", `${JOBS}/${jobId}/rerun`, { body: { JobVersion: 0, Reason: "" } });
    await untilOver(jobId);
    const versions = async (query: string) => [
      ...new Set(
        (await history(jobId, query)).Items.map(
          (item) => (item as unknown as { JobVersion: number }).JobVersion,
        ),
      ),
    ];
    expect(await versions("")).toEqual([2]);
    expect(await versions("job_version=0")).toEqual([2]);
    expect(await versions("job_version=1")).toEqual([1]);
    expect(await versions("all_job_versions=true")).toEqual([1, 2]);
  });

  test("since answers what happened from that second on", async () => {
    const jobId = await run(noop());
    expect((await history(jobId, "since=1000000000")).Items).toEqual((await history(jobId)).Items);
    expect(await history(jobId, "since=9000000000")).toEqual({ Items: [], NextToken: "" });
  });

  test("what is no event_type, or no token, is refused by name", async () => {
    const jobId = await run(noop());
    const token = await send("GET", `${JOBS}/${jobId}/history?next_token=tampered`);
    expect([token.status, token.body]).toEqual([
      400,
      {
        Status: 400,
        Message:
          "Cannot use next_token: no page of this history ended there; pass the NextToken of the page before, unchanged",
        RequestID: REQUEST_ID,
        Code: "node/invalid-request",
        Component: "node",
        Hint: "Correct next_token.",
        Details: { Field: "next_token" },
      },
    ]);
    expect(await send("GET", `${JOBS}/${jobId}/history?event_type=weather`)).toMatchObject({
      status: 400,
      body: { Details: { Field: "event_type" } },
    });
  });
});
