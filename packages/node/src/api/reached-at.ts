import type { FastifyRequest } from "fastify";

/** A name or an address, with or without a port (RFC 9110, 7.2), of the letters that those of machines have. */
const HOST = /^(?:\[[\da-f:.]{2,45}\]|[a-z\d_][a-z\d._-]{0,252})(?::\d{1,5})?$/i;

/** The address by which a client reached the API, as its `Host` says; undefined where that is no host. */
export function reachedAt({ protocol, raw }: Pick<FastifyRequest, "protocol" | "raw">): URL | undefined {
  const { host } = raw.headers;
  if (host === undefined || !HOST.test(host)) return undefined;
  return URL.parse(`${protocol}://${host}/`) ?? undefined;
}
