import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Answer, startTestApi, type TestApi } from "./test-api.ts";

const EVENTS = "/api/v1/orchestrator/events";
const JOB = { Tasks: [{ Name: "main", Engine: { Type: "noop" } }] };

let api: TestApi;
let address: string;
beforeEach(async () => {
  api = await startTestApi();
  address = await api.server.start();
});
afterEach(() => api.stop());

/** Submits a job and stops it; answers its id and its last event once it is over. */
async function finish(): Promise<{ readonly jobId: string; readonly last: number }> {
  const { jobId } = await api.requester.submit(JOB);
  await api.requester.stopJob(jobId, "enough");
  while (!(await api.requester.job(jobId)).job.closed) await nextTurn();
  const events = await api.requester.events({ jobId, afterSeq: 0, limit: 100 });
  return { jobId, last: events.at(-1)?.seq ?? 0 };
}

async function compact(): Promise<void> {
  const nowMs = Date.now() + 1;
  await api.store.compact({ closedBeforeMs: nowMs, nowMs, maxRows: 1_000 });
}

async function begin(lastEventId: number | undefined, jobId?: string): Promise<Response> {
  const headers = lastEventId === undefined ? {} : { "last-event-id": String(lastEventId) };
  return fetch(`${address}${EVENTS}${jobId === undefined ? "" : `?job_id=${jobId}`}`, { headers });
}

/** The topics that come, until one is `last`. */
async function topics(response: Response, last: string): Promise<readonly string[]> {
  let text = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    const found = [...text.matchAll(/^event: (.+)$/gm)].map(([, topic]) => topic ?? "");
    if (found.includes(last)) return found;
  }
  throw new Error(`the stream ended with ${text}`);
}

test("Events that were removed after the last one seen are 410, and not a gap", async () => {
  const old = await finish();
  await compact();
  const response = await begin(old.last - 1);
  expect(response.status).toBe(410);
  expect((await response.json()) as Answer).toMatchObject({
    Status: 410,
    Code: "requester/forgotten-events",
    Message: `Cannot go on after event ${old.last - 1}: events after ${old.last - 1} were removed, up to ${old.last}, with jobs that ended long ago`,
    Hint: "Begin again without Last-Event-ID, and list the jobs.",
    Details: { Field: "last-event-id" },
  });
  expect((await begin(old.last - 1, old.jobId)).status).toBe(410);
});

test("Who saw all that was removed goes on, and so does who follows a job of which nothing was", async () => {
  const old = await finish();
  const other = await api.requester.submit(JOB);
  await compact();
  const [first] = await topics(await begin(old.last), "job/compacted");
  expect(first).toBe("job/submitted");
  expect((await topics(await begin(0, other.jobId), "job/submitted"))[0]).toBe("job/submitted");
  expect(await topics(await begin(undefined, old.jobId), "job/compacted")).toEqual(["job/compacted"]);
});

test("A stream whose next events are removed before it read them breaks off", async () => {
  const { last } = await finish();
  const requester = { ...api.requester };
  Object.assign(api.requester, {
    events: async (query: Parameters<typeof requester.events>[0]) => {
      await compact();
      return requester.events(query);
    },
  });
  const broken = begin(0).then((response) => response.text());
  await expect(broken).rejects.toThrow(/^(terminated|fetch failed)$/);
  expect((await begin(0)).status).toBe(410);
  expect((await begin(last)).status).toBe(200);
});
