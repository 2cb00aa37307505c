import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "../is-loopback.ts";
import { NodeError } from "../node-error.ts";

/** Whose pages may have browsers use the API. */
export interface Sites {
  /** Origins beside the API's own, and names by which the API may be asked for; `*` is any. */
  readonly origins: readonly string[];
  /** Whether only this machine can reach the API. */
  readonly isLoopback: boolean;
}

/**
 * Refuses what a page of another site has a browser send, which needs no key where those without one may do something.
 *
 * An API on loopback must be asked for by a name of loopback's: a page whose name was made to lead here has its own.
 *
 * @throws {NodeError} `node/foreign-site`
 */
export function checkSite({ origin, host }: IncomingHttpHeaders, sites: Sites): void {
  if (sites.isLoopback && host !== undefined && !isOwnName(host, sites.origins)) {
    throw foreign(`it was asked for as "${host}", and it is there for this machine only`);
  }
  if (origin === undefined || isAllowed(origin, sites.origins)) return;
  if (URL.parse(origin)?.host === host?.toLowerCase()) return;
  throw foreign(`a page of "${origin}" had it sent`);
}

/** Whether pages of `origin` may use the API. */
export function isAllowed(origin: string, origins: readonly string[]): boolean {
  return origins.some((allowed) => allowed === "*" || allowed.toLowerCase() === origin.toLowerCase());
}

function isOwnName(host: string, origins: readonly string[]): boolean {
  const name = URL.parse(`http://${host}`)?.hostname ?? "";
  if (isLoopback(name.replace(/^\[(.*)\]$/, "$1"))) return true;
  return origins.some((origin) => origin === "*" || URL.parse(origin)?.host === host.toLowerCase());
}

function foreign(state: string): NodeError {
  return new NodeError("node/foreign-site", `Cannot answer without a key: ${state}`, {
    hint: "Send an API key (Authorization: Bearer KEY), or add the page's origin to api.cors.origins.",
  });
}
