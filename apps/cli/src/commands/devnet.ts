import { EXIT } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { type Devnet, type DevnetOptions, startDevnet } from "../start-devnet.ts";
import { renderTable } from "../table.ts";
import { paint } from "../terminal.ts";

/** `gadus devnet`: a network on this machine, until it is told to stop. */
export async function devnet(
  context: Context,
  _args: readonly string[],
  options: DevnetOptions,
): Promise<number> {
  const { signal, terminal, output } = context;
  const startedMs = performance.now();
  const human = output === "table" && !context.quiet;
  if (human) terminal.err(`Starting 1 requester and ${options.compute} compute nodes`);
  const net = await startDevnet(options, signal);
  try {
    announce(context, net, (performance.now() - startedMs) / 1000);
    await untilStopped(net, signal);
  } finally {
    if (human) terminal.err("Stopping; press Ctrl-C again to end at once.");
    await net.stop();
  }
  return EXIT.right;
}

function announce({ terminal, output, quiet }: Context, { api, dir, nodes }: Devnet, seconds: number): void {
  if (output === "json") return terminal.out(JSON.stringify({ ready: true, api, dir, nodes }));
  if (quiet) return terminal.out(api);
  const columns = [
    { title: "NAME" },
    { title: "NODE", shrink: "late" as const },
    { title: "API" },
    { title: "PID" },
  ];
  const rows = nodes.map((node) => [
    node.liar ? `${node.name} (lies)` : node.name,
    node.nodeId,
    node.api,
    String(node.pid),
  ]);
  for (const line of renderTable(columns, rows, terminal.columns)) terminal.out(line);
  terminal.out("");
  terminal.out(
    `${paint(terminal, "green", "ready")} in ${seconds.toFixed(1)} s; logs are in ${dir}/*/serve.log`,
  );
  terminal.out(`Try: gadus wasm run MODULE.wasm --concurrency ${nodes.length - 1} --api ${api}`);
}

async function untilStopped({ failed }: Devnet, signal: AbortSignal): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([stopped, failed]);
}
