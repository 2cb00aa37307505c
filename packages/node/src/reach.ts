import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { isLoopback } from "./is-loopback.ts";

/** From how far away an address can be reached: from its own machine, from its own network, from everywhere. */
export const REACHES = ["machine", "network", "world"] as const;
export type Reach = (typeof REACHES)[number];

/** Private networks (RFC 1918, 6598 and 4193). */
const PRIVATE = new BlockList();
PRIVATE.addSubnet("10.0.0.0", 8, "ipv4");
PRIVATE.addSubnet("100.64.0.0", 10, "ipv4");
PRIVATE.addSubnet("172.16.0.0", 12, "ipv4");
PRIVATE.addSubnet("192.168.0.0", 16, "ipv4");
PRIVATE.addSubnet("fc00::", 7, "ipv6");

/** Addresses that no other machine serves anything at, or only a machine's own cloud, its secrets. */
const NOWHERE = new BlockList();
NOWHERE.addSubnet("0.0.0.0", 8, "ipv4");
NOWHERE.addAddress("100.100.100.200", "ipv4");
NOWHERE.addAddress("168.63.129.16", "ipv4");
NOWHERE.addSubnet("169.254.0.0", 16, "ipv4");
NOWHERE.addSubnet("224.0.0.0", 3, "ipv4");
NOWHERE.addAddress("::", "ipv6");
NOWHERE.addAddress("fd00:ec2::254", "ipv6");
NOWHERE.addSubnet("fe80::", 10, "ipv6");
NOWHERE.addSubnet("ff00::", 8, "ipv6");

/**
 * The reach of a host, a name or an address; undefined where nobody is to be sent to it.
 *
 * A name is taken for what it may be, the world's: what it stands for differs by who asks, and when.
 */
export function reachOf(host: string): Reach | undefined {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  const version = isIP(address);
  if (version === 0) return /(^|\.)localhost\.?$/i.test(address) ? "machine" : "world";
  if (isLoopback(address)) return "machine";
  const family = version === 6 ? "ipv6" : "ipv4";
  if (NOWHERE.check(address, family)) return undefined;
  return PRIVATE.check(address, family) ? "network" : "world";
}

/** How near a peer is that is seen at `multiaddr`; one of which that isn't known may be anywhere. */
export function nearnessOf(multiaddr: string | undefined): Reach {
  const address = /^\/ip[46]\/([^/]+)/.exec(multiaddr ?? "")?.[1] ?? "";
  if (isIP(address) === 0) return "world";
  // A machine that dials its own address in a network is on itself all the same.
  const own = Object.values(networkInterfaces()).flatMap((all = []) => all.map((each) => each.address));
  return own.includes(address) ? "machine" : (reachOf(address) ?? "world");
}

/** Whether what can be reached from as far as `reach` can be from as near as `nearness`. */
export function reaches(reach: Reach, nearness: Reach): boolean {
  return REACHES.indexOf(reach) >= REACHES.indexOf(nearness);
}
