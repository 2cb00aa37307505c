import type { IncomingHttpHeaders } from "node:http";

/** Whether a client of Bacalhau sends a request: they all say their version. */
export function isForeignClient(headers: IncomingHttpHeaders): boolean {
  return headers["x-bacalhau-git-version"] !== undefined;
}
