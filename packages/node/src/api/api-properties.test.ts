import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { API_OPERATIONS } from "./api-operations.ts";
import { loadConfig, type RunningNode, startNode } from "../index.ts";
import { type ApiDocument, type ApiOperation, readApiDocument } from "./test-api-document.ts";
import { DOCS_FILES } from "./reference-operations.ts";
import type { Answer } from "./test-api.ts";
import { type ApiRequest, type KnownValues, requestsOf } from "./test-api-requests.ts";

/** Requests for each operation, and which; another seed makes others. */
const RUNS = Number(process.env["GADUS_API_RUNS"] ?? 40);
const SEED = Number(process.env["GADUS_API_SEED"] ?? 20_261_128);
const TIME_OUT = { timeout: 60_000, interval: 50 };

const JOB = {
  Type: "batch",
  Verifier: { Type: "none" },
  Labels: { a: "b" },
  Tasks: [
    {
      Name: "main",
      Engine: { Type: "noop", Params: { Stdout: "hello" } },
      Publisher: { Type: "local" },
    },
  ],
};

const agent = new Agent({ keepAlive: true, maxSockets: 4 });
let folder: string;
let node: RunningNode;
let document: ApiDocument;
let known: KnownValues;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gadus-api-properties-"));
  const config = await loadConfig({
    flags: {
      dataFolder: join(folder, "node"),
      api: { port: 0, maxRequestRate: 0 },
      network: { listen: ["/ip4/127.0.0.1/tcp/0"] },
      requester: { enabled: true },
      compute: { enabled: true },
      log: { level: "silent" },
    },
  });
  node = await startNode(config);
  document = readApiDocument(await (await fetch(`${node.apiUrl}/openapi.json`)).text());
  const jobId = await completedJob();
  const keyId = await apiKey();
  known = {
    values: {
      id: [keyId, jobId, "known", jobId.slice(0, 12), node.nodeId, node.nodeId.slice(0, 12)],
      cid: [await blob()],
      archive: [await archive(jobId)],
      method: ["ClientKey"],
      file: Object.keys(DOCS_FILES),
      path: ["stdout", "exitCode"],
      range: ["bytes=0-3", "bytes=-2", "bytes=9-1", "bytes=99-"],
      include: ["executions", "history", "executions,history"],
      job_version: ["1"],
      job_id: [jobId],
      labels: ["a=b", "!c", "d in (e,f)"],
      format: ["car", "raw"],
      "dag-scope": ["all", "entity", "block"],
    },
    bodies: Object.fromEntries(
      ["submitJob", "submitJobByPost", "diffJob"].map((name) => [name, { Job: JOB }]),
    ),
  };
}, 120_000);
afterAll(async () => {
  agent.destroy();
  await node.stop();
  await rm(folder, { recursive: true });
});

/** The last part of the link to a job's results. */
async function archive(jobId: string): Promise<string> {
  const answer = await fetch(`${node.apiUrl}/api/v1/orchestrator/jobs/${jobId}/results`);
  const { Items } = (await answer.json()) as { readonly Items: readonly { Params: { URL: string } }[] };
  return new URL(Items[0]?.Params.URL ?? "").pathname.slice("/results/".length);
}

/** A job that has run, with results. */
async function completedJob(): Promise<string> {
  const jobs = `${node.apiUrl}/api/v1/orchestrator/jobs`;
  const body = JSON.stringify({ Job: { ...JOB, Name: "known" } });
  const answer = await fetch(jobs, { method: "PUT", body });
  const { JobID } = (await answer.json()) as Answer;
  const state = async () => ((await (await fetch(`${jobs}/${JobID}`)).json()) as Answer).Job.State.StateType;
  await vi.waitFor(async () => expect(await state()).toBe("Completed"), TIME_OUT);
  return JobID;
}

async function apiKey(): Promise<string> {
  const body = JSON.stringify({ Name: "known", Right: "read" });
  const answer = await fetch(`${node.apiUrl}/api/v1/auth/keys`, { method: "PUT", body });
  return ((await answer.json()) as { readonly ID: string }).ID;
}

/** A file that the node has, by its CID. */
async function blob(): Promise<string> {
  const answer = await fetch(`${node.apiUrl}/api/v1/orchestrator/blobs`, { method: "PUT", body: "hello" });
  return ((await answer.json()) as Answer).CID;
}

interface Answered {
  readonly status: number;
  readonly type: string;
  readonly requestId: unknown;
  readonly body: string;
}

/** Sends it as it is; of a stream, only how it begins is waited for. */
function send({ method, url, headers, body }: ApiRequest): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(node.apiUrl);
    // A connection that was to become a WebSocket is good for nothing else.
    const connection = { agent: headers["upgrade"] === undefined ? agent : false } as const;
    const framed = { ...headers, ...(body !== undefined && { "content-length": body.length }) };
    const sent = request({ hostname, port, method, path: url, headers: framed, ...connection });
    sent.once("error", reject);
    sent.once("upgrade", (response, socket) => {
      socket.destroy();
      const requestId = response.headers["x-request-id"];
      resolve({ status: response.statusCode ?? 0, type: "", requestId, body: "" });
    });
    sent.once("response", (response) => {
      const type = response.headers["content-type"] ?? "";
      const answered = {
        status: response.statusCode ?? 0,
        type,
        requestId: response.headers["x-request-id"],
      };
      const chunks: Buffer[] = [];
      const end = (): void => resolve({ ...answered, body: Buffer.concat(chunks).toString() });
      if (type.startsWith("text/event-stream")) {
        response.once("close", end);
        response.destroy();
        return;
      }
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("end", end);
      response.once("error", reject);
    });
    sent.end(body);
  });
}

/** Whether any request of the operation was answered with a success. */
let wasGood = false;

async function problemOf(operation: ApiOperation, asked: ApiRequest): Promise<string | undefined> {
  const answer = await send(asked);
  if (answer.status < 400) wasGood = true;
  if (answer.status === 500) return `500: ${answer.body}`;
  if (answer.status !== 101 && typeof answer.requestId !== "string") return "there is no X-Request-ID";
  return document.problemOf(operation, answer);
}

/** What takes a signature or a token that no request here has. */
const NEVER_GOOD = new Set(["logIn", "logOut"]);

const names = API_OPERATIONS.flatMap(({ methods, url }) =>
  methods.map((method) => [method, url.replaceAll(/:(\w+)/g, "{$1}")] as const),
);

test.each(names)(
  "%s %s answers what its description says to any request, and never 500",
  async (method, path) => {
    const operation = document.operations.find((each) => each.method === method && each.path === path);
    if (operation === undefined) throw new Error("the document has no such operation");
    wasGood = false;
    await fc.assert(
      fc.asyncProperty(requestsOf(operation, document, known), async (asked) => {
        const problem = await problemOf(operation, asked);
        if (problem === undefined) return;
        const text = asked.body === undefined ? "" : `\n${Buffer.from(asked.body).toString().slice(0, 2000)}`;
        throw new Error(
          `${asked.method} ${asked.url} ${JSON.stringify(asked.headers)}${text}\n→ ${problem}\n(GADUS_API_SEED=${SEED})`,
        );
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: false },
    );
    // Requests that are as described are taken, so that it is not errors alone that are looked at.
    expect(wasGood).toBe(!NEVER_GOOD.has(operation.name));
  },
  120_000,
);
