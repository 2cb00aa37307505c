import { expect, test } from "vitest";
import { startTestApi } from "./test-api.ts";

const JOBS = "/api/v1/orchestrator/jobs";
const JOB = { Tasks: [{ Name: "main", Engine: { Type: "noop" } }] };

test("GET /orchestrator/jobs/:id/placement tells of every node considered, in words and as counts", async () => {
  const api = await startTestApi();
  const { app } = api.server;
  const id = (await app.inject({ method: "PUT", url: JOBS, payload: { Job: JOB } })).json<{ JobID: string }>()
    .JobID;
  const response = await app.inject({ url: `${JOBS}/${id}/placement` });
  expect(response.statusCode).toBe(200);
  expect(response.json<object>()).toEqual({
    JobID: id,
    JobVersion: 1,
    Summary: "0 of 1 nodes: 1 has yet to announce itself",
    Able: 0,
    Known: 1,
    Reasons: [{ Reason: "has yet to announce itself", Count: 1 }],
    Nodes: [
      {
        NodeID: "node-r",
        Connected: true,
        Score: 0.5,
        Able: false,
        Bid: "none",
        Reason: "has yet to announce itself",
        Executions: [],
      },
    ],
  });
  expect((await app.inject({ url: `${JOBS}/${id}/placement?job_version=2` })).statusCode).toBe(404);
  expect((await app.inject({ url: `${JOBS}/j-unknown/placement` })).statusCode).toBe(404);
  await api.stop();
});
