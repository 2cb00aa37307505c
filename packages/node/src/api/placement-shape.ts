import type { JobRecord, PlacementReport } from "@gadus/requester";
import type { Json } from "./api-shapes.ts";

/** Where a job is placed, and why not elsewhere. */
export function placementShape(report: PlacementReport & { readonly job: JobRecord }): Json {
  const { job, summary, able, reasons, nodes } = report;
  return {
    JobID: job.jobId,
    JobVersion: job.jobVersion,
    Summary: summary,
    Able: able,
    Known: nodes.length,
    Reasons: reasons.map(({ reason, count }) => ({ Reason: reason, Count: count })),
    Nodes: nodes.map((node) => ({
      NodeID: node.nodeId,
      Connected: node.connected,
      Score: Math.round(node.score * 1000) / 1000,
      Able: node.able,
      Bid: node.bid,
      Reason: node.reason,
      Executions: node.executions,
    })),
  };
}
