import type { ComputeOffer } from "@gadus/protocol";
import { type NodeView, type Reputation, scoreOf } from "@gadus/requester";
import { type Json, resourcesShape } from "./api-shapes.ts";

/** A node as a requester knows it, with what the requester saw of it. */
export function nodeShape(node: NodeView, reputation: Reputation | undefined): Json {
  const status = node.connected ? "CONNECTED" : "DISCONNECTED";
  return {
    Info: nodeInfoShape(node),
    Membership: node.membership.toUpperCase(),
    Connection: status,
    ConnectionState: {
      Status: status,
      LastHeartbeat: timeShape(node.announcedAtMs),
      ConnectedSince: timeShape(node.connectedSinceMs),
      DisconnectedSince: timeShape(node.disconnectedSinceMs),
      LastError: "",
    },
    Reputation: reputationShape(reputation),
  };
}

/** How often each kind of end was seen, older ones counting less; `Score` is 0.5 of a node that is unknown. */
function reputationShape(seen: Reputation | undefined): Json {
  const { verified, refuted, failed, late } = seen ?? { verified: 0, refuted: 0, failed: 0, late: 0 };
  const rounded = (value: number): number => Math.round(value * 1000) / 1000;
  return {
    Verified: rounded(verified),
    Refuted: rounded(refuted),
    Failed: rounded(failed),
    Late: rounded(late),
    Score: rounded(scoreOf({ verified, refuted, failed, late })),
  };
}

/** What a node says of itself. */
export function nodeInfoShape({
  nodeId,
  address,
  announcement,
}: Pick<NodeView, "nodeId" | "address" | "announcement">): Json {
  const compute = announcement?.compute;
  return {
    NodeID: nodeId,
    NodeType: compute === undefined && announcement?.requester === true ? "Requester" : "Compute",
    Labels: announcement?.labels ?? {},
    SupportedProtocols: ["gadus/bid/1.0.0"],
    BacalhauVersion: versionShape(announcement?.version ?? ""),
    ...(compute !== undefined && { ComputeNodeInfo: computeShape(compute, address ?? "") }),
  };
}

function computeShape(offer: ComputeOffer, address: string): Json {
  return {
    ExecutionEngines: offer.engines.map((engine) => engine.type),
    Publishers: offer.publishers,
    StorageSources: offer.storage,
    MaxCapacity: resourcesShape(offer.maxCapacity),
    QueueCapacity: resourcesShape({ cpuMillis: 0, memoryBytes: 0, diskBytes: 0, gpus: 0 }),
    AvailableCapacity: resourcesShape(offer.availableCapacity),
    MaxJobRequirements: resourcesShape(offer.maxExecution),
    RunningExecutions: offer.runningExecutions,
    EnqueuedExecutions: offer.queuedExecutions,
    address,
    Engines: offer.engines.map(({ type, profiles, facts = {} }) => ({
      Type: type,
      Profiles: profiles,
      Facts: facts,
    })),
    UnavailableEngines: (offer.unavailable ?? []).map(({ type, reason }) => ({ Type: type, Reason: reason })),
  };
}

/** A version such as `0.1.0`, in the parts that clients expect. */
export function versionShape(version: string): Json {
  const [major = "0", minor = "0"] = version.split(".");
  return {
    Major: major,
    Minor: minor,
    GitVersion: version === "" ? "" : `v${version}`,
    GitCommit: "",
    BuildDate: NO_TIME,
    GOOS: process.platform,
    GOARCH: process.arch === "x64" ? "amd64" : process.arch,
  };
}

/** How such clients write "never". */
const NO_TIME = "0001-01-01T00:00:00Z";

function timeShape(ms: number | undefined): string {
  return ms === undefined ? NO_TIME : new Date(ms).toISOString();
}
