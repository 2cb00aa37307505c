import type { Clock, Timer } from "@gadus/protocol";
import type { NodeTable, NodeView } from "./node-table.ts";
import { refuseNode } from "./rank-nodes.ts";
import type { JobRecord } from "./records.ts";
import { roomFor } from "./room-for.ts";

/** Between looks at a network that changes. */
const PAUSE_MS = 50;

/** What a watch works with. */
export interface NetworkWatchPorts {
  readonly clock: Clock;
  readonly nodes: NodeTable;
  /** Every live job, the oldest first. */
  jobs(): Iterable<JobRecord>;
  poke(jobIds: readonly string[]): void;
}

/** Has jobs that wait for nodes look again: soon, since nodes often come, and tell of themselves, many at a time. */
export class NetworkWatch {
  readonly #ports: NetworkWatchPorts;
  readonly #changed = new Set<string>();
  #timer: Timer | undefined;

  constructor(ports: NetworkWatchPorts) {
    this.#ports = ports;
  }

  /** A node came, or told of itself. */
  changed(nodeId: string): void {
    this.#changed.add(nodeId);
    this.#timer ??= this.#ports.clock.setTimer(PAUSE_MS, () => this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#changed.clear();
  }

  #look(): void {
    this.#timer = undefined;
    const changed = Array.from(this.#changed, (nodeId) => this.#ports.nodes.node(nodeId));
    this.#changed.clear();
    const rooms = new Map<NodeView, number>();
    const helped: string[] = [];
    for (const job of this.#ports.jobs()) {
      const node = changed.find((each) => each !== undefined && helps(each, job, rooms));
      if (node !== undefined) helped.push(job.jobId);
    }
    this.#ports.poke(helped);
  }
}

/** Whether a job waits for such a node, and jobs before it leave room there: that is taken then. */
function helps(
  node: NodeView,
  { waiting, failure, task, spec }: JobRecord,
  rooms: Map<NodeView, number>,
): boolean {
  const offer = node.announcement?.compute;
  if (waiting === undefined || failure !== undefined || task === undefined || offer === undefined)
    return false;
  const { terms } = task;
  const room = rooms.get(node) ?? roomFor(offer, terms.resources);
  if (room <= 0) return false;
  if (refuseNode(node, { terms, constraints: spec.constraints, skipFull: true }) !== undefined) return false;
  rooms.set(node, room - 1);
  return true;
}
