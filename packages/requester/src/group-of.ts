import type { NodeView } from "./node-table.ts";

/**
 * The group of nodes that one party may well control: at most one execution of a partition goes to each.
 *
 * The operator where it is known; otherwise the public network prefix (IPv4 /16, IPv6 /32). Private and loopback
 * addresses, and names, count as one group each node.
 */
export function groupOf(node: Pick<NodeView, "nodeId" | "address"> & { readonly operator?: string }): string {
  if (node.operator !== undefined) return `operator:${node.operator}`;
  const prefix = publicPrefix(node.address ?? "");
  return prefix === undefined ? `node:${node.nodeId}` : `net:${prefix}`;
}

function publicPrefix(multiaddr: string): string | undefined {
  const [, family, address] = multiaddr.split("/");
  if (address === undefined) return undefined;
  if (family === "ip4") return publicIp4Prefix(address);
  return family === "ip6" ? publicIp6Prefix(address.toLowerCase()) : undefined;
}

function publicIp4Prefix(address: string): string | undefined {
  const [a = 0, b = 0] = address.split(".").map(Number);
  const isPrivate =
    a === 0 ||
    a === 10 ||
    a === 127 ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168);
  return isPrivate ? undefined : `${a}.${b}`;
}

function publicIp6Prefix(address: string): string | undefined {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  if (mapped?.[1] !== undefined) return publicIp4Prefix(mapped[1]);
  const isPrivate = /^(::1?$|f[cd]|fe[89ab])/.test(address);
  return isPrivate ? undefined : address.split(":").slice(0, 2).join(":");
}
