import { z } from "zod";

/** `compute.publishers.local`: results that are published over this node's HTTP. */
export const localPublisherConfig = z.strictObject({
  enabled: z.boolean().default(true).describe("Whether jobs may have this node publish with `local`."),
  url: z
    .string()
    .max(1024)
    .refine(isBaseUrl, 'not an address such as "https://node7.example.org:1234", without query and password')
    .optional()
    .describe(
      "Address at which those who download reach this node's API, behind a proxy for example; also of what a requester passes on. Absent: of `api.host` and `api.port`; where that is every address, the first that this node tells other nodes.",
    ),
  maxDownloads: z
    .number()
    .int()
    .min(1)
    .max(4096)
    .default(16)
    .describe("Archives behind links that are sent at one time; those beyond are answered 429."),
});

function isBaseUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  return url.search === "" && url.hash === "" && url.username === "" && url.password === "";
}
