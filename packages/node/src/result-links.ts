import { createHmac, timingSafeEqual } from "node:crypto";
import type { CallOptions } from "@gadus/protocol";

/** Where archives of results are, below the address of the API. */
const FOLDER = "results";
const NAME = /^([a-z2-7]{20,128})\.([A-Za-z0-9_-]{43})\.tar\.gz$/;
/** A URL is no longer than this. */
const MAX_URL_LENGTH = 2048;

/** Links to results: who has one may download that result, and nobody else finds one. */
export interface ResultLinks {
  /** The link to the tree under `cid`, once the API listens. */
  urlOf(cid: string, options?: CallOptions): Promise<string>;
  /** The CID that the last part of a link stands for; undefined where this node didn't make that link. */
  cidOf(name: string): string | undefined;
}

/**
 * Links below `base`; each has the CID and its HMAC-SHA256 by `secret`, so that nothing need be kept for it, and it is
 * the same after a restart.
 */
export function createResultLinks(secret: Uint8Array, base: Promise<URL>): ResultLinks {
  // Where the API never listens there are no links; whoever waits for one is told so, and nobody need.
  base.catch(() => {});
  const tokenOf = (cid: string): Buffer => createHmac("sha256", secret).update(`result ${cid}`).digest();
  return {
    async urlOf(cid, { signal } = {}) {
      const url = new URL(await unlessAborted(base, signal));
      const token = tokenOf(cid).toString("base64url");
      url.pathname = `${url.pathname.replace(/\/+$/, "")}/${FOLDER}/${cid}.${token}.tar.gz`;
      return url.href;
    },
    cidOf(name) {
      const [, cid = "", token = ""] = NAME.exec(name) ?? [];
      const given = Buffer.from(token, "base64url");
      const right = tokenOf(cid);
      return given.length === right.length && timingSafeEqual(given, right) ? cid : undefined;
    },
  };
}

/**
 * `text` as a link to `cid` as some node may have made it: it can ask no server for anything but such an archive.
 *
 * Whether the token in it is right, only that node knows.
 */
export function readResultLink(text: string, cid: string): URL | undefined {
  const url = text.length > MAX_URL_LENGTH ? null : URL.parse(text);
  if (url === null || url.href !== text || !/^https?:$/.test(url.protocol)) return undefined;
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return undefined;
  const [name = "", folder] = url.pathname.split("/").toReversed();
  return folder === FOLDER && NAME.exec(name)?.[1] === cid ? url : undefined;
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const listener = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", listener, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", listener);
  }
}
