import type { JobDocument } from "@gadus/protocol";
import { expect, test } from "vitest";
import { diffDocuments } from "./diff-documents.ts";

const DOCUMENT: JobDocument = {
  Name: "a",
  Labels: { team: "cod" },
  Tasks: [{ Name: "main", Engine: { Type: "noop", Params: { Stdout: "x", Values: [1, 2] } } }],
};

test("diffDocuments() says nothing of documents that say the same, be it by default or in another order", () => {
  const same = {
    Tasks: DOCUMENT.Tasks,
    Labels: DOCUMENT.Labels,
    Name: "a",
    Type: "batch",
    Count: 1,
    ID: "j-1",
    Version: 3,
  };
  expect(
    diffDocuments(DOCUMENT, { ...same, Namespace: "", Priority: null, State: { StateType: "Running" } }),
  ).toBe("");
});

test("diffDocuments() tells what goes and what comes, by path", () => {
  const changed = {
    ...DOCUMENT,
    Priority: 5,
    Labels: {},
    Tasks: [{ Name: "main", Engine: { Type: "noop", Params: { Stdout: "y", Values: [1, 2, 3] } } }],
  };
  expect(diffDocuments(DOCUMENT, changed)).toBe(
    [
      '-Labels.team: "cod"',
      "-Priority: 0",
      "+Priority: 5",
      '-Tasks[0].Engine.Params.Stdout: "x"',
      '+Tasks[0].Engine.Params.Stdout: "y"',
      "+Tasks[0].Engine.Params.Values[2]: 3",
      "",
    ].join("\n"),
  );
});

test("diffDocuments() shows all of a document where there was none, and cuts long values", () => {
  const diff = diffDocuments(undefined, { ...DOCUMENT, Meta: { long: "x".repeat(1_000) } });
  expect(diff).toContain('+Tasks[0].Engine.Type: "noop"\n');
  expect(diff).toContain("x… (1002 characters)\n");
  expect(diff).not.toMatch(/^-/m);
});
