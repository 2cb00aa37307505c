import { generateKeyPairSync, sign } from "node:crypto";
import { type Decoded, decodeAs } from "./go-decode.ts";
import type { GoStructName } from "./go-types.ts";
import { type LogStream, openLogs } from "./log-stream.ts";
import { type Answer, send } from "./raw-http.ts";

const JOBS = "/api/v1/orchestrator/jobs";
/** How often the command asks for what is new of a job, and how many events it takes at one time. */
const POLL_MS = 500;
const EVENTS_A_PAGE = 10;
/** How often, and with what pause, it looks whether a job has begun before it follows the logs. */
const LOOKS = 10;
const LOOK_MS = 1000;

/** What every request of the command carries. */
const HEADERS: Readonly<Record<string, string>> = {
  "Accept-Encoding": "gzip",
  "User-Agent": "Go-http-client/1.1",
  "X-Bacalhau-Git-Version": "v1.7.0",
  "X-Bacalhau-Git-Commit": "6a2bb1a26dbc0d1bd8a6f9bb7bd25bb5a7b4a0f1",
  "X-Bacalhau-Build-Date": "2025-03-31 12:00:00 +0000 UTC",
  "X-Bacalhau-Build-OS": "linux",
  "X-Bacalhau-Arch": "amd64",
};

/** The fields of a job document, all of which the command writes, also those that it knows nothing of. */
export function commandDocument(engine: object, change: object = {}, changeOfTask: object = {}): object {
  return {
    ID: "",
    Name: "",
    Namespace: "default",
    Type: "batch",
    Priority: 0,
    Count: 1,
    Constraints: null,
    Meta: {},
    Labels: {},
    Tasks: [
      {
        Name: "main",
        Engine: engine,
        Publisher: { Type: "", Params: {} },
        Env: {},
        Meta: {},
        InputSources: [],
        ResultPaths: [],
        Resources: {},
        Network: { Type: "Default" },
        Timeouts: {},
        ...changeOfTask,
      },
    ],
    State: { StateType: "Undefined", Message: "" },
    Version: 0,
    Revision: 0,
    CreateTime: 0,
    ModifyTime: 0,
    ...change,
  };
}

/**
 * Says what Bacalhau's own command says on the wire, in the same order, and decodes as strictly as it does.
 *
 * It has no token at first: before anything else it logs in with a key that it has just made, as on its first run.
 */
export class GoCommand {
  #token: string | undefined;

  /** Decodes an answer; any other status than 200 is an error, of which it wants the envelope. */
  #decode(name: GoStructName, { status, text }: Answer): Decoded {
    if (status === 200) return decodeAs(name, text);
    const error = decodeAs("APIError", text);
    throw new Error(`${String(error["Status"])}: ${String(error["Message"])}`);
  }

  async #logIn(): Promise<string> {
    const methods = this.#decode("Methods", await send("GET", "/api/v1/auth", { headers: HEADERS }));
    const [name, method] = Object.entries(methods["Methods"] as Record<string, Decoded>)[0] ?? [];
    if (name === undefined || method === undefined) throw new Error("no common authentication method");
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const phrase = (method["params"] as { InputPhrase: Buffer }).InputPhrase;
    const response = {
      PhraseSignature: sign("sha256", phrase, privateKey).toString("base64"),
      PublicKey: publicKey.export({ type: "pkcs1", format: "der" }).toString("base64"),
    };
    const MethodData = Buffer.from(JSON.stringify(response)).toString("base64");
    const body = { Namespace: "", Credential: null, IdempotencyToken: "", Name: name, MethodData };
    const answer = await send("POST", `/api/v1/auth/${name}`, { headers: this.#headers(true), body });
    const { success, token } = this.#decode("Authenticated", answer)["Authentication"] as {
      success: boolean;
      token?: string;
    };
    if (!success || token === undefined) throw new Error("the command would ask again, for ever");
    return token;
  }

  #headers(hasBody: boolean): Record<string, string> {
    return {
      ...HEADERS,
      ...(hasBody && { "Content-Type": "application/json" }),
      ...(this.#token !== undefined && { Authorization: `Bearer ${this.#token}` }),
    };
  }

  async get(name: GoStructName, path: string): Promise<Decoded> {
    this.#token ??= await this.#logIn();
    return this.#decode(name, await send("GET", path, { headers: this.#headers(false) }));
  }

  /** Its bodies carry what all requests have: a namespace, the credential and an idempotency token. */
  async write(name: GoStructName, method: "PUT" | "DELETE", path: string, fields: object): Promise<Decoded> {
    this.#token ??= await this.#logIn();
    const Credential = { Scheme: "Bearer", Value: this.#token };
    const body = { Namespace: "", Credential, IdempotencyToken: "", ...fields };
    return this.#decode(name, await send(method, path, { headers: this.#headers(true), body }));
  }

  /** Submits, and answers the job's id: what `job run`, `docker run` and `wasm run` begin with. */
  async submit(Job: object): Promise<string> {
    const { JobID } = await this.write("PutJob", "PUT", JOBS, { Job, Force: false });
    return JobID as string;
  }

  /** Polls a job's events until none is to come, and then asks how it ended, as they do without `--follow`. */
  async followProgress(jobId: string, version = 0n): Promise<{ events: readonly Decoded[]; job: Decoded }> {
    const events: Decoded[] = [];
    const ofVersion = version === 0n ? "" : `&job_version=${version}`;
    let token = "";
    do {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const next = token === "" ? "" : `&next_token=${encodeURIComponent(token)}`;
      const query = `event_type=all${ofVersion}&limit=${EVENTS_A_PAGE}${next}`;
      const page = await this.get("ListHistory", `${JOBS}/${jobId}/history?${query}`);
      events.push(...(page["Items"] as Decoded[]));
      token = page["NextToken"] as string;
    } while (token !== "");
    return { events, job: await this.describe(jobId) };
  }

  /** Waits until the job is Pending no more, and then opens its logs: `--follow`. */
  async followLogs(jobId: string): Promise<LogStream> {
    for (let look = 0; look < LOOKS; look += 1) {
      const { StateType } = (await this.describe(jobId))["State"] as { StateType: string };
      if (StateType !== "Pending") break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return this.logs(jobId, "?follow=true");
  }

  async logs(jobId: string, query: string): Promise<LogStream> {
    this.#token ??= await this.#logIn();
    return openLogs(`${JOBS}/${jobId}/logs${query}`, this.#headers(false));
  }

  async describe(jobId: string): Promise<Decoded> {
    return (await this.get("GetJob", `${JOBS}/${jobId}`))["Job"] as Decoded;
  }
}
