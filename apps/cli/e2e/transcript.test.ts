import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { makeTranscript, REWRITE } from "./make-transcript.ts";

const PAGE = new URL("../../../docs/transcript.md", import.meta.url);

/** `GADUS_UPDATE_TRANSCRIPT=1` writes it anew. */
test("docs/transcript.md is what every verb prints", async () => {
  const page = await makeTranscript();
  if (process.env.GADUS_UPDATE_TRANSCRIPT === "1") writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, "utf8"), `docs/transcript.md is stale; write it anew with ${REWRITE}`).toBe(page);
});
