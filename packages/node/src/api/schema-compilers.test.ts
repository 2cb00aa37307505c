import { type LogFields, silentLogger } from "@gadus/protocol";
import { expect, test } from "vitest";
import { type Answer, startTestApi } from "./test-api.ts";

test("an answer that is outside its schema never goes out: the client gets 500, and the log what is wrong", async () => {
  const logged: LogFields[] = [];
  const api = await startTestApi({
    logger: { ...silentLogger, error: (_message, fields = {}) => logged.push(fields) },
    agent: {
      nodeId: "node-r",
      version: "1.2.3",
      address: () => undefined,
      announcement: () => ({ sequence: 1, ttlMs: 1, version: "1", requester: true, labels: {} }),
      config: {},
      debug: () => ({ NodeID: "a secret", Roles: "none", Extra: true }),
    },
  });
  const answer = await api.server.app.inject({ url: "/api/v1/agent/debug" });
  await api.stop();
  expect(answer.statusCode).toBe(500);
  expect(answer.json<Answer>()).toMatchObject({ Status: 500, Code: "node/internal" });
  expect(answer.payload).not.toContain("secret");
  expect(logged).toHaveLength(1);
  const message = String(logged[0]?.["error"]);
  expect(message).toContain("Cannot answer GET /api/v1/agent/debug: the answer is outside its schema: ");
  expect(message).toContain("Roles: ");
  expect(message).not.toContain("secret");
});

test("a request's parts are read by their schemas, and what is wrong is named with the fix", async () => {
  const api = await startTestApi();
  const problems = [
    ["GET", "/api/v1/orchestrator/jobs?limit=1.5", undefined, "limit"],
    ["GET", "/api/v1/orchestrator/jobs?limit=1&limit=2", undefined, "limit"],
    ["GET", "/api/v1/orchestrator/jobs?limit=0x10", undefined, "limit"],
    ["PUT", "/api/v1/orchestrator/nodes/node-r", { action: 7 }, "Action"],
    ["PUT", "/api/v1/orchestrator/jobs/x/rerun", { JOBVERSION: true }, "JobVersion"],
    ["DELETE", "/api/v1/orchestrator/jobs/x", { Reason: ["a"] }, "reason"],
  ] as const;
  for (const [method, url, payload, field] of problems) {
    const answer = await api.server.app.inject({ method, url, ...(payload && { payload }) });
    const { Status, Message, Details, Hint } = answer.json<Answer>();
    expect([url, Status, Details.Field, Hint]).toEqual([url, 400, field, `Correct ${field}.`]);
    expect(Message).toMatch(`Cannot use ${field}: `);
  }
  await api.stop();
});
