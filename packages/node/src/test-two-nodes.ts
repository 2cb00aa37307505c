import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateSwarmKey } from "@gadus/transport/libp2p";
import { vi } from "vitest";
import { type ConfigPatch, loadConfig, type RunningNode, startNode } from "./index.ts";
import type { Answer } from "./api/test-api.ts";

/** A requester and a compute node, over a real network. */
export interface TwoNodes {
  requester: RunningNode;
  readonly compute: RunningNode;
  /** Stops the requester and starts it again, at the same addresses. */
  restartRequester(): Promise<void>;
  /** Submits a job of this one task; answers its id. */
  submit(task: object, job?: object): Promise<string>;
  status(jobId: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts both; `flags` are for the one and the other. */
export async function startTwoNodes(
  flags: { readonly requester?: ConfigPatch; readonly compute?: ConfigPatch } = {},
): Promise<TwoNodes> {
  const root = await mkdtemp(join(tmpdir(), "gadus-two-"));
  const swarmKey = generateSwarmKey();
  const start = async (name: string, patch: ConfigPatch): Promise<RunningNode> =>
    startNode(
      await loadConfig({
        flags: {
          log: { level: "silent" },
          ...patch,
          dataFolder: join(root, name),
          api: { port: 0, ...patch.api },
          network: { listen: ["/ip4/127.0.0.1/tcp/0"], swarmKey, ...patch.network },
        },
      }),
    );
  const asRequester: ConfigPatch = { ...flags.requester, requester: { enabled: true } };
  let requester = await start("requester", asRequester);
  const network = { bootstrap: [...requester.addresses()] };
  const compute = await start("compute", { compute: { enabled: true }, ...flags.compute, network });
  const api = async (path: string, init?: RequestInit): Promise<Answer> =>
    (await (await fetch(`${requester.apiUrl}/api/v1/orchestrator${path}`, init)).json()) as Answer;
  const untilKnown = async (): Promise<void> => {
    const isKnown = async (): Promise<boolean> =>
      (await api("/nodes")).Nodes.some(({ Info }) => Info.ComputeNodeInfo !== undefined);
    await vi.waitUntil(isKnown, { timeout: 20_000 });
  };
  await untilKnown();
  return {
    get requester() {
      return requester;
    },
    compute,
    async restartRequester() {
      const { port } = new URL(requester.apiUrl);
      const listen = requester.addresses().map((address) => address.replace(/\/p2p\/.*$/, ""));
      await requester.stop();
      requester = await start("requester", {
        ...asRequester,
        api: { ...asRequester.api, port: Number(port) },
        network: { listen },
      });
    },
    async submit(task, job = {}) {
      const Job = {
        Type: "batch",
        Meta: { "gadus/verifier": "none" },
        ...job,
        Tasks: [{ Name: "main", Publisher: { Type: "ipfs" }, ...task }],
      };
      const { JobID, Message } = await api("/jobs", { method: "PUT", body: JSON.stringify({ Job }) });
      if (JobID === undefined) throw new Error(Message);
      return JobID;
    },
    status: async (jobId) => (await api(`/jobs/${jobId}`)).Job.State.StateType,
    async stop() {
      await Promise.all([requester.stop(), compute.stop()]);
      await rm(root, { recursive: true });
    },
  };
}

/**
 * A WebAssembly task that prints {@link printedLines}, as much as is kept of both streams; then it computes for ever, unless
 * it has an argument.
 */
export function printingTask(...args: readonly string[]): object {
  return {
    Engine: { Type: "wasm", Params: { EntryModule: "/main.wasm", Parameters: args } },
    InputSources: [
      {
        Source: { Type: "inline", Params: { URL: `data:application/wasm;base64,${PRINTING_MODULE}` } },
        Target: "/main.wasm",
      },
    ],
  };
}

const BLOCK_LINES = 32;

/** What {@link printingTask} prints: numbered lines, a block of them to stdout (1), the next to stderr (2), and so on. */
export const printedLines: readonly { readonly Type: number; readonly Line: string }[] = Array.from(
  { length: 16_384 },
  (_, index) => ({
    Type: 1 + (Math.floor(index / BLOCK_LINES) % 2),
    Line: `${String(index).padStart(5, "0").padEnd(127, ".")}\n`,
  }),
);

/**
 * In text: a line at 128 that counts upwards in decimal digits, written 16384 times to descriptor 1 or 2 by `fd_write`;
 * and an endless loop where `args_sizes_get` tells of the program's name alone.
 */
const PRINTING_MODULE =
  "AGFzbQEAAAABEgNgBH9/f38Bf2ACf38Bf2AAAAJLAhZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxCGZkX3dyaXRlAAAWd2FzaV9zbmFwc2hv" +
  "dF9wcmV2aWV3MQ5hcmdzX3NpemVzX2dldAABAwIBAgUDAQABBxMCBm1lbW9yeQIABl9zdGFydAACCpcBAZQBAQJ/QYABQS5B/wD8CwBB" +
  "gAFBMEEF/AsAQf8BQQo6AABBgIABIQADQEECIABBAWtBBXZBAXFrQRBBAUHAABAAGkGEASEBAkADQCABIAEtAABBAWo6AAAgAS0AAEE5" +
  "TQ0BIAFBMDoAACABQQFrIQEMAAsLIABBAWsiAA0AC0EgQSQQARpBICgCAEEBRgRAA0AMAAsLCwsOAQBBEAsIgAAAAIAAAAA=";
