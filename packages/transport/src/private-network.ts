import type { ConnectionProtector, MultiaddrConnection } from "@libp2p/interface";
import { AbstractMultiaddrConnection, byteStream, type SendResult } from "@libp2p/utils";
import { xsalsa20 } from "@noble/ciphers/salsa.js";

const NONCE_BYTES = 24;
const BLOCK_BYTES = 64;
/** The most that is encrypted at a time, so that a large write costs no large buffer. */
const MAX_CHUNK_BYTES = 256 * 1024;
const NONCE_TIMEOUT_MS = 6000;

/**
 * Admits only connections whose other end holds the same 32-byte key: each side sends a 24-byte nonce, and then all
 * is XSalsa20 under it (libp2p/specs, "Private Networks"); Kubo and `@libp2p/pnet` speak the same.
 *
 * Not `@libp2p/pnet` itself: its cipher's WebAssembly memory grows with writes of a megabyte, which is what a block
 * exchange sends, and keeps 128 bytes of every connection, until it can't grow any more.
 *
 * A direction of a connection carries at most 256 GiB, then it breaks and is made anew.
 */
export function privateNetwork(key: Uint8Array): () => ConnectionProtector {
  return () => ({
    async protect(connection: MultiaddrConnection, options) {
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const bytes = byteStream(connection);
      const until = options ?? { signal: AbortSignal.timeout(NONCE_TIMEOUT_MS) };
      const [theirs] = await Promise.all([
        bytes.read({ bytes: NONCE_BYTES, ...until }),
        bytes.write(nonce, until),
      ]);
      return new CipheredConnection(
        bytes.unwrap(),
        createCipher(key, nonce),
        createCipher(key, theirs.subarray()),
      );
    },
  });
}

/** Encrypts or decrypts the next bytes of one direction; answers new bytes. */
type Cipher = (bytes: Uint8Array) => Uint8Array;

function createCipher(key: Uint8Array, nonce: Uint8Array): Cipher {
  let position = 0;
  return (bytes) => {
    const skipped = position % BLOCK_BYTES;
    const padded = new Uint8Array(skipped + bytes.length);
    padded.set(bytes, skipped);
    xsalsa20(key, nonce, padded, padded, (position - skipped) / BLOCK_BYTES);
    position += bytes.length;
    return padded.subarray(skipped);
  };
}

class CipheredConnection extends AbstractMultiaddrConnection {
  readonly #connection: MultiaddrConnection;
  readonly #encrypt: Cipher;

  constructor(connection: MultiaddrConnection, encrypt: Cipher, decrypt: Cipher) {
    super({
      log: connection.log.newScope("private-network"),
      remoteAddr: connection.remoteAddr,
      direction: connection.direction,
      maxMessageSize: MAX_CHUNK_BYTES,
    });
    this.#connection = connection;
    this.#encrypt = encrypt;
    connection.addEventListener("message", ({ data }) => {
      for (const bytes of data instanceof Uint8Array ? [data] : data) this.onData(decrypt(bytes));
    });
    connection.addEventListener("drain", () => this.onMuxerDrain());
    connection.addEventListener("close", ({ error, local }) => {
      if (error === undefined) this.onTransportClosed();
      else if (local === true) this.abort(error);
      else this.onRemoteReset();
    });
  }

  sendData(data: { subarray(): Uint8Array; readonly byteLength: number }): SendResult {
    return { sentBytes: data.byteLength, canSendMore: this.#connection.send(this.#encrypt(data.subarray())) };
  }
  async sendClose(options?: { signal?: AbortSignal }): Promise<void> {
    await this.#connection.close(options);
  }
  sendReset(error: Error): void {
    this.#connection.abort(error);
  }
  sendPause(): void {
    this.#connection.pause();
  }
  sendResume(): void {
    this.#connection.resume();
  }
}
