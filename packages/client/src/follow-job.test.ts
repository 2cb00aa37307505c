import { describe, expect, test } from "vitest";
import type { ApiJob, ApiJobView } from "./api-types.ts";
import { ClientError } from "./client-error.ts";
import { followJob, type JobSource } from "./follow-job.ts";
import type { ServerSentEvent } from "./parse-event-stream.ts";

/** An API whose job is at `view()`, and whose event streams are each what `stream` yields. */
function fakeApi(
  view: () => ApiJobView,
  stream: (attempt: number, lastEventId: string | undefined) => AsyncIterable<ServerSentEvent>,
): JobSource {
  let attempt = 0;
  return {
    job: () => Promise.resolve(view()),
    async *events(_id: string, { opened, lastEventId }: Parameters<JobSource["events"]>[1]) {
      attempt += 1;
      const events = stream(attempt, lastEventId);
      opened?.();
      yield* events;
    },
  };
}

function job(state: string): ApiJobView {
  const Job = { ID: "j", State: { StateType: state } } as ApiJob;
  return { Job, Executions: { Items: [], NextToken: "" } };
}

const gone = new ClientError("client/unreachable", "gone");
const event = (id: string): ServerSentEvent => ({ id, event: "message", data: "{}" });

// oxlint-disable-next-line require-yield
async function* forever(signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

describe("followJob()", () => {
  test("settles at once with a job that has ended before anyone followed it", async () => {
    const stop = new AbortController();
    const api = fakeApi(
      () => job("Completed"),
      () => forever(stop.signal),
    );
    expect(await followJob(api, "j", { all: false, onView: () => {} })).toEqual(job("Completed"));
    stop.abort();
  });

  test("reads the job anew after each event, and shows each view", async () => {
    const states = ["Pending", "Running", "Failed"];
    const seen: (string | undefined)[] = [];
    const next = Promise.withResolvers<void>();
    const api = fakeApi(
      () => job(states.shift() ?? "Failed"),
      async function* () {
        yield event("1");
        await next.promise;
        yield event("2");
      },
    );
    const ended = await followJob(api, "j", {
      all: false,
      onView: (view) => {
        seen.push(view.Job.State?.StateType);
        next.resolve();
      },
    });
    expect(ended).toEqual(job("Failed"));
    expect(seen.at(-1)).toBe("Failed");
    expect(seen.length).toBeGreaterThan(1);
  });

  test("comes back after the API was away, and resumes after the last event", async () => {
    let state = "Running";
    const resumed: (string | undefined)[] = [];
    const api = fakeApi(
      () => job(state),
      async function* (attempt, lastEventId) {
        resumed.push(lastEventId);
        if (attempt === 1) yield event("41");
        if (attempt < 3) throw gone;
        state = "Completed";
        yield event("42");
      },
    );
    expect((await followJob(api, "j", { all: false, onView: () => {} })).Job.State?.StateType).toBe(
      "Completed",
    );
    expect(resumed).toEqual([undefined, "41", "41"]);
  });

  test("begins anew where the API has removed events after the last one", async () => {
    let state = "Running";
    const resumed: (string | undefined)[] = [];
    const forgotten = new ClientError("client/not-found", "removed", {
      status: 410,
      apiCode: "requester/forgotten-events",
    });
    const api = fakeApi(
      () => job(state),
      async function* (attempt, lastEventId) {
        resumed.push(lastEventId);
        if (attempt === 1) yield event("41");
        if (attempt === 2) throw forgotten;
        if (attempt < 3) throw gone;
        state = "Completed";
        yield event("99");
      },
    );
    expect((await followJob(api, "j", {})).Job.State?.StateType).toBe("Completed");
    expect(resumed).toEqual([undefined, "41", undefined]);
  });

  test("rejects with what is wrong with the job's id", async () => {
    const missing = new ClientError("client/not-found", "no such job");
    const api = fakeApi(
      () => {
        throw missing;
      },
      // oxlint-disable-next-line require-yield
      async function* () {
        await Promise.resolve();
        throw missing;
      },
    );
    await expect(followJob(api, "j", { all: false, onView: () => {} })).rejects.toBe(missing);
  });

  test("rejects with the signal's reason", async () => {
    const stop = new AbortController();
    const api = fakeApi(
      () => job("Running"),
      // oxlint-disable-next-line require-yield
      async function* () {
        await Promise.resolve();
        stop.abort(new Error("enough"));
        throw gone;
      },
    );
    const followed = followJob(api, "j", { all: false, onView: () => {}, signal: stop.signal });
    await expect(followed).rejects.toThrow("enough");
  });
});
