import { readFileSync } from "node:fs";
import { type ApiJobView, createClient } from "@gadus/client";
import { modulePath } from "./compile-modules.ts";

/** What a results folder of `hello` with an empty stderr and exit code 0 has for a CID. */
export const HELLO = "Hello, world!\n";

/** A job document that runs the committed module `name`, or `bytes` of anything else. */
export function wasmJob(
  module: string | Uint8Array,
  more: Readonly<Record<string, unknown>> = {},
  moreOfTask: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const bytes = typeof module === "string" ? readFileSync(modulePath(module)) : module;
  const url = `data:application/wasm;base64,${Buffer.from(bytes).toString("base64")}`;
  return {
    Type: "batch",
    ...more,
    Tasks: [
      {
        Name: "main",
        Engine: { Type: "wasm", Params: { EntryModule: "/module.wasm" } },
        InputSources: [{ Source: { Type: "inline", Params: { URL: url } }, Target: "/module.wasm" }],
        ...moreOfTask,
      },
    ],
  };
}

/** Submits `document` as curl would, without the command's own client. */
export async function submit(
  api: string,
  document: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${api}/api/v1/orchestrator/jobs`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ Job: document }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Submits `document`, and waits until it and all of its executions have ended. */
export async function runToEnd(api: string, document: unknown): Promise<ApiJobView> {
  const { status, body } = await submit(api, document);
  if (status !== 200) throw new Error(`refused with ${status}: ${JSON.stringify(body)}`);
  return await waitForEnd(api, String(body.JobID));
}

/** Waits until a job and all of its executions have ended. */
export async function waitForEnd(api: string, jobId: string): Promise<ApiJobView> {
  return await createClient({ url: api }).wait(jobId, { all: true });
}
