import { parseJobDocument } from "@gadus/protocol";
import { expect, test } from "vitest";
import { makeWasmDocument, MODULE_TARGET } from "./wasm-document.ts";

const module = {
  Source: { Type: "inline", Params: { URL: "data:;base64,AGFzbQ==" } },
  Target: MODULE_TARGET,
};

test("makeWasmDocument() leaves out what wasn't given", () => {
  const document = makeWasmDocument([], [module], [], { entry: "_start" });
  expect(JSON.parse(JSON.stringify(document))).toEqual({
    Type: "batch",
    Deal: {},
    Tasks: [
      {
        Name: "main",
        Engine: {
          Type: "wasm",
          Params: { EntryModule: "/module.wasm", Entrypoint: "_start", Parameters: [] },
        },
        InputSources: [module],
        ResultPaths: [],
        Resources: {},
        Timeouts: {},
      },
    ],
  });
});

test("makeWasmDocument() makes a document that the protocol understands, with all that was given", () => {
  const document = makeWasmDocument(["-n", "5"], [module], [{ name: "out", path: "/out" }], {
    entry: "main",
    env: { A: "b" },
    cpu: "500m",
    memory: "64Mb",
    disk: "1Mb",
    fuel: 1_000_000,
    timeout: 90,
    concurrency: 5,
    confidence: 3,
    minBids: 6,
    verifier: "deterministic",
    publisher: "ipfs",
    count: 2,
    name: "words",
    label: { team: "a" },
  });
  const { spec, warnings } = parseJobDocument(document);
  expect(warnings).toEqual([]);
  expect(spec).toMatchObject({
    name: "words",
    count: 2,
    deal: { concurrency: 5, confidence: 3, minBids: 6, selection: "reputation" },
    verifier: { type: "deterministic" },
    task: {
      engine: {
        type: "wasm",
        params: { entryModule: MODULE_TARGET, entrypoint: "main", parameters: ["-n", "5"], fuel: 1_000_000 },
      },
      environment: { A: "b" },
      resultPaths: [{ name: "out", path: "/out" }],
      resources: { cpuMillis: 500, memoryBytes: 64 * 1024 ** 2, diskBytes: 1024 ** 2 },
      timeouts: { executionMs: 90_000 },
      publisher: { type: "ipfs" },
    },
  });
});
