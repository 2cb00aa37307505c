import { createHmac, timingSafeEqual } from "node:crypto";
import type { CallOptions } from "@gadus/protocol";
import { abortable } from "@gadus/protocol/abortable";

/** Where archives of results are, below the address of the API. */
const FOLDER = "results";
const NAME = /^([a-z2-7]{20,128})\.([A-Za-z0-9_-]{43})\.tar\.gz$/;
/** CIDs that links can have: all that nodes publish. */
const CID = /^[a-z2-7]{20,128}$/;
/** What a token is of, so that a link of one kind is worth nothing as one of the other. */
const KINDS = { kept: "result", fetched: "fetched result" } as const;
/** A URL is no longer than this. */
const MAX_URL_LENGTH = 2048;

/** Which result a link is to, and whether this node fetches what it hasn't got of it. */
export interface LinkedResult {
  readonly cid: string;
  readonly kind: keyof typeof KINDS;
}

/** Links to results: who has one may download that result, and nobody else finds one. */
export interface ResultLinks {
  /** The link to the tree under `cid`, once the API listens. */
  urlOf(cid: string, options?: CallOptions): Promise<string>;
  /**
   * The link by which this node passes on the tree under `cid`, which another may have, for a client that reached it at
   * `reached`; undefined for a CID that no link can have.
   */
  urlThrough(cid: string, reached: URL | undefined): Promise<string | undefined>;
  /** What the last part of a link stands for; undefined where this node didn't make that link. */
  read(name: string): LinkedResult | undefined;
}

/**
 * Links below `base`; each has the CID and its HMAC-SHA256 by `secret`, so that nothing need be kept for it, and it is
 * the same after a restart. `publicUrl` is where clients reach this node, whatever they say, where the operator set it.
 */
export function createResultLinks(secret: Uint8Array, base: Promise<URL>, publicUrl?: URL): ResultLinks {
  // Where the API never listens there are no links; whoever waits for one is told so, and nobody need.
  base.catch(() => {});
  const tokenOf = ({ cid, kind }: LinkedResult): Buffer =>
    createHmac("sha256", secret).update(`${KINDS[kind]} ${cid}`).digest();

  function urlBelow(address: URL, linked: LinkedResult): string {
    const url = new URL(address);
    const token = tokenOf(linked).toString("base64url");
    url.pathname = `${url.pathname.replace(/\/+$/, "")}/${FOLDER}/${linked.cid}.${token}.tar.gz`;
    return url.href;
  }

  return {
    urlOf: async (cid, options = {}) => urlBelow(await abortable(base, options), { cid, kind: "kept" }),
    urlThrough: async (cid, reached) =>
      CID.test(cid) ? urlBelow(publicUrl ?? reached ?? (await base), { cid, kind: "fetched" }) : undefined,
    read(name) {
      const [, cid = "", token = ""] = NAME.exec(name) ?? [];
      const given = Buffer.from(token, "base64url");
      const isOf = (kind: LinkedResult["kind"]): boolean => {
        const right = tokenOf({ cid, kind });
        return given.length === right.length && timingSafeEqual(given, right);
      };
      const kind = isOf("kept") ? "kept" : isOf("fetched") ? "fetched" : undefined;
      return kind && { cid, kind };
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
