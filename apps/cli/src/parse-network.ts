import { usageError } from "./cli-error.ts";

/** What a container may reach, as the job document says it. */
export interface NetworkWish {
  readonly type: "None" | "HTTP" | "Full";
  /** Of `HTTP`. */
  readonly domains?: readonly string[];
}

export interface NetworkOptions {
  readonly network?: "none" | "http" | "full";
  readonly domain?: readonly string[];
}

const TYPES = { none: "None", http: "HTTP", full: "Full" } as const;

/**
 * What `--network` and `--domain` ask for; undefined where neither is given.
 *
 * @throws {CliError} `cli/usage`
 */
export function parseNetwork({ network, domain }: NetworkOptions): NetworkWish | undefined {
  if (domain === undefined) {
    if (network === "http") {
      throw usageError(
        "Cannot take --network http: it doesn't say which domains may be reached",
        "Add --domain example.org, once for each of them; or --network full reaches all.",
      );
    }
    return network && { type: TYPES[network] };
  }
  if (network !== undefined && network !== "http") {
    throw usageError(
      `Cannot take --domain with --network ${network}: only http is about domains`,
      "Leave one of them out.",
    );
  }
  return { type: TYPES.http, domains: domain };
}
