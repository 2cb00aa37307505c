/** What the first bytes that a client sent are. */
export type ClientHello =
  /** The beginning of a ClientHello, as far as can be told. */
  | { readonly kind: "incomplete" }
  /** No ClientHello, or one that no TLS library writes. */
  | { readonly kind: "other" }
  | { readonly kind: "hello"; readonly serverName: string | undefined };

/** How long one may be, its records included; with post-quantum keys it has about 2 KiB. */
const MAX_CLIENT_HELLO_BYTES = 16 * 1024;

const MAX_RECORDS = 8;
const MAX_RECORD_BYTES = 16 * 1024;
const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;

const INCOMPLETE = { kind: "incomplete" } as const;
const OTHER = { kind: "other" } as const;

/** Reads `bytes` as a TLS ClientHello and the server that it names (RFC 8446, sections 4.1.2 and 5.1; RFC 6066). */
export function readClientHello(bytes: Buffer): ClientHello {
  const parts: Buffer[] = [];
  let length = 0;
  let at = 0;
  for (let records = 0; records < MAX_RECORDS; records++) {
    const [type = HANDSHAKE_RECORD, version = 3] = bytes.subarray(at);
    if (type !== HANDSHAKE_RECORD || version !== 3) return OTHER;
    if (at + 5 > bytes.length) return bytes.length < MAX_CLIENT_HELLO_BYTES ? INCOMPLETE : OTHER;
    const recordBytes = bytes.readUInt16BE(at + 3);
    if (recordBytes === 0 || recordBytes > MAX_RECORD_BYTES) return OTHER;
    const part = bytes.subarray(at + 5, at + 5 + recordBytes);
    parts.push(part);
    length += part.length;
    at += 5 + recordBytes;
    const isCut = part.length < recordBytes;
    const message = Buffer.concat(parts, length);
    const [first = CLIENT_HELLO] = message;
    if (first !== CLIENT_HELLO) return OTHER;
    if (length >= 4 && length >= 4 + message.readUIntBE(1, 3)) return readBody(message);
    if (isCut) return bytes.length < MAX_CLIENT_HELLO_BYTES ? INCOMPLETE : OTHER;
  }
  return OTHER;
}

function readBody(message: Buffer): ClientHello {
  try {
    const body = new Parts(message.subarray(4, 4 + message.readUIntBE(1, 3)));
    body.skip(2 + 32);
    body.vector(1);
    body.vector(2);
    body.vector(1);
    const serverName = body.isEmpty ? undefined : findServerName(new Parts(body.vector(2)));
    return body.isEmpty ? { kind: "hello", serverName } : OTHER;
  } catch {
    return OTHER;
  }
}

function findServerName(extensions: Parts): string | undefined {
  let found: string | undefined;
  while (!extensions.isEmpty) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type !== SERVER_NAME) continue;
    const names = new Parts(new Parts(content).vector(2));
    // Of two, a server might take the one that wasn't looked at.
    if (found !== undefined || names.number(1) !== HOST_NAME) throw new RangeError("not one server name");
    found = names.vector(2).toString("latin1");
    if (!names.isEmpty) throw new RangeError("more than one server name");
  }
  return found;
}

/** Reads TLS's numbers and vectors one after another; what reaches beyond the end throws. */
class Parts {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isEmpty(): boolean {
    return this.#at === this.#bytes.length;
  }

  skip(count: number): void {
    if (this.#at + count > this.#bytes.length) throw new RangeError("cut short");
    this.#at += count;
  }

  number(bytes: 1 | 2): number {
    const value = this.#bytes.readUIntBE(this.#at, bytes);
    this.#at += bytes;
    return value;
  }

  /** What comes behind its length, which has `lengthBytes`. */
  vector(lengthBytes: 1 | 2): Buffer {
    const length = this.number(lengthBytes);
    const start = this.#at;
    this.skip(length);
    return this.#bytes.subarray(start, start + length);
  }
}
