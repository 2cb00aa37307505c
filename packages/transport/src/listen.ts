import type { Announcement, JobEvent, Message } from "@gadus/protocol";
import type { Transport } from "./transport.ts";

/** One thing that a transport told. */
export type HeardEvent =
  | { readonly type: "message"; readonly from: string; readonly message: Message }
  | { readonly type: "connected"; readonly from: string }
  | { readonly type: "disconnected"; readonly from: string }
  | { readonly type: "announcement"; readonly from: string; readonly announcement: Announcement }
  | { readonly type: "jobEvent"; readonly from: string; readonly event: JobEvent };

type HeardOf<T extends HeardEvent["type"]> = Extract<HeardEvent, { type: T }>;

/** All that a transport has told, and ways to wait for more. */
export interface Heard {
  readonly all: readonly HeardEvent[];
  /** The events of `type` so far, once there are `count` of them. */
  of<T extends HeardEvent["type"]>(type: T, count: number): Promise<readonly HeardOf<T>[]>;
  /** Settles once `from` connected for the `times`-th time. */
  connected(from: string, times?: number): Promise<void>;
  disconnected(from: string): Promise<void>;
}

/** Writes down what `transport` tells, for tests. */
export function listenTo(transport: Transport): Heard {
  const all: HeardEvent[] = [];
  const waiting = new Set<() => void>();
  const hear = (event: HeardEvent) => {
    all.push(event);
    for (const check of waiting) check();
  };
  transport.on({
    message: (from, message) => hear({ type: "message", from, message }),
    connected: ({ nodeId }) => hear({ type: "connected", from: nodeId }),
    disconnected: (from) => hear({ type: "disconnected", from }),
    announcement: (from, announcement) => hear({ type: "announcement", from, announcement }),
    jobEvent: (from, event) => hear({ type: "jobEvent", from, event }),
  });

  function until<T>(find: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const check = () => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  }
  const count = (type: HeardEvent["type"], from: string) =>
    all.filter((event) => event.type === type && event.from === from).length;
  const seen = async (type: HeardEvent["type"], from: string, times: number) => {
    await until(() => (count(type, from) >= times ? true : undefined));
  };
  return {
    all,
    of: (type, wanted) =>
      until(() => {
        const found = all.filter((event) => event.type === type) as HeardOf<typeof type>[];
        return found.length >= wanted ? found : undefined;
      }),
    connected: (from, times = 1) => seen("connected", from, times),
    disconnected: (from) => seen("disconnected", from, 1),
  };
}
