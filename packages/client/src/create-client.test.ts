import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { type Client, type ClientOptions, createClient } from "./create-client.ts";

async function allOf<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

let server: Server | undefined;
afterEach(async () => {
  if (server === undefined) return;
  server.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

async function serve(listener: RequestListener, options: ClientOptions = {}): Promise<Client> {
  server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return createClient({ ...options, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

/** An API that gives `answer` to everything, and the last request that it got. */
async function answering(
  status: number,
  answer: unknown,
): Promise<{ api: Client; last: () => IncomingMessage & { body: string } }> {
  let last: (IncomingMessage & { body: string }) | undefined;
  const api = await serve((request, response) => {
    const reply = (body: string): void => {
      last = Object.assign(request, { body });
      response.writeHead(status, { "content-type": "application/json" });
      response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
    };
    text(request).then(reply, () => response.destroy());
  });
  return { api, last: () => last! };
}

describe("createClient()", () => {
  test("submits a document as a Job", async () => {
    const { api, last } = await answering(200, { JobID: "j-1" });
    expect(await api.jobs.submit({ Name: "a" })).toEqual({ JobID: "j-1" });
    expect(last()).toMatchObject({
      method: "PUT",
      url: "/api/v1/orchestrator/jobs",
      body: '{"Job":{"Name":"a"}}',
    });
  });

  test("begins a version by force, and says what a document would change", async () => {
    const { api, last } = await answering(200, { JobID: "j-1", Diff: "" });
    await api.jobs.submit({ Name: "a" }, { force: true });
    expect(last().body).toBe('{"Job":{"Name":"a"},"Force":true}');
    expect(await api.jobs.diff({ Name: "a" })).toMatchObject({ Diff: "" });
    expect(last()).toMatchObject({ method: "PUT", url: "/api/v1/orchestrator/jobs/diff" });
  });

  test("asks for versions, placement and history of a job, and reruns it", async () => {
    const { api, last } = await answering(200, { Items: [], JobVersion: 3 });
    const at = "/api/v1/orchestrator/jobs/j-1";
    await api.jobs.versions("j-1");
    expect(last().url).toBe(`${at}/versions`);
    await api.jobs.placement("j-1", { jobVersion: 2 });
    expect(last().url).toBe(`${at}/placement?job_version=2`);
    await api.jobs.history("j-1", { eventType: "job", executionId: "e-1", allVersions: true, sinceMs: 1500 });
    expect(last().url).toBe(`${at}/history?event_type=job&execution_id=e-1&all_job_versions=true&since=1.5`);
    expect(await api.jobs.rerun("j-1", { jobVersion: 2, reason: "why" })).toMatchObject({ JobVersion: 3 });
    expect(last()).toMatchObject({ url: `${at}/rerun`, body: '{"JobVersion":2,"Reason":"why"}' });
  });

  test("selects jobs by several labels", async () => {
    const { api, last } = await answering(200, { Items: [] });
    await api.jobs.list({ labels: ["a=b,c", "d in (e,f)"], orderBy: "modified_at", reverse: true });
    const { searchParams } = new URL(last().url ?? "", "http://x");
    expect([...searchParams]).toEqual([
      ["labels", "a=b,c"],
      ["labels", "d in (e,f)"],
      ["namespace", "*"],
      ["order_by", "modified_at"],
      ["reverse", "true"],
    ]);
  });

  test("gathers executions and nodes that are on several pages", async () => {
    const pages = [
      { Job: { ID: "j-1", Version: 4 }, Executions: { Items: [{ ID: "e-1" }], NextToken: "t1" } },
      { Items: [{ ID: "e-2" }], NextToken: "t2" },
      { Items: [{ ID: "e-3" }], NextToken: "" },
      { Nodes: [{ Info: { NodeID: "n-1" } }], NextToken: "n" },
      { Nodes: [{ Info: { NodeID: "n-2" } }], NextToken: "" },
    ];
    const asked: string[] = [];
    const api = await serve(({ url }, response) => {
      response.end(JSON.stringify(pages[asked.length]));
      asked.push(url ?? "");
    });
    const { Executions } = await api.jobs.get("name");
    expect(Executions?.Items.map(({ ID }) => ID)).toEqual(["e-1", "e-2", "e-3"]);
    expect(asked[2]).toBe("/api/v1/orchestrator/jobs/j-1/executions?job_version=4&limit=1000&next_token=t2");
    const nodes = await api.nodes.list({ labels: ["a=b"], status: "connected" });
    expect(nodes.map(({ Info }) => Info.NodeID)).toEqual(["n-1", "n-2"]);
    expect(asked[4]).toMatch(/next_token=n&filter-status=connected&labels=a%3Db$/);
  });

  test("decides on nodes, and throws where that can't be done", async () => {
    const done = await answering(200, { Success: true, Error: "" });
    await done.api.nodes.reject("n-1", { message: "no" });
    expect(done.last()).toMatchObject({ method: "PUT", body: '{"Action":"reject","Message":"no"}' });
    const refused = await answering(200, {
      Success: false,
      Error: "Cannot delete node n-1: it is connected",
    });
    await expect(refused.api.nodes.delete("n-1")).rejects.toMatchObject({
      code: "client/refused",
      message: "Cannot delete node n-1: it is connected",
    });
  });

  test("downloads an archive, and some bytes of one file of it", async () => {
    const asked: (string | undefined)[] = [];
    const api = await serve(({ url, headers }, response) => {
      asked.push(url, headers.range);
      response.writeHead(headers.range === undefined ? 200 : 206).end("some bytes");
    });
    const bytes = await allOf(await api.archive("j-1", { path: "out/a b", range: { from: 5, to: 15 } }));
    expect(Buffer.concat(bytes).toString()).toBe("some bytes");
    expect(await allOf(await api.archive("j-1"))).toHaveLength(1);
    const at = "/api/v1/orchestrator/jobs/j-1/results/download.tar.gz";
    expect(asked).toEqual([`${at}?path=out%2Fa+b`, "bytes=5-14", at, undefined]);
  });

  test("takes no whole file for a part of one", async () => {
    const api = await serve((_, response) => response.end("all of it"));
    const part = api.archive("j-1", { path: "out", range: { from: 5 } });
    await expect(part).rejects.toMatchObject({ code: "client/refused", status: 200 });
  });

  test("logs in, says who asks, and creates keys", async () => {
    const { api, last } = await answering(200, { Authentication: { success: true, token: "t" } });
    expect(await api.auth.logIn("ClientKey", { Name: "x" })).toEqual({ success: true, token: "t" });
    expect(last()).toMatchObject({ method: "POST", url: "/api/v1/auth/ClientKey", body: '{"Name":"x"}' });
    await api.auth.keys.create({ name: "ci", right: "read", lifetimeSeconds: 60 });
    expect(last()).toMatchObject({ method: "PUT", body: '{"Name":"ci","Right":"read","Lifetime":60}' });
    await api.auth.keys.revoke("k-1");
    expect(last()).toMatchObject({ method: "DELETE", url: "/api/v1/auth/keys/k-1" });
  });

  test("escapes what goes into a path", async () => {
    const { api, last } = await answering(200, { Job: { ID: "x" } });
    await api.jobs.get("a/../b?c");
    expect(last().url).toBe("/api/v1/orchestrator/jobs/a%2F..%2Fb%3Fc?include=executions&limit=1000");
  });

  test.each([
    [400, "client/invalid-request"],
    [413, "client/invalid-request"],
    [401, "client/unauthorized"],
    [403, "client/unauthorized"],
    [404, "client/not-found"],
    [429, "client/overloaded"],
    [503, "client/overloaded"],
    [504, "client/not-found"],
    [500, "client/refused"],
    [201, "client/refused"],
  ])("makes of a %i an error with code %s, and all that the API said", async (status, code) => {
    const said = { Message: "Cannot do it: no", Hint: "Do that.", Code: "node/no", RequestID: "r-1" };
    const { api } = await answering(status, said);
    await expect(api.agent.node()).rejects.toMatchObject({
      code,
      status,
      message: "Cannot do it: no",
      hint: "Do that.",
      apiCode: "node/no",
      requestId: "r-1",
    });
  });

  test("names the field that the API found wrong, once", async () => {
    const field = { Field: "Tasks[0].Engine.Type" };
    const { api } = await answering(400, { Message: "Cannot take it: unknown", Details: field });
    await expect(api.agent.node()).rejects.toThrow("Cannot take it: unknown (field Tasks[0].Engine.Type)");
    await server?.[Symbol.asyncDispose]();
    const said = await answering(400, {
      Message: "Cannot take Tasks[0].Engine.Type: unknown",
      Details: field,
    });
    await expect(said.api.agent.node()).rejects.toThrow(/^Cannot take Tasks\[0\]\.Engine\.Type: unknown$/);
  });

  test("quotes an error that isn't an envelope", async () => {
    const { api } = await answering(502, "<h1>Bad gateway</h1>");
    await expect(api.agent.node()).rejects.toThrow(/answered 502 \(<h1>Bad gateway<\/h1>\)/);
  });

  test("says of an answer that isn't JSON, that this may be no Gadus API", async () => {
    const { api } = await answering(200, "<html>");
    await expect(api.agent.node()).rejects.toMatchObject({
      code: "client/unexpected-answer",
      hint: /address of a Gadus API/,
    });
  });

  test("says that nothing listens, and how to start a requester", async () => {
    const { api } = await answering(200, {});
    await server?.[Symbol.asyncDispose]();
    await expect(api.agent.node()).rejects.toMatchObject({
      code: "client/unreachable",
      message: `Cannot reach ${api.url}: nothing listens there; is a requester running?`,
      hint: /gadus serve --requester/,
    });
  });

  test("says who asks, by a token that is read anew for each request", async () => {
    const seen: (string | undefined)[] = [];
    const tokens = ["one", "two", undefined].values();
    const api = await serve(
      (request, response) => {
        seen.push(request.headers.authorization);
        response.end("{}");
      },
      { token: () => tokens.next().value },
    );
    for (let call = 0; call < 3; call += 1) await api.agent.node();
    expect(seen).toEqual(["Bearer one", "Bearer two", undefined]);
  });

  test("ends every call with the client's own signal", async () => {
    const stop = new AbortController();
    const api = await serve(() => {}, { signal: stop.signal });
    const calls = [api.agent.node(), api.wait("j"), api.run({})];
    const reason = new Error("enough");
    stop.abort(reason);
    for (const call of calls) await expect(call).rejects.toBe(reason);
  });

  test("runs a job: submits it, and waits until it has ended", async () => {
    const asked: string[] = [];
    const api = await serve((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (request.method === "PUT") response.end('{"JobID":"j-1"}');
      else if (request.url?.includes("/events") === true) response.write(": following\n\n");
      else response.end('{"Job":{"ID":"j-1","State":{"StateType":"Completed"}}}');
    });
    const told: string[] = [];
    const view = await api.run({}, { onSubmitted: ({ JobID }) => told.push(JobID) });
    expect(view.Job.State?.StateType).toBe("Completed");
    expect(told).toEqual(["j-1"]);
    expect(asked).toEqual([
      "PUT /api/v1/orchestrator/jobs",
      "GET /api/v1/orchestrator/events?job_id=j-1",
      "GET /api/v1/orchestrator/jobs/j-1?include=executions&limit=1000",
    ]);
  });

  test("says why a job has no logs", async () => {
    const { api } = await answering(404, { Message: "Cannot find job j: there is none", Code: "x/y" });
    await expect(allOf(api.logs("j"))).rejects.toMatchObject({ code: "client/not-found", apiCode: "x/y" });
  });

  test("rejects with the signal's reason", async () => {
    const api = await serve(() => {});
    const stop = new AbortController();
    const asked = api.agent.node({ signal: stop.signal });
    const reason = new Error("enough");
    stop.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });

  test("reads events, and resumes after the last one seen", async () => {
    let seen: IncomingMessage | undefined;
    const api = await serve((request, response) => {
      seen = request;
      response.writeHead(200, { "content-type": "text/event-stream" }).end("id: 8\ndata: {}\n\n");
    });
    let opened = 0;
    const events = await allOf(api.events("j-1", { lastEventId: "7", opened: () => (opened += 1) }));
    expect(events).toEqual([{ id: "8", event: "message", data: "{}" }]);
    expect(opened).toBe(1);
    expect(seen?.url).toBe("/api/v1/orchestrator/events?job_id=j-1");
    expect(seen?.headers["last-event-id"]).toBe("7");
  });

  test("uploads a stream as it is", async () => {
    const { api, last } = await answering(200, { CID: "bafy" });
    expect(await api.blobs.upload(new Blob(["hello"]).stream())).toBe("bafy");
    expect(last()).toMatchObject({ method: "PUT", url: "/api/v1/orchestrator/blobs", body: "hello" });
  });

  test("says that the connection was cut when a download ends early", async () => {
    const api = await serve((_, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("12345", () => response.destroy());
    });
    const car = await api.car("bafy");
    await expect(allOf(car)).rejects.toMatchObject({ code: "client/unreachable" });
  });
});
