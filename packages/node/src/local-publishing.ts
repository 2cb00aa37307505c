import type { Logger } from "@gadus/protocol";
import type { LocalPublisherOptions } from "@gadus/publisher/local";
import type { Transport } from "@gadus/transport";
import type { NodeConfig } from "./config/config-schema.ts";
import { nearnessOf, type Reach, reaches, reachOf } from "./reach.ts";
import { createResultLinks, readResultLink, type ResultLinks } from "./api/result-links.ts";
import { resultsAddress, resultsHost } from "./results-address.ts";

/** Peers whose last address is remembered after they have gone. */
const MAX_PEERS = 10_000;

/** What publishing over this node's HTTP rests on. */
export interface LocalPublishing extends Pick<LocalPublisherOptions, "urlOf" | "outOfReach" | "refuseUrl"> {
  readonly links: ResultLinks;
  /** Says where the API listens, which links wait for. */
  listens(apiUrl: string): void;
}

/** What {@link startLocalPublishing} works with. */
export interface LocalPublishingGround {
  readonly config: NodeConfig;
  /** Started. */
  readonly transport: Pick<Transport, "identity" | "addresses" | "peers" | "on">;
  readonly secret: Uint8Array;
  readonly logger: Logger;
}

/** Links to this node's results, and who can reach them, or those of others. */
export function startLocalPublishing(ground: LocalPublishingGround): LocalPublishing {
  const { config, transport } = ground;
  const base = Promise.withResolvers<URL>();
  const { url: publicUrl } = config.compute.publishers.local;
  const links = createResultLinks(ground.secret, base.promise, publicUrl ? new URL(publicUrl) : undefined);
  const nearness = watchPeers(transport);
  tellReach(ground);
  return {
    links,
    listens: (apiUrl) => base.resolve(resultsAddress(config, transport.addresses(), apiUrl)),
    urlOf: (cid, options) => links.urlOf(cid, options),
    outOfReach: (requester) => {
      const host = resultsHost(config, transport.addresses());
      const reach = reachOf(host);
      if (reach !== undefined && reaches(reach, nearness(requester))) return undefined;
      return `its results are at "${host}", ${WHERE[reach ?? "nowhere"]} (compute.publishers.local.url)`;
    },
    refuseUrl: (text, { cid, nodeId }) => {
      const url = readResultLink(text, cid);
      if (url === undefined) return "its URL is not one of an archive of that result";
      const reach = reachOf(url.hostname);
      if (reach !== undefined && reaches(reach, nearness(nodeId))) return undefined;
      return `its URL is at "${url.hostname}", ${WHERE[reach ?? "nowhere"]}`;
    },
  };
}

const WHERE: Readonly<Record<Reach | "nowhere", string>> = {
  machine: "which only its own machine can reach",
  network: "which only its own network can reach",
  world: "which the world can reach",
  nowhere: "which nobody is to be sent to",
};

/** How near each node is, by the address that this node saw it at last; this node is on its own machine. */
function watchPeers(transport: LocalPublishingGround["transport"]): (nodeId: string) => Reach {
  const addresses = new Map<string, string | undefined>();
  const note = ({
    nodeId,
    address,
  }: {
    readonly nodeId: string;
    readonly address: string | undefined;
  }): void => {
    addresses.delete(nodeId);
    addresses.set(nodeId, address);
    const [oldest] = addresses.keys();
    if (addresses.size > MAX_PEERS && oldest !== undefined) addresses.delete(oldest);
  };
  transport.peers().forEach(note);
  transport.on({ connected: note });
  return (nodeId) => (nodeId === transport.identity.nodeId ? "machine" : nearnessOf(addresses.get(nodeId)));
}

function tellReach({ config, transport, logger }: LocalPublishingGround): void {
  const { enabled } = config.compute.publishers.local;
  if (!config.compute.enabled || !enabled) return;
  const host = resultsHost(config, transport.addresses());
  if (reachOf(host) !== "machine") return;
  logger.info('publisher "local" is offered to requesters on this machine only', {
    host,
    hint: "Set compute.publishers.local.url, or api.host, to an address that others can reach.",
  });
}
