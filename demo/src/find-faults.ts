import type { DevnetNode } from "@gadus/cli/start-devnet";
import { type ApiJobView, stateOf } from "@gadus/client";

/**
 * What is wrong with how a job ended on a devnet, in words; nothing where exactly the liars were refuted and every
 * other node published one and the same result.
 */
export function findFaults(
  { Job, Executions }: ApiJobView,
  nodes: readonly DevnetNode[],
  resultCids: readonly string[],
): readonly string[] {
  const faults: string[] = [];
  const { StateType, Message } = Job.State;
  if (StateType !== "Completed") faults.push(`the job is ${StateType}, not Completed: ${Message}`);
  const executions = Executions?.Items ?? [];
  const placed = new Map(executions.map((execution) => [execution.NodeID, execution]));
  const compute = nodes.filter((node) => node.name !== "requester");
  if (executions.length !== compute.length || placed.size !== compute.length) {
    faults.push(
      `${executions.length} executions on ${placed.size} nodes, not one on each of ${compute.length}`,
    );
  }
  for (const node of compute) {
    const execution = placed.get(node.nodeId);
    const state = execution === undefined ? "absent" : stateOf(execution);
    const wanted = node.liar ? "refuted" : "published";
    const character = node.liar ? "lies" : "is honest";
    if (state !== wanted)
      faults.push(`${node.name} ${character}, but its execution is ${state}, not ${wanted}`);
  }
  const distinct = new Set(resultCids);
  if (distinct.size !== 1) faults.push(`${distinct.size} different results were published, not one`);
  return faults;
}
