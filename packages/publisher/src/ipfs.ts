import { type ContentPublisherOptions, createContentPublisher } from "./content-publisher.ts";
import type { Publisher } from "./publisher.ts";

export type { ContentPublisherOptions } from "./content-publisher.ts";

/** Publishes to IPFS: results are served, and found, by their CID. */
export function createIpfsPublisher(options: ContentPublisherOptions): Publisher {
  return createContentPublisher("ipfs", options);
}
