import type { Location } from "./api-shapes.ts";
import type { ResultLinks } from "./result-links.ts";

/**
 * `items` with a link in place of each CID, for clients that only fetch from addresses: this node passes it on, for one
 * that reached it at `reached`. What is at an address anyway stays there.
 */
export async function withLinks(
  items: readonly Location[],
  links: Pick<ResultLinks, "urlThrough">,
  reached: URL | undefined,
): Promise<readonly Location[]> {
  return Promise.all(
    items.map(async (item) => {
      const cid = item.Type === "ipfs" ? item.Params["CID"] : undefined;
      const url = typeof cid === "string" ? await links.urlThrough(cid, reached) : undefined;
      return url === undefined ? item : { Type: "urlDownload", Params: { URL: url, CID: cid } };
    }),
  );
}
