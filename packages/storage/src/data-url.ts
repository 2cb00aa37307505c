import { StorageError } from "./storage-error.ts";

/** Bytes that one inline input may hold. */
export const MAX_INLINE_BYTES = 10 * 1024 * 1024;

/** What is shown of a URL in a message. */
const SHOWN_CHARACTERS = 40;

/**
 * The bytes of a `data:` URL (RFC 2397), base64 or percent-encoded; its media type is ignored ({@link isArchiveUrl} tells of it).
 *
 * @throws {StorageError} `storage/invalid-source` where it isn't one, `storage/not-allowed` for more than `maxBytes`
 */
export function parseDataUrl(url: string, maxBytes: number = MAX_INLINE_BYTES): Uint8Array {
  const comma = url.indexOf(",");
  if (!/^data:/i.test(url)) throw invalid(url, 'it doesn\'t start with "data:"');
  if (comma === -1) throw invalid(url, "no comma ends its media type");
  const header = url.slice("data:".length, comma);
  const body = url.slice(comma + 1);
  const isBase64 = /;\s*base64\s*$/i.test(header);
  const atLeast = isBase64 ? Math.floor(body.length / 4) : Math.floor(body.length / 3);
  if (atLeast > maxBytes) throw tooLarge(url, maxBytes);
  const bytes = isBase64 ? fromBase64(url, unescapeAscii(url, body)) : fromPercent(url, body);
  if (bytes.length > maxBytes) throw tooLarge(url, maxBytes);
  return bytes;
}

/** Whether a `data:` URL says that it holds a gzipped archive. */
export function isArchiveUrl(url: string): boolean {
  return /^data:\s*application\/(x-)?gzip\s*[;,]/i.test(url);
}

function fromBase64(url: string, text: string): Uint8Array {
  const plain = text
    .replaceAll(/[\t\n\f\r ]/g, "")
    .replaceAll("-", "+")
    .replaceAll("_", "/");
  const body = plain.replace(/={1,2}$/, "");
  if (!/^[A-Za-z0-9+/]*$/.test(body) || body.length % 4 === 1) {
    throw invalid(url, "what follows the comma is not base64");
  }
  return Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
}

function unescapeAscii(url: string, body: string): string {
  return body.includes("%") ? new TextDecoder("latin1").decode(fromPercent(url, body)) : body;
}

function fromPercent(url: string, body: string): Uint8Array {
  const text = new TextEncoder().encode(body);
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] !== 0x25) {
      bytes[length++] = text[at] ?? 0;
      continue;
    }
    const [high, low] = [hexDigit(text[at + 1]), hexDigit(text[at + 2])];
    if (high === undefined || low === undefined) {
      throw invalid(url, `a "%" at character ${at} of its content is not followed by two hexadecimal digits`);
    }
    bytes[length++] = high * 16 + low;
    at += 2;
  }
  return bytes.slice(0, length);
}

function hexDigit(code: number | undefined): number | undefined {
  if (code === undefined) return undefined;
  const digit = "0123456789abcdef".indexOf(String.fromCharCode(code).toLowerCase());
  return digit === -1 ? undefined : digit;
}

function invalid(url: string, state: string): StorageError {
  return new StorageError("storage/invalid-source", `Cannot read inline input "${shown(url)}": ${state}`, {
    blame: "job",
    hint: "Write a data: URL such as data:text/plain;base64,aGVsbG8=",
  });
}

function tooLarge(url: string, maxBytes: number): StorageError {
  const message = `Cannot take inline input "${shown(url)}": it holds more than ${maxBytes} bytes`;
  return new StorageError("storage/not-allowed", message, {
    blame: "job",
    hint: "Add it to IPFS first, and name its CID.",
  });
}

function shown(url: string): string {
  return url.length > SHOWN_CHARACTERS ? `${url.slice(0, SHOWN_CHARACTERS)}…` : url;
}
