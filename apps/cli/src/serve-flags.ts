import type { ConfigPatch } from "@gadus/node/config-values";

/** The options of `gadus serve`. */
export interface ServeOptions {
  readonly requester?: boolean;
  readonly compute?: boolean;
  readonly config?: string;
  readonly dataDir?: string;
  readonly apiHost?: string;
  readonly apiPort?: number;
  readonly listen?: readonly string[];
  readonly bootstrap?: readonly string[];
  readonly swarmKey?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly logLevel?: "debug" | "info" | "warn" | "error" | "silent";
  readonly endWithParent?: boolean;
}

/** What the options of `gadus serve` set in a node's configuration; what isn't given is left out. */
export function serveFlags(options: ServeOptions): ConfigPatch {
  const { apiHost, apiPort, listen, bootstrap, swarmKey } = options;
  return {
    ...(options.dataDir !== undefined && { dataFolder: options.dataDir }),
    ...(options.label !== undefined && { labels: { ...options.label } }),
    ...(options.requester === true && { requester: { enabled: true } }),
    ...(options.compute === true && { compute: { enabled: true } }),
    ...(options.logLevel !== undefined && { log: { level: options.logLevel } }),
    api: {
      ...(apiHost !== undefined && { host: apiHost }),
      ...(apiPort !== undefined && { port: apiPort }),
    },
    network: {
      ...(listen !== undefined && { listen: [...listen] }),
      ...(bootstrap !== undefined && { bootstrap: [...bootstrap] }),
      ...(swarmKey !== undefined && { swarmKey }),
    },
  };
}
