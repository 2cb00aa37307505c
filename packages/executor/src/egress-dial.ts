import { connect, isIPv4, type Socket } from "node:net";
import { abortable } from "./abortable.ts";
import type { EgressLimits } from "./egress-limits.ts";
import type { EgressRules, EgressTarget } from "./egress-rules.ts";

/** All addresses of a name. */
export type EgressLookup = (host: string) => Promise<readonly string[]>;

/** What kept the proxy from reaching a target: `status` is that of its answer, `reason` follows the target's name. */
export class EgressError extends Error {
  readonly status: 403 | 502 | 503 | 504;

  constructor(status: EgressError["status"], reason: string) {
    super(reason);
    this.status = status;
  }
}

/** Options of {@link createDialer}. */
export interface DialerOptions {
  readonly rules: EgressRules;
  readonly limits: EgressLimits;
  readonly lookup: EgressLookup;
}

/** Connects to a target that isn't refused by its name. @throws {EgressError} */
export type Dialer = (target: EgressTarget, signal: AbortSignal) => Promise<Socket>;

/**
 * A dialer that resolves a name once, and connects to one of the addresses found that the rules allow and to no other:
 * what the name means a moment later is of no matter.
 */
export function createDialer({ rules, limits, lookup }: DialerOptions): Dialer {
  const resolve = limitLookups(lookup, limits);
  return async (target, signal) => {
    const found = isIPv4(target.host) ? [target.host] : await resolve(target.host, signal);
    const allowed = found.filter((address) => rules.allowsAddress(target, address));
    if (allowed.length === 0) {
      throw found.length === 0
        ? new EgressError(502, "has no address")
        : new EgressError(403, "has no public address, whatever Network.Domains has");
    }
    let failure: unknown;
    for (const address of allowed.slice(0, limits.maxAddressesTried)) {
      try {
        return await connectTo(address, target.port, { signal, timeoutMs: limits.connectTimeoutMs });
      } catch (error) {
        if (signal.aborted) throw error;
        failure = error;
      }
    }
    throw failure;
  };
}

/**
 * Looks up `maxLookups` names at a time, each once for all who ask for it meanwhile; nobody waits longer than is
 * allowed, though a lookup itself can't be ended.
 */
function limitLookups(
  lookup: EgressLookup,
  { maxLookups, maxConnections, connectTimeoutMs }: EgressLimits,
): (host: string, signal: AbortSignal) => Promise<readonly string[]> {
  const pending = new Map<string, Promise<readonly string[]>>();
  const waiting: (() => void)[] = [];
  let active = 0;
  async function lookupInTurn(host: string): Promise<readonly string[]> {
    if (active < maxLookups) active++;
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    try {
      return await lookup(host);
    } catch {
      return [];
    } finally {
      pending.delete(host);
      const next = waiting.shift();
      if (next === undefined) active--;
      else next();
    }
  }
  return async (host, signal) => {
    let answer = pending.get(host);
    if (answer === undefined) {
      // Clients may be gone while their lookups still wait.
      if (pending.size >= maxConnections)
        throw new EgressError(503, "can't be resolved now: too many names are");
      answer = lookupInTurn(host);
      pending.set(host, answer);
    }
    const patience = AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]);
    try {
      return await abortable(answer, { signal: patience });
    } catch (error) {
      if (signal.aborted) throw error;
      throw new EgressError(504, `wasn't resolved within ${connectTimeoutMs} ms`);
    }
  };
}

function connectTo(
  address: string,
  port: number,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<Socket> {
  const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
  return new Promise((resolve, reject) => {
    const give = (error: Error): void => {
      signal.removeEventListener("abort", abort);
      socket.destroy();
      reject(error);
    };
    const abort = (): void => give(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    socket.setTimeout(timeoutMs, () => give(new EgressError(504, `didn't answer within ${timeoutMs} ms`)));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      give(new EgressError(502, `can't be connected to: ${error.code ?? "unknown error"}`));
    });
    socket.once("connect", () => {
      signal.removeEventListener("abort", abort);
      socket.removeAllListeners("timeout").removeAllListeners("error").setTimeout(0);
      resolve(socket);
    });
  });
}
