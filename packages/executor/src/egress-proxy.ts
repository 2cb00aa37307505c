import { lookup } from "node:dns/promises";
import { constants } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { Logger } from "@gadus/protocol";
import { createDialer, type EgressLookup } from "./egress-dial.ts";
import { EGRESS_LIMITS, type EgressLimits } from "./egress-limits.ts";
import { EgressRefusals } from "./egress-refusals.ts";
import { createEgressRules } from "./egress-rules.ts";
import { createEgressServer } from "./egress-server.ts";

/** Options of {@link openEgressProxy}. */
export interface EgressProxyOptions {
  /** Where it listens. The folder is made if need be, and opened for anyone to pass through. */
  readonly socketPath: string;
  /** What the job may reach: `Network.Domains`. */
  readonly domains: readonly string[];
  /** Hosts, as `host` or `host:port`, whose address may be private, and this port another than 80 and 443. */
  readonly allowHosts?: readonly string[];
  readonly logger: Logger;
  /** @default the system's resolver */
  readonly lookup?: EgressLookup;
  readonly limits?: Partial<EgressLimits>;
}

/** A proxy by which a job reaches its domains, and nothing else. */
export interface EgressProxy {
  /** What was refused, each `host:port` with the reason once: for the job's notes. */
  refusals(): readonly string[];
  /** Ends every connection. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a proxy on a Unix socket that takes `CONNECT` and `http://` requests for a job's domains on ports 80 and 443.
 *
 * It resolves a name itself, once, and dials what it found, if that is a public address. A tunnel to port 443 carries
 * TLS for a domain of the job's; what is asked for within TLS, or within a tunnel to port 80, is not looked at, so that
 * a server that stands for several domains can be asked for another than the one that the job lists.
 *
 * What else is at the path, such as the socket of a node that crashed, is removed first.
 *
 * @throws {ExecutorError} `executor/invalid-params` if a domain is none
 */
export async function openEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  const { socketPath, domains, allowHosts = [], logger } = options;
  const limits = { ...EGRESS_LIMITS, ...options.limits };
  const rules = createEgressRules(domains, allowHosts);
  const refusals = new EgressRefusals(logger, limits.maxRefusalsLogged);
  const dial = createDialer({ rules, limits, lookup: options.lookup ?? systemLookup });
  const proxy = createEgressServer({ rules, limits, refusals, dial });
  const folder = dirname(socketPath);
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  // By way of its folder's descriptor a path is as short as a socket's must be, and leads to this folder only.
  const path = `/proc/self/fd/${handle.fd}/${basename(socketPath)}`;
  try {
    await handle.chmod(0o711);
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      proxy.server.once("error", reject).once("listening", resolve);
      proxy.server.listen({ path, readableAll: true, writableAll: true });
    });
  } catch (error) {
    await handle.close();
    throw error;
  }
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const ended = new Promise((resolve) => proxy.server.close(resolve));
    proxy.end();
    await ended;
    await handle.close();
  };
  return {
    refusals: () => refusals.list,
    close() {
      closed ??= close();
      return closed;
    },
  };
}

async function systemLookup(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
