import { isCodedError, type Message, messageOf } from "@gadus/protocol";
import { DISK_FULL } from "./journaled-store.ts";
import type { JobPart } from "./scenario.ts";
import type { RequesterBody } from "./sim-requester.ts";
import type { Surroundings } from "./surroundings.ts";

/** A job as its submitter knows it. */
export interface Submitted {
  readonly part: JobPart;
  /** What it was answered; undefined where it never was. */
  readonly jobId: string | undefined;
  /** The status that it had when its owner was told that it is stopped; undefined where nobody was. */
  readonly stoppedAs: string | undefined;
}

/** One who submits jobs, and tries again as long as nobody answers. */
export interface Submitter {
  readonly jobs: readonly Submitted[];
  /** Whether each job was answered for, or given up because the answer was lost. */
  readonly done: boolean;
}

const RETRY_MS = 500;
/** A request that has no answer by then was lost with the requester's process. */
const ANSWER_MS = 3_000;

export function createSubmitter(
  { scenario, time, trace, checks, coverage, depot, ears }: Surroundings,
  requesters: ReadonlyMap<string, RequesterBody>,
): Submitter {
  const jobs = scenario.jobs.map((part) => ({
    part,
    jobId: undefined as string | undefined,
    stoppedAs: undefined as string | undefined,
  }));
  const stopping = new Set<string>();
  let open = jobs.length;

  function submit(job: (typeof jobs)[number]): void {
    const role = requesters.get(job.part.requester)?.role();
    let answered = false;
    const later = time.after(ANSWER_MS, () => {
      if (answered) return;
      answered = true;
      open -= 1;
    });
    const again = (error?: unknown): void => {
      noteRefusal(error);
      if (answered) return;
      answered = true;
      later.cancel();
      time.after(RETRY_MS, () => submit(job));
    };
    if (role === undefined) return again();
    trace.note("user", () => `submits ${job.part.name} to ${job.part.requester}`);
    role.submit(documentOf(job.part, depot.inputOf(job.part.name))).then(({ jobId }) => {
      if (answered) return;
      answered = true;
      later.cancel();
      open -= 1;
      job.jobId = jobId;
      trace.note("user", () => `${job.part.name} is ${jobId}`);
    }, again);
  }

  /** A requester may be full, or on its way down; anything else that it throws is a fault in it. */
  function noteRefusal(error: unknown): void {
    if (error === undefined) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
    const isFull = text.includes(DISK_FULL);
    if (isFull) coverage.hit("submission refused by a full disk");
    else if (!isCodedError(error)) checks.fail("nothing throws", text);
    else if (error.code === "requester/overloaded") coverage.hit("submission refused for overload");
    else checks.fail("every submission is taken or refused for overload", text);
  }

  function stop(job: (typeof jobs)[number]): void {
    const role = requesters.get(job.part.requester)?.role();
    const again = (error?: unknown): void => {
      noteRefusal(error);
      time.after(RETRY_MS, () => stop(job));
    };
    if (role === undefined || job.jobId === undefined) {
      again();
      return;
    }
    trace.note("user", () => `stops ${job.jobId}`);
    const { jobId } = job;
    role
      .stopJob(jobId, "its owner wants it no more")
      .then(() => requesters.get(job.part.requester)?.stored().job(jobId))
      .then((view) => {
        job.stoppedAs = view?.job.status;
      }, again);
  }

  async function stopWhen(requester: string, message: Message): Promise<void> {
    if (message.type !== "verify" && message.type !== "publish") return;
    const execution = await requesters.get(requester)?.stored().execution(message.executionId);
    const job = jobs.find(({ jobId }) => jobId !== undefined && jobId === execution?.jobId);
    if (job?.part.stopOn !== message.type || stopping.has(job.part.name)) return;
    stopping.add(job.part.name);
    stop(job);
  }

  if (jobs.some(({ part }) => part.stopOn !== undefined)) {
    ears.push((requester, message) => {
      stopWhen(requester, message).catch((error: unknown) => noteRefusal(error));
    });
  }
  for (const job of jobs) {
    time.after(job.part.atMs, () => submit(job));
    if (job.part.stopAtMs !== undefined) time.after(job.part.stopAtMs, () => stop(job));
  }
  return {
    jobs,
    get done() {
      return open === 0;
    },
  };
}

function documentOf(part: JobPart, inputs: unknown): unknown {
  return {
    Name: part.name,
    Type: "batch",
    Count: part.count,
    Priority: part.priority,
    Tasks: [
      {
        Name: "main",
        Engine: { Type: "noop", Params: { Stdout: part.output, DurationMs: part.durationMs } },
        Publisher: { Type: "memory" },
        Resources: { CPU: `${part.cpuMillis}m`, Memory: `${part.memoryMib}Mi`, Disk: "1Mi" },
        ...(inputs !== undefined && { InputSources: inputs }),
        Timeouts: { QueueTimeout: part.queueTimeoutS },
      },
    ],
    Deal: {
      Concurrency: part.concurrency,
      MinBids: part.minBids,
      Confidence: part.confidence,
      Selection: part.selection,
    },
    Verifier: { Type: part.verifier },
  };
}
