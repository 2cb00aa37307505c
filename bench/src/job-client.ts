import { Agent, type IncomingMessage, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { parseEventStream } from "@gadus/client/parse-event-stream";
import type { CallOptions } from "@gadus/protocol";
import { messageOf } from "@gadus/protocol/coded-error";
import { BenchError } from "./bench-error.ts";

/** A job as it is sent, made ready once: sending must not be what is measured. */
export type JobBody = Buffer;

/** Submits jobs and waits for them. */
export interface JobClient {
  /** Settles once the job is `Completed`, its results published, as one stream of all jobs' events says. */
  run(body: JobBody): Promise<void>;
  /** Submits the job, as often as it is told to come back, and answers how it ended, whichever way that is. */
  end(body: JobBody): Promise<JobEnd>;
  /** The same as `run`, but learns of the end by asking every 5 ms. */
  runPolling(body: JobBody): Promise<void>;
  close(): void;
}

const POLL_MS = 5;
/** What `Retry-After` says. */
const RETRY_MS = 1000;

/** How a job ended: the last part of its topic, such as `completed`, and why. */
export interface JobEnd {
  readonly status: string;
  readonly message: string;
}

const ENDS = new Set(["job/completed", "job/failed", "job/stopped"]);

/**
 * Connects to the requester at `api`; settles once its stream of events has begun.
 *
 * The calls throw {@link BenchError} `bench/job-not-completed`, `bench/request-refused`, `bench/overloaded`,
 * `bench/stream-ended`.
 */
export async function openJobClient(api: string, { signal }: CallOptions = {}): Promise<JobClient> {
  const agent = new Agent({ keepAlive: true });
  const base = `${api}/api/v1/orchestrator`;
  const stream = await send(agent, "GET", `${base}/events`);
  const ends = makeEnds();
  follow(stream, ends.settle).then(
    () => ends.fail(),
    (cause: unknown) => ends.fail(cause),
  );
  const submit = async (body: JobBody): Promise<string> => {
    signal?.throwIfAborted();
    const answer = await send(agent, "PUT", `${base}/jobs`, body);
    return ((await readJson(answer)) as { readonly JobID: string }).JobID;
  };
  return {
    run: async (body) => {
      const jobId = await submit(body);
      check(jobId, await ends.of(jobId));
    },
    end: async (body) => {
      for (;;) {
        try {
          return await ends.of(await submit(body));
        } catch (error) {
          if (!(error instanceof BenchError) || error.code !== "bench/overloaded") throw error;
          await delay(RETRY_MS, undefined, { signal });
        }
      }
    },
    runPolling: async (body) => {
      const jobId = await submit(body);
      for (;;) {
        const answer = await readJson(await send(agent, "GET", `${base}/jobs/${jobId}`));
        const { StateType, Message = "" } = (answer as JobAnswer).Job.State;
        const status = StateType.toLowerCase();
        if (ENDS.has(`job/${status}`)) return check(jobId, { status, message: Message });
        await delay(POLL_MS, undefined, { signal });
      }
    },
    close: () => {
      stream.destroy();
      agent.destroy();
    },
  };
}

interface JobAnswer {
  readonly Job: { readonly State: { readonly StateType: string; readonly Message?: string } };
}

function check(jobId: string, { status, message }: JobEnd): void {
  if (status === "completed") return;
  throw new BenchError(
    "bench/job-not-completed",
    `Cannot measure job ${jobId}: it is ${status} (${message})`,
  );
}

/** The ends of jobs, whichever comes first: the job's end, or who waits for it. */
function makeEnds() {
  const ends = new Map<string, PromiseWithResolvers<JobEnd>>();
  let over: BenchError | undefined;
  const entry = (jobId: string): PromiseWithResolvers<JobEnd> => {
    const known = ends.get(jobId) ?? Promise.withResolvers<JobEnd>();
    ends.set(jobId, known);
    return known;
  };
  return {
    settle: (jobId: string, end: JobEnd): void => entry(jobId).resolve(end),
    of: async (jobId: string): Promise<JobEnd> => {
      if (over !== undefined) throw over;
      const end = await entry(jobId).promise;
      ends.delete(jobId);
      return end;
    },
    fail: (cause?: unknown): void => {
      const why = cause === undefined ? "the stream of events ended" : messageOf(cause);
      over = new BenchError("bench/stream-ended", `Cannot wait for jobs: ${why}`, { cause });
      for (const waiting of ends.values()) waiting.reject(over);
    },
  };
}

async function follow(stream: IncomingMessage, settle: (jobId: string, end: JobEnd) => void): Promise<void> {
  for await (const { event, data } of parseEventStream(stream)) {
    if (!ENDS.has(event)) continue;
    const item = JSON.parse(data) as {
      readonly JobID: string;
      readonly Event?: { readonly Message?: string };
    };
    settle(item.JobID, { status: event.slice("job/".length), message: item.Event?.Message ?? "" });
  }
}

function send(agent: Agent, method: string, url: string, body?: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined ? {} : { "content-type": "application/json", "content-length": body.length };
    const sent = request(url, { agent, method, headers }, (answer) => {
      if (answer.statusCode === 200) return resolve(answer);
      readText(answer).then((text) => {
        const why = `${answer.statusCode} ${text}`;
        const code = answer.statusCode === 429 ? "bench/overloaded" : "bench/request-refused";
        reject(new BenchError(code, `Cannot ${method} ${url}: ${why}`));
      }, reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function readText(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

async function readJson(answer: IncomingMessage): Promise<unknown> {
  return JSON.parse(await readText(answer));
}
