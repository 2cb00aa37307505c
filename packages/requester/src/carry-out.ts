import type { JobDraft } from "./job-draft.ts";
import { applyEffect, type EffectContext, type EffectPorts, partitionOf } from "./effects.ts";
import type { NetworkView } from "./network-view.ts";
import { type Plan, planJob } from "./reconcile.ts";
import type { StoredJob } from "./store.ts";

/** Rounds of deciding and acting in one step. */
const MAX_ROUNDS = 64;

/** What a plan is carried out with. */
export interface CarryOutPorts extends EffectPorts {
  network(): NetworkView;
  /** A node let an ask pass, or answered one. */
  answered(nodeId: string, inTime: boolean): void;
}

/**
 * Decides and acts on a draft until nothing is left to do; answers the plan of that state, which has nothing that
 * can be done at once, or undefined where so much is left that it is another step.
 */
export async function carryOut(
  draft: JobDraft,
  context: EffectContext,
  ports: CarryOutPorts,
): Promise<Plan | undefined> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const before = draft.view.executions;
    const plan = planJob(draft.view, ports.network(), draft.nowMs);
    const changed = await applyAll(plan, context, ports);
    if (!changed) return plan;
    noteSilence(before, draft, ports);
  }
  return undefined;
}

async function applyAll({ effects }: Plan, context: EffectContext, ports: CarryOutPorts): Promise<boolean> {
  const { draft } = context;
  let changed = false;
  const decided = new Set<number>();
  for (const effect of effects) {
    const partition = partitionOf(effect, draft);
    if (partition !== undefined && decided.has(partition)) continue;
    const done = await applyEffect(effect, context, ports);
    changed ||= done;
    if (!done || effect.kind === "move" || effect.kind === "ask") continue;
    // What else was to be done for the partition was decided before this.
    if (partition === undefined || draft.job.failure !== undefined) break;
    decided.add(partition);
  }
  return changed;
}

function noteSilence(before: StoredJob["executions"], draft: JobDraft, ports: CarryOutPorts): void {
  for (const { id, nodeId, state } of before) {
    if (state === "asked" && draft.execution(id)?.failure?.code === "requester/no-answer") {
      draft.tasks.push(() => ports.answered(nodeId, false));
    }
  }
}
