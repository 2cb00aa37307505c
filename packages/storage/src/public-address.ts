import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";

/** IPv4 networks that are not, or not only, on the public Internet: IANA's registry, and one cloud's metadata. */
const IPV4_SPECIAL = blockList("ipv4", [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
]);
/** Outside of it are loopback, private, link-local and multicast networks, and IPv4 addresses in other forms. */
const IPV6_GLOBAL = blockList("ipv6", [["2000::", 3]]);
const IPV6_SPECIAL = blockList("ipv6", [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
]);

/**
 * Whether `address` is one that anyone on the Internet could mean: neither of a private network, nor of this machine,
 * nor one by which clouds tell a machine its secrets.
 */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0 || address.includes("%") || ownAddresses().has(address)) return false;
  if (version === 4) return !IPV4_SPECIAL.check(address, "ipv4");
  return IPV6_GLOBAL.check(address, "ipv6") && !IPV6_SPECIAL.check(address, "ipv6");
}

function ownAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address)));
}

function blockList(family: "ipv4" | "ipv6", networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, family);
  return list;
}
