import { expect, test } from "vitest";
import { NodeError } from "./node-error.ts";
import { createPinoLogger } from "./pino-logger.ts";

function log(format: "text" | "json", level: "debug" | "warn" = "debug") {
  const lines: string[] = [];
  return { lines, logger: createPinoLogger({ level, format, write: (line) => lines.push(line) }) };
}

test("writes one JSON object a line, with the fields of its parents", () => {
  const { lines, logger } = log("json");
  logger.child({ jobId: "j-1" }).info("taken", { count: 2 });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    jobId: "j-1",
    count: 2,
    message: "taken",
  });
});

test("writes lines for people, in which nothing that is logged can forge another", () => {
  const { lines, logger } = log("text");
  logger.warn("two\nlines", { name: "a b", escape: "\u001b[31m", count: 1 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\S+Z WARN {2}two\\nlines name="a b" escape=\\u001b\[31m count=1\n$/);
});

test("says an error's message and code, and no stack", () => {
  const { lines, logger } = log("json");
  logger.error("failed", { error: new NodeError("node/stopped", "Cannot go on"), other: new Error("plain") });
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ error: "Cannot go on (node/stopped)", other: "plain" });
  expect(lines[0]).not.toContain(".ts:");
});

test("leaves out what is below its level", () => {
  const { lines, logger } = log("text", "warn");
  logger.info("nothing");
  expect(lines).toEqual([]);
});
