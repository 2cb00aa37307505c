import { CliError, EXIT } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { type NodeReady, onParentEnd, tellParent } from "../parent-process.ts";
import { paint } from "../terminal.ts";
import { serveFlags, type ServeOptions } from "../serve-flags.ts";

/** How long a node may take to stop; then the process ends anyway. */
export const STOP_TIMEOUT_MS = 15_000;
/** How long what a stopped node left behind may keep the process alive. */
const LINGER_MS = 2000;

/** `gadus serve`: starts a node, and serves until it is told to stop. */
export async function serve(
  context: Context,
  _args: readonly string[],
  options: ServeOptions,
): Promise<number> {
  const stopping = stopSignal(context.signal, options.endWithParent === true);
  const { loadConfig, startNode } = await import("@gadus/node");
  const config = await loadConfig({
    ...(options.config !== undefined && { file: options.config }),
    env: context.env,
    flags: serveFlags(options),
  });
  if (stopping.aborted) return EXIT.right;
  if (!config.requester.enabled && !config.compute.enabled) {
    context.terminal.err(
      "This node only serves content: add --requester to take jobs, or --compute to run them.",
    );
  }
  const node = await startNode(config);
  const ready: NodeReady = {
    ready: true,
    nodeId: node.nodeId,
    api: node.apiUrl,
    addresses: node.addresses().map(String),
    pid: process.pid,
  };
  announce(context, ready);
  tellParent(ready);
  await aborted(stopping);
  if (context.output === "table") context.terminal.err("Stopping; press Ctrl-C again to end at once.");
  await withinTimeout(node.stop());
  setTimeout(() => process.exit(), LINGER_MS).unref();
  return EXIT.right;
}

function announce({ terminal, output, quiet }: Context, ready: NodeReady): void {
  if (output === "json") return terminal.out(JSON.stringify(ready));
  if (quiet) return terminal.out(ready.nodeId);
  const label = (text: string): string => paint(terminal, "bold", text.padEnd(6));
  terminal.out(paint(terminal, "green", "Node is ready"));
  terminal.out(`  ${label("Id")}  ${ready.nodeId}`);
  terminal.out(`  ${label("API")}  ${ready.api}`);
  for (const [index, address] of ready.addresses.entries()) {
    terminal.out(`  ${label(index === 0 ? "Peers" : "")}  ${address}`);
  }
}

function stopSignal(interrupt: AbortSignal, endWithParent: boolean): AbortSignal {
  if (!endWithParent) return interrupt;
  const parent = new AbortController();
  onParentEnd(() => parent.abort());
  return AbortSignal.any([interrupt, parent.signal]);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

async function withinTimeout(stopped: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const message = `Cannot stop cleanly: still at it after ${STOP_TIMEOUT_MS / 1000} s`;
  const timer = setTimeout(() => late.reject(new CliError("cli/refused", message)), STOP_TIMEOUT_MS);
  try {
    await Promise.race([stopped, late.promise]);
  } catch (error) {
    setTimeout(() => process.exit(), LINGER_MS).unref();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
