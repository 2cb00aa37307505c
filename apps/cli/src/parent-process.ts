/** What a node says to the process that started it, once it serves; `serve --output json` prints it. */
export interface NodeReady {
  readonly ready: true;
  readonly nodeId: string;
  /** The address of its API. */
  readonly api: string;
  /** Multiaddrs, each with the node's id. */
  readonly addresses: readonly string[];
  readonly pid: number;
}

const CHECK_PARENT_MS = 1000;

/** Tells the process that started this one, where it listens. */
export function tellParent(ready: NodeReady): void {
  process.send?.(ready);
}

/**
 * Calls `ended` once the process that started this one is gone, however it went: its channel to this one closes, or
 * where there is none, another process takes its place.
 */
export function onParentEnd(ended: () => void): void {
  if (process.connected) {
    process.once("disconnect", ended);
    // Without a listener for messages the channel would keep nobody waiting, but with one it keeps the process alive.
    process.channel?.unref();
    return;
  }
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    ended();
  }, CHECK_PARENT_MS);
  timer.unref();
}

/** Whether `message`, from a process that this one started, says that a node serves. */
export function isNodeReady(message: unknown): message is NodeReady {
  return typeof message === "object" && message !== null && "ready" in message && message.ready === true;
}
