import type { Clock, Logger } from "@gadus/protocol";
import { messageOf } from "@gadus/protocol";
import type { GadusLibp2p } from "./libp2p-node.ts";
import { TransportError } from "./transport-error.ts";

const STOP_TIMEOUT_MS = 5000;

/**
 * Starts `libp2p`; where that fails, nothing of it keeps running.
 *
 * @throws {TransportError} `transport/address-in-use`, `transport/invalid-address`
 */
export async function startNode(libp2p: GadusLibp2p): Promise<void> {
  try {
    await libp2p.start();
  } catch (error) {
    await libp2p.stop();
    throw listenError(error);
  }
}

function listenError(error: unknown): unknown {
  const text = messageOf(error);
  // libp2p has only text here: its error lists each address, then what the operating system said.
  const busy = /EADDRINUSE: address already in use (\S+)/.exec(text)?.[1];
  if (busy !== undefined) {
    const hint = "Stop the process that listens there, or configure another port; port 0 takes any free one.";
    const message = `Cannot listen on ${busy}: another process listens there already. ${hint}`;
    return new TransportError("transport/address-in-use", message, { hint, cause: error });
  }
  const refused = /(EADDRNOTAVAIL|EACCES|ENOTFOUND)[^\n]*/.exec(text)?.[0];
  if (refused === undefined && !text.includes("failed to be listened on")) return error;
  const hint = "Listen on an address of this machine, such as /ip4/0.0.0.0/tcp/4101, and a port above 1023.";
  const message = `Cannot listen: ${refused ?? text.trim()}`;
  return new TransportError("transport/invalid-address", message, { hint, cause: error });
}

/** Stops `libp2p`, and waits no longer than five seconds for it. */
export async function stopNode(libp2p: GadusLibp2p, clock: Clock, logger: Logger): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const timer = clock.setTimer(STOP_TIMEOUT_MS, () => resolve("late"));
  const outcome = await Promise.race([Promise.resolve(libp2p.stop()), late]);
  timer.cancel();
  if (outcome === "late") logger.warn("libp2p did not stop in time", { timeoutMs: STOP_TIMEOUT_MS });
}
