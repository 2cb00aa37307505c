import { lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { isPublicAddress } from "./public-address.ts";
import { StorageError } from "./storage-error.ts";

/** Which hosts a node fetches URLs from. */
export interface HttpPolicy {
  /** Whether from any host with a public address. */
  readonly publicHosts: boolean;
  /**
   * Hosts, as `host` or `host:port`, that are allowed beside those, whatever their address.
   *
   * @default none
   */
  readonly allowHosts?: readonly string[];
}

/** The longest URL that is fetched. */
const MAX_URL_LENGTH = 2048;

const PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/**
 * `text` as a URL that may be fetched, as far as can be said before its name is resolved.
 *
 * @throws {StorageError} `storage/invalid-source`, `storage/not-allowed`
 */
export function checkUrl(text: string, policy: HttpPolicy): URL {
  const url = URL.canParse(text) && text.length <= MAX_URL_LENGTH ? new URL(text) : undefined;
  if (url === undefined || PORTS[url.protocol] === undefined || url.username !== "" || url.password !== "") {
    const message = `Cannot fetch "${text.slice(0, 200)}": it is no http: or https: URL, without a user, of at most ${MAX_URL_LENGTH} characters`;
    throw new StorageError("storage/invalid-source", message, { blame: "job" });
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isListed(url, policy)) return url;
  if (!policy.publicHosts) throw notAllowed(host, "is not among those that this node fetches from");
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw notAllowed(host, "is no public address");
  return url;
}

/** Resolves names for connections to `url`: what comes of it, and nothing else, is dialled. */
export function lookupFor(url: URL, policy: HttpPolicy): LookupFunction {
  const isAnyAllowed = isListed(url, policy);
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      const allowed = error ? [] : found.filter(({ address }) => isAnyAllowed || isPublicAddress(address));
      const [first] = allowed;
      if (error) callback(error, []);
      else if (first === undefined) callback(notAllowed(name, "has no public address"), []);
      else if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function isListed({ hostname, protocol, port }: URL, { allowHosts = [] }: HttpPolicy): boolean {
  const places = [hostname, `${hostname}:${port || PORTS[protocol]}`];
  return allowHosts.some((host) => places.includes(host.toLowerCase()));
}

function notAllowed(host: string, state: string): StorageError {
  return new StorageError("storage/not-allowed", `Cannot fetch from host "${host}": it ${state}`, {
    hint: "The operator of the node lists other hosts in inputs.http.allowHosts.",
  });
}
