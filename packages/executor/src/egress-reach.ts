import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { type Dialer, EgressError } from "./egress-dial.ts";
import type { EgressLimits } from "./egress-limits.ts";
import type { EgressRefusals } from "./egress-refusals.ts";
import type { EgressRules, EgressTarget } from "./egress-rules.ts";

/** What a proxy decides by, and acts with. */
export interface EgressContext {
  readonly rules: EgressRules;
  readonly limits: EgressLimits;
  readonly refusals: EgressRefusals;
  readonly dial: Dialer;
}

/** An answer of the proxy's own. */
export interface EgressAnswer {
  readonly status: number;
  readonly text: string;
}

const MAX_QUOTED = 100;

/**
 * A connection to `target`, which is given up when `client` closes.
 *
 * @throws {EgressError} also where the rules refuse it by its name
 */
export async function reach(
  { rules, dial }: EgressContext,
  target: EgressTarget,
  client: EventEmitter,
): Promise<Socket> {
  const reason = rules.refuse(target);
  if (reason !== undefined) throw new EgressError(403, reason);
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  client.once("close", abort);
  try {
    return await dial(target, gone.signal);
  } finally {
    client.off("close", abort);
  }
}

/** What is answered where `error` kept the proxy from doing what it was asked for; a refusal is taken down. */
export function explain({ refusals }: EgressContext, target: EgressTarget, error: unknown): EgressAnswer {
  const { status, message } = error instanceof EgressError ? error : new EgressError(502, "can't be reached");
  const words = status === 403 ? refusals.add(target, message) : `${target.host}:${target.port} ${message}`;
  return { status, text: `Cannot reach ${words}` };
}

/** What is answered to a request whose target can't be read, or isn't one that a job may name in this way. */
export function misread(url = ""): EgressAnswer {
  const quoted = JSON.stringify(url.slice(0, MAX_QUOTED));
  const text = `Cannot reach ${quoted}: this is a proxy for http://<domain>/ and CONNECT <domain>:443, where <domain> is among Network.Domains, and no IPv6 address or number that stands for an address`;
  return { status: 403, text };
}
