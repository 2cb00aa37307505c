import { authorOf, type CallOptions, type JobDocument, type Message } from "@gadus/protocol";
import { describePlacement, type PlacementReport } from "./describe-placement.ts";
import { JobDesk } from "./job-desk.ts";
import type { Submission } from "./job-intake.ts";
import { NodeTable, type NodeView } from "./node-table.ts";
import { DEFAULT_REQUESTER_OPTIONS } from "./options.ts";
import type { LogEntry } from "./read-execution-logs.ts";
import { type LogWish, readLogs } from "./read-logs.ts";
import type { JobEventRecord, JobRecord } from "./records.ts";
import type { Reputation } from "./reputation.ts";
import { ReputationTable } from "./reputation-table.ts";
import type { RequesterPorts } from "./requester-ports.ts";
import { DEFAULT_STRATEGIES } from "./selection-strategies.ts";
import type { EventQuery, JobQuery, JobVersion, JobView, Page } from "./store.ts";

/** Takes jobs, places them, and sees them finished: each job's one custodian. */
export interface Requester {
  /** Reads the store and takes up every job that isn't closed. */
  start(): Promise<void>;
  /** Settles once nothing is being written any more. Jobs stay as they are, to be taken up again. */
  stop(): Promise<void>;
  /**
   * Takes a job; settles once it is durable.
   *
   * One whose name and namespace a job has is the next version of that job: the executions of the version before end
   * by it. It is refused where it changes nothing, unless `force`.
   *
   * @throws {ProtocolError} `protocol/invalid-document`
   * @throws {RequesterError} `requester/unchanged`, `requester/overloaded`, `requester/stopped`
   */
  submit(document: unknown, options?: { readonly force?: boolean }): Promise<Submission>;
  /**
   * Runs a job again as it was at one of its versions, the latest by default: that is its next version.
   *
   * @throws {RequesterError} `requester/unknown-job`, `requester/ambiguous-id`, `requester/unknown-version`
   */
  rerun(
    idOrName: string,
    options?: { readonly jobVersion?: number; readonly reason?: string },
  ): Promise<Submission>;
  /** What submitting `document` would change, as unified text by the paths of fields; empty where nothing. */
  diff(document: unknown): Promise<{ readonly diff: string; readonly warnings: readonly string[] }>;
  /**
   * Ends a job: each of its live executions is cancelled. A job that is over stays as it is.
   *
   * @throws {RequesterError} `requester/unknown-job`, `requester/ambiguous-id`
   */
  stopJob(idOrName: string, reason: string): Promise<void>;
  /**
   * A job by id, unique id prefix, or name, at its latest version or at `jobVersion`.
   *
   * @throws {RequesterError} `requester/unknown-job`, `requester/ambiguous-id`, `requester/unknown-version`
   */
  job(idOrName: string, jobVersion?: number): Promise<JobView>;
  /**
   * Every version of a job that is kept, oldest first.
   *
   * @throws {RequesterError} `requester/unknown-job`, `requester/ambiguous-id`
   */
  versions(idOrName: string): Promise<readonly JobVersion[]>;
  /**
   * Where a job is placed, at its latest version or at `jobVersion`, and why not elsewhere: every node considered.
   *
   * @throws {RequesterError} `requester/unknown-job`, `requester/ambiguous-id`, `requester/unknown-version`
   */
  placement(idOrName: string, jobVersion?: number): Promise<PlacementReport & { readonly job: JobRecord }>;
  jobs(query: JobQuery): Promise<Page<JobRecord & { readonly document: JobDocument }>>;
  events(query: EventQuery): Promise<readonly JobEventRecord[]>;
  /** The greatest event number so far: where to begin to follow. */
  lastSeq(): Promise<number>;
  /** The greatest number of an event that was removed, of a job or of any: who goes on from before it misses some. */
  forgottenSeq(jobId?: string): Promise<number>;
  /** Calls `listener` for every event from now on, once it is durable; answers a function that ends that. */
  onEvent(listener: (event: JobEventRecord) => void): () => void;
  /**
   * What a job's executions print, read from their nodes as it is taken; why something can't be had is an entry too.
   *
   * @throws {RequesterError} `requester/unknown-job`, `requester/ambiguous-id`, `requester/unknown-execution`
   * @throws the signal's reason, if `signal` aborts
   */
  logs(idOrName: string, wish?: LogWish, options?: CallOptions): AsyncIterable<LogEntry>;
  /** Every node that this one knows of. */
  nodes(): readonly NodeView[];
  /** Decides whether a node gets jobs from now on; settles once that is durable. What it has already goes on. */
  decideMembership(nodeId: string, membership: "approved" | "rejected", message?: string): Promise<void>;
  /** Forgets a node, and what was decided of it, unless it is connected; answers whether it is forgotten. */
  forgetNode(nodeId: string): Promise<boolean>;
  /** What this requester saw of a node, as of now; undefined where that is nothing. */
  reputation(nodeId: string): Reputation | undefined;
}

/** A requester on these ports. */
export function createRequester(ports: RequesterPorts): Requester {
  const options = { ...DEFAULT_REQUESTER_OPTIONS, ...ports.options };
  const nodes = new NodeTable(ports.clock, {
    byDefault: options.membership === "open" ? "approved" : "pending",
    own: ports.identity.nodeId,
  });
  const reputations = new ReputationTable(ports.clock, options.reputationHalfLifeMs);
  const strategies = ports.strategies ?? DEFAULT_STRATEGIES;
  const desk = new JobDesk({ ...ports, options, nodes, reputations, strategies });
  let unsubscribe = (): void => {};
  let hearing = false;

  // Until every job is read, an execution that isn't known may well be live: what is missed is told again.
  const hear = (from: string, message: Message): void => {
    if (hearing && authorOf(message) === "compute") desk.hear(from, message);
  };
  return {
    async start() {
      unsubscribe();
      // A node that also computes is a peer of its own.
      const own = {
        nodeId: ports.identity.nodeId,
        address: undefined,
        connectedSinceMs: ports.clock.nowMs(),
      };
      nodes.restart([own, ...ports.transport.peers()]);
      unsubscribe = ports.transport.on({
        message: hear,
        connected: (peer) => {
          nodes.connected(peer);
          if (hearing) desk.greet(peer.nodeId);
        },
        disconnected: (nodeId) => {
          nodes.disconnected(nodeId);
          desk.lookAtNode(nodeId);
        },
        announcement: (author, announcement) => {
          nodes.announced(author, announcement);
          desk.networkChanged(author);
        },
      });
      await desk.start();
      hearing = true;
      for (const peer of [own, ...ports.transport.peers()]) desk.greet(peer.nodeId);
    },
    async stop() {
      unsubscribe();
      hearing = false;
      await desk.stop();
    },
    submit: (document, { force = false } = {}) => desk.intake.submit(document, force),
    rerun: async (idOrName, { jobVersion, reason = "" } = {}) =>
      desk.intake.rerun(await desk.job(idOrName, jobVersion), reason),
    diff: (document) => desk.intake.diff(document),
    stopJob: (idOrName, reason) => desk.stopJob(idOrName, reason),
    job: (idOrName, jobVersion) => desk.job(idOrName, jobVersion),
    versions: (idOrName) => desk.versions(idOrName),
    async placement(idOrName, jobVersion) {
      const view = await desk.job(idOrName, jobVersion);
      const sources = { nodes: nodes.views(), reputationOf: (id: string) => reputations.of(id) };
      return { ...describePlacement(view, sources), job: view.job };
    },
    async jobs(query) {
      const page = await ports.store.listJobs(query);
      const items = page.items.map(async (job) => ({ ...job, document: await desk.document(job.jobId) }));
      return { ...page, items: await Promise.all(items) };
    },
    events: (query) => ports.store.events(query),
    lastSeq: () => ports.store.lastSeq(),
    forgottenSeq: (jobId) => ports.store.forgottenSeq(jobId),
    onEvent: (listener) => desk.onEvent(listener),
    logs: (idOrName, wish = {}, callOptions = {}) => {
      const sources = {
        stored: (id: string) => desk.stored(id),
        version: (id: string, jobVersion: number) => desk.job(id, jobVersion),
        execution: (id: string) => ports.store.execution(id),
        onEvent: (listener: (event: JobEventRecord) => void) => desk.onEvent(listener),
      };
      return readLogs({ ...ports, ...sources }, idOrName, wish, callOptions);
    },
    nodes: () => nodes.views(),
    async decideMembership(nodeId, membership, message = "") {
      const atMs = ports.clock.nowMs();
      await ports.store.commit([
        { kind: "membership", nodeId, record: { nodeId, membership, message, atMs } },
      ]);
      nodes.decided(nodeId, membership);
      desk.networkChanged(nodeId);
    },
    async forgetNode(nodeId) {
      if (!nodes.forget(nodeId)) return false;
      await ports.store.commit([{ kind: "membership", nodeId, record: undefined }]);
      nodes.decided(nodeId, undefined);
      return true;
    },
    reputation: (nodeId) => reputations.of(nodeId),
  };
}
