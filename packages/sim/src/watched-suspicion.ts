import type { Clock } from "@gadus/protocol";
import { DEFAULT_REQUESTER_OPTIONS, type RequesterStore } from "@gadus/requester";
import type { Transport } from "@gadus/transport";
import type { RequesterPart } from "./scenario.ts";
import type { Surroundings } from "./surroundings.ts";

/** What may come on top of the time that a node may be gone. */
const SLACK_MS = 2_000;
const SETTLE_MS = 2_000;

/** Who watches for lost nodes. */
export interface SuspicionParts {
  readonly part: RequesterPart;
  readonly around: Surroundings;
  stored(): RequesterStore;
}

/** Checks that what a node had whose connection broke is given up soon, unless the node is back. */
export function watchSuspicion(transport: Transport, clock: Clock, parts: SuspicionParts): void {
  const { part, around } = parts;
  const { checks, scenario } = around;
  const isHindered = ({ kind, node }: { kind: string; node?: unknown }): boolean =>
    node === part.id && (kind === "clock" || kind === "full-disk");
  if (scenario.faults.some((fault) => isHindered(fault))) return;
  const goneSince = new Map<string, number>();
  const startedAtMs = clock.nowMs();
  const withinMs = DEFAULT_REQUESTER_OPTIONS.suspectAfterMs + SLACK_MS;

  async function look(nodeId: string, sinceMs: number): Promise<void> {
    if (goneSince.get(nodeId) !== sinceMs) return;
    for await (const { job, executions } of parts.stored().liveJobs()) {
      for (const { id, state, nodeId: of, modifiedAtMs } of executions) {
        const isHeld = of === nodeId && (state === "accepted" || state === "running");
        if (!isHeld || clock.nowMs() < modifiedAtMs + withinMs || job.status !== "Running") continue;
        checks.fail("what a lost node had is given up soon", `${id} of ${nodeId} is ${state} at ${part.id}`);
      }
    }
  }

  transport.on({
    connected: ({ nodeId }) => {
      goneSince.delete(nodeId);
    },
    disconnected(nodeId) {
      const sinceMs = clock.nowMs();
      goneSince.set(nodeId, sinceMs);
      const settledMs = Math.max(0, startedAtMs + SETTLE_MS + SLACK_MS - sinceMs);
      clock.setTimer(Math.max(withinMs, settledMs), () => {
        look(nodeId, sinceMs).catch((error: unknown) => checks.fail("nothing throws", String(error)));
      });
    },
  });
}
