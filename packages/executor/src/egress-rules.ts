import { BlockList, isIPv4 } from "node:net";
import { isPublicAddress } from "@gadus/storage";
import { ExecutorError } from "./executor-error.ts";

/** Where a client of the proxy wants to go: a name, or an IPv4 address, in lower case without a dot at its end. */
export interface EgressTarget {
  readonly host: string;
  readonly port: number;
}

/** What a job may reach. */
export interface EgressRules {
  /** Why `target` is refused, as what follows its name; undefined if it isn't, as far as can be told by its name. */
  refuse(target: EgressTarget): string | undefined;
  /** Whether any port of `host` is open: what TLS is told may be another name than what was asked for. */
  coversHost(host: string): boolean;
  /** Whether `address`, which `target` stands for, may be dialled. */
  allowsAddress(target: EgressTarget, address: string): boolean;
}

/** The ports of a domain that are open to a job. */
const PORTS: readonly number[] = [80, 443];
const MAX_HOST_LENGTH = 253;
const NAME = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
const AUTHORITY = /^(?<host>[^\s:@/?#[\]]+)(?::(?<port>\d{1,5}))?$/;
/** By these a cloud tells a machine its secrets: nobody's list opens them. */
const NEVER = new BlockList();
NEVER.addSubnet("169.254.0.0", 16, "ipv4");
NEVER.addAddress("100.100.100.200", "ipv4");
NEVER.addAddress("168.63.129.16", "ipv4");
NEVER.addSubnet("fe80::", 10, "ipv6");
NEVER.addAddress("fd00:ec2::254", "ipv6");

/**
 * The rules for a job that lists `domains`, on a node whose operator lists `allowHosts`.
 *
 * A domain is a name, `example.com`, for itself; `*.example.com` or `.example.com` for all below it but not itself; or
 * a public IPv4 address. An entry of `allowHosts`, `host` or `host:port`, opens no domain that the job doesn't list: it
 * says that the host's address may be private, and that this port is open beside 80 and 443.
 *
 * @throws {ExecutorError} `executor/invalid-params`
 */
export function createEgressRules(domains: readonly string[], allowHosts: readonly string[]): EgressRules {
  const exact = new Set<string>();
  const suffixes: string[] = [];
  for (const [index, domain] of domains.entries()) {
    const { name, isSuffix } = parseDomain(domain, index);
    if (isSuffix) suffixes.push(`.${name}`);
    else exact.add(name);
  }
  const listed = new Set(allowHosts.map((entry) => entry.toLowerCase()));
  const isListed = ({ host, port }: EgressTarget): boolean =>
    listed.has(host) || listed.has(`${host}:${port}`);
  const coversHost = (host: string): boolean =>
    exact.has(host) || (!isIPv4(host) && suffixes.some((suffix) => host.endsWith(suffix)));
  return {
    coversHost,
    refuse(target) {
      const { host, port } = target;
      if (!coversHost(host)) return "is not among Network.Domains";
      if (!PORTS.includes(port) && !listed.has(`${host}:${port}`)) {
        return "is on a port other than 80 and 443, whatever Network.Domains has";
      }
      if (isIPv4(host) && !this.allowsAddress(target, host)) {
        return "is no public address, whatever Network.Domains has";
      }
      return undefined;
    },
    allowsAddress(target, address) {
      if (NEVER.check(address, isIPv4(address) ? "ipv4" : "ipv6")) return false;
      return isPublicAddress(address) || isListed(target);
    },
  };
}

/**
 * What `authority`, `host` or `host:port`, means; undefined if it is no name and no IPv4 address in its usual form, such
 * as one with a user, an IPv6 address, or a number that stands for an address.
 */
export function parseAuthority(authority: string, defaultPort: number | undefined): EgressTarget | undefined {
  const { host = "", port = String(defaultPort ?? 0) } = AUTHORITY.exec(authority)?.groups ?? {};
  const name = parseHost(host);
  const number = Number(port);
  return name === undefined || number < 1 || number > 65_535 ? undefined : { host: name, port: number };
}

/** `text` in lower case and without a dot at its end; undefined if it isn't a name or an IPv4 address as it is usual. */
export function parseHost(text: string): string | undefined {
  const host = text.toLowerCase().replace(/\.$/, "");
  if (host.length > MAX_HOST_LENGTH || !NAME.test(host)) return undefined;
  // Systems read 127.1, 0x7f000001 and 2130706433 as addresses, and so does URL.
  const url = `http://${host}/`;
  return URL.canParse(url) && new URL(url).hostname === host ? host : undefined;
}

function parseDomain(domain: string, index: number): { readonly name: string; readonly isSuffix: boolean } {
  const bare = domain.replace(/^\*?\./, "");
  const name = parseHost(bare);
  const isSuffix = bare !== domain;
  if (name !== undefined && !(isSuffix && isIPv4(name))) return { name, isSuffix };
  const field = `Network.Domains[${index}]`;
  const message = `Cannot open "${domain}" to a job: ${field} is no domain`;
  const hint =
    "Write example.com for one host, *.example.com for all below it, without a scheme, port or path.";
  throw new ExecutorError("executor/invalid-params", message, { blame: "job", field, hint });
}
