import type { Socket } from "node:net";
import type { Logger } from "@gadus/protocol";
import type { FastifyInstance } from "fastify";

/** In how many steps the time is counted that a client may take nothing. */
const LOOKS = 4;

interface Watched {
  readonly requestId: string;
  /** Bytes that the client's system had taken when they were looked at last. */
  taken: number;
  /** Looks since it took the last of them. */
  still: number;
}

/**
 * Cuts off clients that take nothing of what is waiting for them for `patienceMs`: answers of any kind, downloads, and
 * streams. Until then such a client costs what its connection holds, and no more is made for it.
 */
export function cutOffSlowReaders(app: FastifyInstance, patienceMs: number, logger: Logger): void {
  const watched = new Map<Socket, Watched>();
  app.addHook("onRequest", async (request) => {
    const { socket } = request.raw;
    if (!watched.has(socket)) socket.once("close", () => watched.delete(socket));
    watched.set(socket, { requestId: request.id, taken: takenOf(socket), still: 0 });
  });

  const timer = setInterval(() => {
    for (const [socket, entry] of watched) {
      const taken = takenOf(socket);
      if (socket.writableLength === 0 || taken !== entry.taken) {
        entry.taken = taken;
        entry.still = 0;
        continue;
      }
      entry.still += 1;
      if (entry.still < LOOKS) continue;
      logger.debug("a client that took nothing was cut off", { requestId: entry.requestId });
      socket.destroy();
    }
  }, patienceMs / LOOKS).unref();
  app.addHook("onClose", async () => clearInterval(timer));
}

function takenOf(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength;
}
