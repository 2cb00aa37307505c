import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { type Api, makeApi } from "./api.ts";

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

async function serve(listener: RequestListener): Promise<Api> {
  server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return makeApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** An API that gives `answer` to everything, and the last request that it got. */
async function answering(
  status: number,
  answer: unknown,
): Promise<{ api: Api; last: () => IncomingMessage & { body: string } }> {
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

describe("makeApi()", () => {
  test("submits a document as a Job", async () => {
    const { api, last } = await answering(200, { JobID: "j-1" });
    expect(await api.submit({ Name: "a" })).toEqual({ JobID: "j-1" });
    expect(last()).toMatchObject({
      method: "PUT",
      url: "/api/v1/orchestrator/jobs",
      body: '{"Job":{"Name":"a"}}',
    });
  });

  test("escapes what goes into a path", async () => {
    const { api, last } = await answering(200, { Job: { ID: "x" } });
    await api.job("a/../b?c");
    expect(last().url).toBe("/api/v1/orchestrator/jobs/a%2F..%2Fb%3Fc?include=executions");
  });

  test.each([
    [400, "cli/usage", 2],
    [413, "cli/usage", 2],
    [404, "cli/not-found", 4],
    [429, "cli/unreachable", 3],
    [503, "cli/unreachable", 3],
    [504, "cli/not-found", 4],
    [500, "cli/refused", 1],
    [403, "cli/refused", 1],
    [201, "cli/refused", 1],
  ])("makes of a %i an error with code %s and exit code %i", async (status, code, exitCode) => {
    const { api } = await answering(status, { Message: "Cannot do it: no", Hint: "Do that." });
    await expect(api.self()).rejects.toMatchObject({
      code,
      exitCode,
      message: "Cannot do it: no",
      hint: "Do that.",
    });
  });

  test("names the field that the API found wrong, once", async () => {
    const field = { Field: "Tasks[0].Engine.Type" };
    const { api } = await answering(400, { Message: "Cannot take it: unknown", Details: field });
    await expect(api.self()).rejects.toThrow("Cannot take it: unknown (field Tasks[0].Engine.Type)");
    await server?.[Symbol.asyncDispose]();
    const said = await answering(400, {
      Message: "Cannot take Tasks[0].Engine.Type: unknown",
      Details: field,
    });
    await expect(said.api.self()).rejects.toThrow(/^Cannot take Tasks\[0\]\.Engine\.Type: unknown$/);
  });

  test("quotes an error that isn't an envelope", async () => {
    const { api } = await answering(502, "<h1>Bad gateway</h1>");
    await expect(api.self()).rejects.toThrow(/answered 502 \(<h1>Bad gateway<\/h1>\)/);
  });

  test("says of an answer that isn't JSON, that this may be no Gadus API", async () => {
    const { api } = await answering(200, "<html>");
    await expect(api.self()).rejects.toMatchObject({
      code: "cli/unexpected-answer",
      hint: /address of a Gadus API/,
    });
  });

  test("says that nothing listens, and how to start a requester", async () => {
    const { api } = await answering(200, {});
    await server?.[Symbol.asyncDispose]();
    await expect(api.self()).rejects.toMatchObject({
      code: "cli/unreachable",
      exitCode: 3,
      message: `Cannot reach ${api.url}: nothing listens there; is a requester running?`,
      hint: /gadus serve --requester/,
    });
  });

  test("rejects with the signal's reason", async () => {
    const api = await serve(() => {});
    const stop = new AbortController();
    const asked = api.self({ signal: stop.signal });
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
    expect(await api.putBlob(new Blob(["hello"]).stream())).toBe("bafy");
    expect(last()).toMatchObject({ method: "PUT", url: "/api/v1/orchestrator/blobs", body: "hello" });
  });

  test("says that the connection was cut when a download ends early", async () => {
    const api = await serve((_, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("12345", () => response.destroy());
    });
    const car = await api.car("bafy");
    await expect(allOf(car)).rejects.toMatchObject({ code: "cli/unreachable" });
  });
});
