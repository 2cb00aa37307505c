import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { isPublicAddress } from "@gadus/storage";

/**
 * Whether `registry`, as `host` or `host:port`, is one that anyone on the Internet could mean: a name all of whose
 * addresses are public, and none of this machine or its network.
 */
export async function isPublicRegistry(registry: string): Promise<boolean> {
  if (registry === "docker.io") return true;
  const host = registry.replace(/:\d+$/, "");
  if (isIP(host.replace(/^\[|\]$/g, "")) !== 0 || !host.includes(".")) return false;
  try {
    const found = await lookup(host, { all: true });
    return found.length > 0 && found.every(({ address }) => isPublicAddress(address));
  } catch {
    return false;
  }
}
