import { parseJobDocument } from "@gadus/protocol";
import { expect, test } from "vitest";
import { wasmJob } from "./job-document.ts";
import { TINY_MODULE } from "./modules.ts";

test("wasmJob() is a document without a name, so that the same again is another job", () => {
  const { document, spec, warnings } = parseJobDocument(wasmJob(TINY_MODULE, 3));
  expect(warnings).toEqual([]);
  expect(document.Name).toBeUndefined();
  expect(spec.deal).toEqual({ concurrency: 3, minBids: 3, selection: "reputation" });
  const url = String(spec.task.inputs[0]?.source.params["url"]);
  expect(Buffer.from(url.replace("data:application/wasm;base64,", ""), "base64")).toEqual(TINY_MODULE);
});
