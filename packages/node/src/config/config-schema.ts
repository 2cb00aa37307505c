import { DEFAULT_REQUESTER_OPTIONS } from "@gadus/requester/options";
import { z } from "zod";
import { authConfig, corsConfig, tlsConfig } from "../api/api-auth-schema.ts";
import { cpu, size } from "./config-quantity.ts";
import { containerConfig, dockerConfig } from "./docker-config.ts";
import { localPublisherConfig } from "./local-publisher-config.ts";
import { wasmConfig } from "./wasm-config.ts";

const DAY_MS = 86_400_000;

const text = z.string().min(1).max(4096);
const texts = z.array(text).max(256);
const durationMs = z
  .number()
  .int()
  .min(0)
  .max(365 * DAY_MS);
/** A limit that ends what takes longer: none can be kept that is 0. */
const limitMs = durationMs.min(1);
const positive = z.number().int().min(1);
const api = z.strictObject({
  host: text
    .default("127.0.0.1")
    .describe("Address that the HTTP API listens on; beyond loopback, whoever uses it needs a key."),
  port: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(1234)
    .describe("Port of the HTTP API; 0 takes any free one."),
  maxBodySize: size.prefault("16Mi").describe("The longest request body, uploads apart."),
  maxUploadSize: size.prefault("10Gi").describe("The largest file that `PUT /orchestrator/blobs` takes."),
  maxConnections: positive.default(1024).describe("Connections at one time; those beyond are answered 429."),
  maxBodies: positive
    .default(512)
    .describe(
      "Requests with a body that are received or worked on at one time; those beyond are answered 429.",
    ),
  maxBodiesSize: size
    .prefault("64Mi")
    .describe("Bytes of their bodies together, those of up to 64 KiB apart; those beyond are answered 429."),
  maxEventStreams: positive.default(256).describe("Clients that follow events at one time."),
  maxRequestRate: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe(
      "Requests a second of one client (a key, or an address without one); those beyond are answered 429; 0 is any number. Absent: 200, and any number where the API listens on loopback.",
    ),
  requestTimeoutMs: durationMs
    .default(300_000)
    .describe("How long a client may take to send a request, uploads apart."),
  readTimeoutMs: limitMs
    .default(60_000)
    .describe(
      "How long a client may take nothing of what waits for it, an answer, a download or a stream; then it is cut off.",
    ),
  fetchTimeoutMs: durationMs.default(60_000).describe("How long `/ipfs` waits for a block that isn't here."),
  auth: authConfig.prefault({}),
  tls: tlsConfig.prefault({}),
  cors: corsConfig.prefault({}),
});

const network = z.strictObject({
  listen: texts
    .default(["/ip4/0.0.0.0/tcp/4001", "/ip4/0.0.0.0/tcp/4002/ws"])
    .describe("Multiaddrs that other nodes can reach this one at, over TCP or WebSockets."),
  announce: texts
    .default([])
    .describe("Multiaddrs to tell others instead of those above, behind a NAT for example."),
  bootstrap: texts.default([]).describe("Multiaddrs, with peer id, of nodes of the network to join."),
  swarmKey: text
    .optional()
    .describe(
      "The private network's key: the path of a key file, or its text. Absent: a network of its own, open to any.",
    ),
  allowList: texts.optional().describe("Peer ids that may connect. Absent: any that knows the swarm key."),
});

const hostName = z
  .string()
  .regex(
    /^([^\s/@:[\]]{1,253}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i,
    'not a host, such as "files.example.org" or "10.0.0.5:8080"',
  );

const inputs = z.strictObject({
  http: z
    .strictObject({
      enabled: z
        .boolean()
        .optional()
        .describe(
          "Whether this node fetches inputs from any host with a public address. Absent: only without a swarm key. `false`: from no host at all.",
        ),
      allowHosts: z
        .array(hostName)
        .max(256)
        .default([])
        .describe(
          "Hosts, as `host` or `host:port`, that inputs are fetched from all the same, also where their addresses are private.",
        ),
      idleTimeoutMs: limitMs
        .default(30_000)
        .describe("How long a server may send nothing, or less than 16 KiB, before it is given up."),
    })
    .prefault({}),
});

const requesterDefaults = z.strictObject({
  concurrency: positive.optional().describe("`Deal.Concurrency` of a job that doesn't say."),
  minBids: positive.optional().describe("`Deal.MinBids` of a job that doesn't say."),
  confidence: positive.optional().describe("`Deal.Confidence` of a job that doesn't say."),
  selection: z
    .enum(["reputation", "ranked", "random"])
    .default("reputation")
    .describe(
      "`Deal.Selection` of a job that doesn't say: what this node saw of others, who answers and has room, or chance alone.",
    ),
  verifier: text.default("deterministic").describe("Verifier of a job that doesn't say."),
  publisher: text.default("ipfs").describe("Publisher of a job that doesn't say."),
  cpu: cpu.prefault("500m").describe("Cores of an execution that doesn't say."),
  memory: size.prefault("512Mi").describe("Memory of an execution that doesn't say."),
  disk: size.prefault("256Mi").describe("Disk of an execution that doesn't say."),
  fuel: positive
    .default(DEFAULT_REQUESTER_OPTIONS.defaultFuel)
    .describe("Fuel (nearly instructions) of a WebAssembly execution that doesn't say."),
});

/** What the role itself takes where nothing is said. */
const times = DEFAULT_REQUESTER_OPTIONS;

const requester = z.strictObject({
  enabled: z.boolean().default(false).describe("Whether this node takes jobs and sees them finished."),
  defaults: requesterDefaults.prefault({}),
  membership: z
    .enum(["open", "approve"])
    .default("open")
    .describe(
      "Whether nodes get jobs from the start, or once an operator has approved them (`PUT /orchestrator/nodes/:id`).",
    ),
  maxLiveJobs: positive
    .default(times.maxLiveJobs)
    .describe("Jobs that aren't over; beyond it none is taken."),
  bidWindowMs: limitMs
    .default(times.bidWindowMs)
    .describe("How long the nodes asked have to bid, where the job gives no `BidTimeout`."),
  startWithinMs: limitMs
    .default(times.startWithinMs)
    .describe(
      "How long an accepted execution may wait in its node's queue, where the job gives no `StartTimeout`.",
    ),
  executionTimeoutMs: limitMs
    .default(times.executionTimeoutMs)
    .describe("An execution's time where the job gives no `ExecutionTimeout`."),
  proposeMarginMs: limitMs
    .default(times.proposeMarginMs)
    .describe(
      "What a finished run has to write, name and send its result, where the job gives no `ProposeTimeout`.",
    ),
  publishWithinMs: limitMs
    .default(times.publishWithinMs)
    .describe(
      "How long a verified result may take to be published, and a publication to be checked, where the job gives no `PublishTimeout`.",
    ),
  totalTimeoutMs: limitMs
    .default(times.totalTimeoutMs)
    .describe("A job's whole time where it gives no `TotalTimeout`."),
  queueTimeoutMs: durationMs
    .default(times.queueTimeoutMs)
    .describe(
      "How long what can't be placed waits for nodes, where the job gives no `QueueTimeout`; 0: it fails at once.",
    ),
  settleMs: durationMs
    .default(times.settleMs)
    .describe(
      "How long nothing is given up for want of nodes: after a start, and after a job's submission while no node that runs jobs is connected, or one that has just connected has yet to say what it runs.",
    ),
  syncIntervalMs: durationMs
    .min(1)
    .default(times.syncIntervalMs)
    .describe(
      "How often nodes are told how far their executions are here, so that what was lost is repeated.",
    ),
  resolveTimeoutMs: limitMs
    .default(times.resolveTimeoutMs)
    .describe("How long an input has to be found when a job is taken."),
  maxLookups: positive
    .default(times.maxLookups)
    .describe("Inputs that are searched for at one time; the time of others begins with their turn."),
  maxFetchSize: size
    .prefault("1Gi")
    .describe(
      "The longest input behind a URL that this node keeps and serves to others; of longer ones they read ranges themselves.",
    ),
  maxFetches: positive
    .default(times.maxFetches)
    .describe("URLs that are fetched at one time; others wait for their turn."),
  suspectAfterMs: durationMs
    .default(times.suspectAfterMs)
    .describe(
      "How long a node whose connection broke may take to be back before its executions are given up.",
    ),
  retryBackoffMs: durationMs
    .default(times.retryBackoffMs)
    .describe("The pause before a partition is placed again after a failure; it doubles with each."),
  retryBackoffMaxMs: durationMs.default(times.retryBackoffMaxMs).describe("The longest such pause."),
  reaskBackoffMs: durationMs
    .min(1)
    .default(times.reaskBackoffMs)
    .describe(
      "The pause before a node that declined for want of room is asked again for a partition; it doubles each time.",
    ),
  reaskBackoffMaxMs: durationMs.min(1).default(times.reaskBackoffMaxMs).describe("The longest such pause."),
  askFactor: positive.default(times.askFactor).describe("Nodes asked for each bid needed."),
  reputationHalfLifeMs: durationMs
    .min(1)
    .default(times.reputationHalfLifeMs)
    .describe("After this long what was seen of a node counts half."),
  keepFinishedMs: durationMs
    .default(times.keepFinishedMs)
    .describe("How long a finished job keeps its history and the executions that yielded no result."),
  forgetFinishedMs: durationMs
    .default(times.forgetFinishedMs)
    .describe("How long a finished job is kept at all."),
  retryLimit: z
    .number()
    .int()
    .min(0)
    .default(times.retryLimit)
    .describe("Executions accepted beyond `Deal.Concurrency`, a partition."),
});

const resources = {
  cpu: cpu.optional(),
  memory: size.optional(),
  disk: size.optional(),
  gpus: z.number().int().min(0).max(1024).optional(),
};
const capacity = z.strictObject({
  cpu: resources.cpu.describe("Cores for jobs. Absent: all of the machine's."),
  memory: resources.memory.describe("Memory for jobs. Absent: 80 % of the machine's."),
  disk: resources.disk.describe("Disk for jobs. Absent: 80 % of what is free in the data folder."),
  gpus: resources.gpus.describe("GPUs for jobs. Absent: none."),
});
const maxExecution = z.strictObject({
  cpu: resources.cpu.describe("The most cores that one execution may ask for. Absent: the capacity."),
  memory: resources.memory.describe("The most memory that one execution may ask for. Absent: the capacity."),
  disk: resources.disk.describe("The most disk that one execution may ask for. Absent: the capacity."),
  gpus: resources.gpus.describe("The most GPUs that one execution may ask for. Absent: the capacity."),
});

const compute = z.strictObject({
  enabled: z.boolean().default(false).describe("Whether this node bids for executions and runs them."),
  capacity: capacity.prefault({}),
  maxExecution: maxExecution.prefault({}),
  queueLimit: z.number().int().min(0).default(1000).describe("Executions that may wait for their turn."),
  agePerPriorityMs: durationMs
    .default(60_000)
    .describe(
      "How much longer an execution must have waited to run before another of one point more priority.",
    ),
  maxExecutionTimeoutMs: durationMs.default(DAY_MS).describe("The longest that an execution may run."),
  maxFuel: z
    .number()
    .int()
    .min(1)
    .default(100_000_000_000_000)
    .describe("The most fuel (nearly instructions) that a WebAssembly execution may ask for."),
  maxResultSize: size.prefault("10Gi").describe("The largest result of an execution."),
  logs: z
    .enum(["live", "after-verdict"])
    .default("live")
    .describe(
      "When requesters may read what their executions print: as they print it, or once their results are judged.",
    ),
  keepLogsMs: durationMs
    .default(DAY_MS)
    .describe("How long what an execution printed is kept here after its end."),
  maxLogSize: size
    .prefault("1Gi")
    .describe("What logs may take of the disk; those of the executions that ended first are dropped first."),
  engines: z
    .array(z.enum(["wasm", "docker", "noop"]))
    .max(16)
    .default(["wasm", "docker", "noop"])
    .describe("Engines that jobs may use. One that this machine lacks is told of, and gets no jobs."),
  wasm: wasmConfig.prefault({}),
  docker: containerConfig.prefault({}),
  publishers: z.strictObject({ local: localPublisherConfig.prefault({}) }).prefault({}),
  localFolders: texts.default([]).describe("Folders of this machine that jobs may read as `local` inputs."),
  lie: z
    .enum(["none", "wrong-result", "agreeing", "wrong-link"])
    .default("none")
    .meta({ description: "For test networks: return wrong results, or publish wrong links.", hidden: true }),
});

const log = z.strictObject({
  level: z
    .enum(["debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("The least that is logged."),
  format: z.enum(["text", "json"]).default("text").describe("How lines look."),
});

/** All that an operator can set. Every leaf has a description; a leaf with `hidden` stays out of the reference. */
export const configSchema = z.strictObject({
  dataFolder: text.default("~/.gadus").describe("Where this node keeps its key, jobs, blocks and results."),
  api: api.prefault({}),
  network: network.prefault({}),
  labels: z
    .record(z.string().min(1).max(256), z.string().max(256))
    .default({})
    .describe("Labels that jobs' constraints choose nodes by."),
  operator: text.optional().describe("The organisation that runs this node, as it tells others."),
  inputs: inputs.prefault({}),
  docker: dockerConfig.prefault({}),
  requester: requester.prefault({}),
  compute: compute.prefault({}),
  log: log.prefault({}),
});

/** A node's configuration, checked, with every default in place; quantities are in thousandths of a core and bytes. */
export type NodeConfig = z.output<typeof configSchema>;
/** Some of a configuration, as people write it. */
export type ConfigPatch = z.input<typeof configSchema>;
