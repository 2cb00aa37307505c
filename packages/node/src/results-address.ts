import { isIP, isIPv6 } from "node:net";
import type { NodeConfig } from "./config/config-schema.ts";
import { reachOf } from "./reach.ts";

const EVERY_ADDRESS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/**
 * The host by which those who download results reach this node.
 *
 * `addresses` are the multiaddrs that it tells other nodes: one host of them counts where the API listens on all.
 */
export function resultsHost({ api, compute }: NodeConfig, addresses: readonly string[]): string {
  const { url } = compute.publishers.local;
  if (url !== undefined) return new URL(url).hostname;
  if (!EVERY_ADDRESS.has(api.host)) return inUrl(api.host);
  const hosts = addresses.flatMap((address) => /^\/(?:ip[46]|dns[46]?)\/([^/]+)/.exec(address)?.[1] ?? []);
  // An API on 0.0.0.0 has no IPv6.
  const heard = hosts.filter((host) => api.host === "::" || !isIPv6(host));
  return inUrl(heard.find((host) => isElsewhere(host)) ?? "127.0.0.1");
}

/** The address below which results are; `apiUrl` is where the API listens. */
export function resultsAddress(config: NodeConfig, addresses: readonly string[], apiUrl: string): URL {
  const { url } = config.compute.publishers.local;
  if (url !== undefined) return new URL(url);
  const { protocol, port } = new URL(apiUrl);
  return new URL(`${protocol}//${resultsHost(config, addresses)}${port === "" ? "" : `:${port}`}/`);
}

function isElsewhere(host: string): boolean {
  const reach = reachOf(host);
  return reach !== undefined && reach !== "machine";
}

function inUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}
