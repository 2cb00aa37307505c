import type { CallOptions } from "@gadus/protocol";
import { type ContentPublisherOptions, createContentPublisher, misnamed } from "./content-publisher.ts";
import type { Publisher } from "./publisher.ts";

/** Where a publication of this type is, as clients of the field's API read it. */
const LOCATION_TYPE = "urlDownload";

/** What a publisher by URL is made with; the node serves what is behind its URLs. */
export interface LocalPublisherOptions extends ContentPublisherOptions {
  /** The URL of an archive of the tree under `cid`, which this node serves. */
  readonly urlOf: (cid: string, options: CallOptions) => Promise<string>;
  /** Why `requester` and those near it couldn't reach such URLs; undefined where they could. */
  readonly outOfReach: (requester: string) => string | undefined;
  /** What speaks against handing a URL that node `nodeId` gave for the tree under `cid` to clients. Nothing is fetched. */
  readonly refuseUrl: (
    url: string,
    from: { readonly cid: string; readonly nodeId: string },
  ) => string | undefined;
}

/**
 * Publishes a `.tar.gz` over the compute node's HTTP, beside the CID that whoever downloads it can check it by.
 *
 * A requester checks such a publication by the CID alone: what a URL answers to one says nothing of what it answers to
 * another.
 */
export function createLocalPublisher(options: LocalPublisherOptions): Publisher {
  const { urlOf, outOfReach, refuseUrl } = options;
  return createContentPublisher("local", options, {
    locate: async (cid, callOptions) => {
      const url = await urlOf(cid, callOptions);
      return { type: LOCATION_TYPE, params: { url, cid } };
    },
    misplaced: (location, { cid, nodeId }) => {
      const wrong = misnamed(location, { type: LOCATION_TYPE, cid, names: ["url", "cid"] });
      if (wrong !== undefined) return wrong;
      const url = location.params["url"];
      return typeof url === "string" ? refuseUrl(url, { cid, nodeId }) : "it has no URL";
    },
    refusal: outOfReach,
  });
}
