import { type ContentPublisherOptions, createContentPublisher } from "./content-publisher.ts";
import type { Publisher } from "./publisher.ts";

/** Publishes by CID into content in memory, for tests and simulations; `type` lets it stand for `ipfs`. */
export function createMemoryPublisher({
  type = "memory",
  ...options
}: ContentPublisherOptions & { readonly type?: string }): Publisher {
  return createContentPublisher(type, options);
}
