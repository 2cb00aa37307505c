import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type JobClient, openJobClient } from "./job-client.ts";

/** A requester that ends each job as its name says: at once, with an event that comes before the answer. */
let server: Server;
let stream: ServerResponse;
let client: JobClient;
let polls: number;
let jobs: number;

beforeEach(async () => {
  polls = 0;
  jobs = 0;
  server = createServer((request, response) => {
    if (request.url === "/api/v1/orchestrator/events") {
      stream = response;
      response.flushHeaders();
      return;
    }
    if (request.method === "GET") {
      polls++;
      response.end(JSON.stringify({ Job: { State: { StateType: polls < 3 ? "Running" : "Completed" } } }));
      return;
    }
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => submit(body, response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  client = await openJobClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

function submit(body: string, response: ServerResponse): void {
  if (body === "bad") {
    response.writeHead(400).end("no good");
    return;
  }
  const JobID = `j-${jobs++}`;
  if (body !== "silent") {
    stream.write(`event: execution/running\ndata: {"JobID":"${JobID}"}\n\n`);
    stream.write(`event: job/${body}\ndata: {"JobID":"${JobID}","Event":{"Message":"so be it"}}\n\n`);
  }
  response.end(JSON.stringify({ JobID }));
}

afterEach(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

test("run() settles with the job's event, though it comes before the answer", async () => {
  await Promise.all(Array.from({ length: 20 }, () => client.run(Buffer.from("completed"))));
  expect(jobs).toBe(20);
  expect(polls).toBe(0);
});

test("run() fails with a job that fails, and says why", async () => {
  await expect(client.run(Buffer.from("failed"))).rejects.toMatchObject({
    code: "bench/job-not-completed",
    message: "Cannot measure job j-0: it is failed (so be it)",
  });
});

test("run() fails with what the requester says where it refuses", async () => {
  await expect(client.run(Buffer.from("bad"))).rejects.toMatchObject({
    code: "bench/request-refused",
    message: expect.stringContaining("400 no good"),
  });
});

test("run() fails where the stream of events ends", async () => {
  const run = client.run(Buffer.from("silent"));
  stream.end();
  await expect(run).rejects.toMatchObject({ code: "bench/stream-ended" });
});

test("runPolling() asks until the job is completed", async () => {
  await client.runPolling(Buffer.from("silent"));
  expect(polls).toBe(3);
});
