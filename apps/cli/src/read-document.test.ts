import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readDocument } from "./read-document.ts";

const { signal } = new AbortController();

test("readDocument() says in words that a folder is no document", async () => {
  await expect(readDocument(tmpdir(), signal)).rejects.toThrow("it is a folder");
});

test("readDocument() says in words that a file is missing", async () => {
  await expect(readDocument(join(tmpdir(), "no-such-document.yaml"), signal)).rejects.toThrow("no such file");
});
