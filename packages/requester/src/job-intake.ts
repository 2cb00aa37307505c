import type { JobDocument, ParsedJob } from "@gadus/protocol";
import { newId } from "@gadus/protocol";
import { diffDocuments } from "./diff-documents.ts";
import { unknownJob } from "./find-job.ts";
import { JobDraft, type Note } from "./job-draft.ts";
import { LiveJob, type LiveJobPorts } from "./live-job.ts";
import { OneAtATime } from "./one-at-a-time.ts";
import { type PreparedJob, prepareJob, type PreparePorts, readJob } from "./prepare-job.ts";
import { type NextVersion, renewJob } from "./renew-job.ts";
import { RequesterError } from "./requester-error.ts";
import type { TaskResolver } from "./resolve-task.ts";
import type { JobVersion } from "./store.ts";

/** What a submitter gets back once the job, or its new version, is durable. */
export interface Submission {
  readonly jobId: string;
  readonly jobVersion: number;
  readonly warnings: readonly string[];
}

/** What jobs are taken in with. */
export interface IntakePorts extends PreparePorts {
  readonly resolver: TaskResolver;
  /** Every job that isn't closed: what is taken in is added. */
  readonly jobs: Map<string, LiveJob>;
  readonly livePorts: LiveJobPorts;
  /** @throws {RequesterError} `requester/stopped` */
  readonly checkRunning: (action: string) => void;
}

/** Takes jobs in, and new versions of those that are there. */
export class JobIntake {
  readonly #ports: IntakePorts;
  /** A name's submissions come one after the other, so that each sees what the one before made. */
  readonly #turns = new OneAtATime();
  /** Submissions that aren't jobs yet. */
  #submitting = 0;

  constructor(ports: IntakePorts) {
    this.#ports = ports;
  }

  /**
   * Takes a job, or a new version of the one that has its name; one that changes nothing only with `force`.
   *
   * @throws {ProtocolError} `protocol/invalid-document`
   * @throws {RequesterError} `requester/unchanged`, `requester/overloaded`, `requester/stopped`
   */
  async submit(value: unknown, force: boolean): Promise<Submission> {
    this.#checkOpen();
    const parsed = readJob(value, this.#ports);
    if (parsed.spec.name === "") return this.#add(parsed);
    return this.#turns.run(keyOf(parsed.spec), () => this.#addOrUpdate(parsed, force));
  }

  /** Begins a version of the job with the document of `version`, which is one of it. */
  async rerun(
    { job: { jobId, spec, jobVersion }, document }: JobVersion,
    reason: string,
  ): Promise<Submission> {
    const parsed = readJob(document, this.#ports);
    return this.#turns.run(keyOf({ namespace: spec.namespace, name: spec.name || jobId }), async () => {
      const why = reason === "" ? "" : `: ${reason}`;
      const message = `Run again as version ${jobVersion} was${why}`;
      return this.#update(await this.#latest(jobId), parsed, { topic: "job/rerun", message });
    });
  }

  /** What submitting `value` would change, as {@link diffDocuments} tells it. */
  async diff(value: unknown): Promise<{ readonly diff: string; readonly warnings: readonly string[] }> {
    const { document, spec, warnings } = readJob(value, this.#ports);
    const jobId = await this.#named(spec);
    const former = jobId === undefined ? undefined : await this.#ports.store.document(jobId);
    return { diff: diffDocuments(former && named(former, jobId), document), warnings };
  }

  async #addOrUpdate(parsed: ParsedJob, force: boolean): Promise<Submission> {
    const jobId = await this.#named(parsed.spec);
    if (jobId === undefined) return this.#add(parsed);
    const latest = await this.#latest(jobId);
    if (!force && diffDocuments(named(latest.document, jobId), parsed.document) === "")
      throw unchanged(latest);
    return this.#update(latest, parsed, { topic: "job/updated", message: "Job updated" });
  }

  /** The job that has this name: one that was given none goes by its id, as clients see it. */
  async #named({ namespace, name }: JobName): Promise<string | undefined> {
    const { store, jobs } = this.#ports;
    if (name === "") return undefined;
    const jobId = await store.named(namespace, name);
    if (jobId !== undefined) return jobId;
    const job = (jobs.get(name)?.view ?? (await store.job(name)))?.job;
    return job?.namespace === namespace && job.spec.name === "" ? job.jobId : undefined;
  }

  async #add(parsed: ParsedJob): Promise<Submission> {
    const { randomness, jobs, livePorts } = this.#ports;
    const jobId = newId("j", randomness);
    const { view, document, warnings } = await this.#prepare(parsed, { jobId, jobVersion: 1 });
    const draft = JobDraft.of(view, document, view.job.createdAtMs);
    draft.note({ topic: "job/submitted", message: "Job submitted" });
    const live = new LiveJob(view, livePorts, draft);
    jobs.set(jobId, live);
    try {
      await live.change();
    } catch (error) {
      jobs.delete(jobId);
      throw error;
    }
    return { jobId, jobVersion: 1, warnings };
  }

  async #update(latest: JobVersion, parsed: ParsedJob, note: Note): Promise<Submission> {
    const { jobId } = latest.job;
    const jobVersion = latest.job.jobVersion + 1;
    const { view, document, warnings } = await this.#prepare(parsed, { jobId, jobVersion });
    await this.#renew({ view, document, formerDocument: latest.document, note });
    return { jobId, jobVersion, warnings };
  }

  async #prepare(
    parsed: ParsedJob,
    identity: { readonly jobId: string; readonly jobVersion: number },
  ): Promise<PreparedJob> {
    this.#submitting += 1;
    const { resolver, checkRunning } = this.#ports;
    const prepared = await prepareJob(parsed, identity, resolver, this.#ports).finally(() => {
      this.#submitting -= 1;
    });
    checkRunning("take the job");
    return prepared;
  }

  /** Begins a version of a job, be the job closed or not; settles once that is durable. */
  async #renew(next: NextVersion): Promise<void> {
    const { jobId } = next.view.job;
    const { jobs, checkRunning } = this.#ports;
    let isDone = false;
    let isWanted = true;
    while (!isDone) {
      checkRunning(`update job ${jobId}`);
      const open = jobs.get(jobId);
      const live = open ?? (await this.#reopen(jobId));
      try {
        await live.change(async (draft, context) => {
          // One that has closed meanwhile is no one's any more: it is opened again.
          if (!isWanted || (draft.job.closed && live === open)) return;
          await renewJob(next, { draft, context, ports: this.#ports });
          draft.tasks.push(() => {
            isDone = true;
          });
        });
      } catch (error) {
        // A step that failed is done again; its submitter was told that it isn't.
        isWanted = false;
        if (!isDone) throw error;
      } finally {
        if (live.view.job.closed && jobs.get(jobId) === live) jobs.delete(jobId);
      }
    }
  }

  async #reopen(jobId: string): Promise<LiveJob> {
    const { store, jobs, livePorts } = this.#ports;
    const view = await store.job(jobId);
    if (view === undefined) throw unknownJob(jobId);
    const live = new LiveJob(view, livePorts);
    jobs.set(jobId, live);
    return live;
  }

  async #latest(jobId: string): Promise<JobVersion> {
    const { store, jobs } = this.#ports;
    const job = jobs.get(jobId)?.view.job ?? (await store.job(jobId))?.job;
    const document = await store.document(jobId);
    if (job === undefined || document === undefined) throw unknownJob(jobId);
    return { job, document };
  }

  /** Refuses a job where there is no place for it, or where it wouldn't be seen to. */
  #checkOpen(): void {
    const { jobs, options, checkRunning } = this.#ports;
    checkRunning("take the job");
    if (jobs.size + this.#submitting >= options.maxLiveJobs) {
      const state = `${options.maxLiveJobs} jobs are not finished, the most allowed`;
      throw new RequesterError("requester/overloaded", `Cannot take the job: ${state}`, {
        hint: "Try again later.",
      });
    }
  }
}

interface JobName {
  readonly namespace: string;
  readonly name: string;
}

/** A document as its job is shown. */
function named(document: JobDocument, jobId: string | undefined): JobDocument {
  return { ...document, Name: document.Name || jobId };
}

function keyOf({ namespace, name }: JobName): string {
  return JSON.stringify([namespace, name]);
}

function unchanged({ job }: JobVersion): RequesterError {
  const { namespace, jobId, jobVersion, spec } = job;
  const state = `it says what version ${jobVersion} of job ${jobId} says, which has this name in namespace "${namespace}"`;
  return new RequesterError("requester/unchanged", `Cannot update job "${spec.name || jobId}": ${state}`, {
    field: "Job.Name",
    hint: "Change the document, or send Force: true to run it again as a new version.",
  });
}
