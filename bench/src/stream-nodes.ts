import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type ChildNode, startChildNode } from "@gadus/cli/child-node";
import { type JobsApi, openJobsApi } from "./jobs-api.ts";

const LOOK_MS = 50;

/** Two nodes as processes of this machine, in a network of their own. */
export interface StreamNodes {
  /** Takes jobs and runs them; its blocks are those that were put there before. */
  readonly holder: ChildNode;
  /** Runs jobs; has no blocks but those that it fetches. */
  readonly stranger: ChildNode;
  readonly api: string;
  readonly jobs: JobsApi;
  /** Starts the stranger anew, without the blocks that it had; answers what `look` found of its folder meanwhile. */
  restartStranger<T>(look: (folder: string) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** Starts them below `folder`; their jobs may read the files in it, and URLs of this machine. */
export async function startStreamNodes(folder: string, signal: AbortSignal): Promise<StreamNodes> {
  const swarmKey = `/key/swarm/psk/1.0.0/\n/base16/\n${randomBytes(32).toString("hex")}\n`;
  const start = async (name: string, roles: readonly string[], bootstrap: readonly string[]) => {
    const config = {
      dataFolder: dataFolderOf(folder, name),
      api: { port: 0 },
      network: { listen: ["/ip4/127.0.0.1/tcp/0"], swarmKey, bootstrap },
      labels: { place: name },
      inputs: { http: { allowHosts: ["127.0.0.1"] } },
      compute: { localFolders: [folder] },
    };
    const file = join(folder, `${name}.yaml`);
    await mkdir(folder, { recursive: true });
    // JSON is YAML.
    await writeFile(file, JSON.stringify(config));
    const logFile = join(folder, `${name}.log`);
    const node = startChildNode({ name, args: ["--config", file, ...roles], logFile });
    return { node, ...(await node.ready) };
  };
  const holder = await start("holder", ["--requester", "--compute"], []);
  const jobs = openJobsApi(holder.api, signal);
  const startStranger = async (): Promise<ChildNode> => {
    const stranger = await start("stranger", ["--compute"], holder.addresses);
    await untilKnown(holder.api, stranger.nodeId, signal);
    return stranger.node;
  };
  let stranger = await startStranger();
  return {
    holder: holder.node,
    get stranger() {
      return stranger;
    },
    api: holder.api,
    jobs,
    async restartStranger(look) {
      await stranger.stop();
      const found = await look(dataFolderOf(folder, "stranger"));
      stranger = await startStranger();
      return found;
    },
    async stop() {
      await Promise.all([holder.node.stop(), stranger.stop()]);
    },
  };
}

/** Where the node `name` keeps everything. */
export function dataFolderOf(folder: string, name: string): string {
  return join(folder, `${name}-data`);
}

async function untilKnown(api: string, nodeId: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const response = await fetch(`${api}/api/v1/orchestrator/nodes`, { signal });
    const { Nodes } = (await response.json()) as {
      readonly Nodes: readonly {
        readonly Info: { readonly NodeID: string; readonly ComputeNodeInfo?: object };
        readonly ConnectionState: { readonly Status: string };
      }[];
    };
    const node = Nodes.find(({ Info }) => Info.NodeID === nodeId && Info.ComputeNodeInfo !== undefined);
    if (node?.ConnectionState.Status === "CONNECTED") return;
    await delay(LOOK_MS, undefined, { signal });
  }
}
