import type { Socket } from "node:net";
import { type ClientHello, readClientHello } from "./client-hello.ts";

/**
 * Reads from `client`, which has sent `head`, until it is told whether this is a TLS ClientHello: all that it sent by
 * then, and what it is. It is `incomplete` where the client ended, or took longer than `timeoutMs`.
 */
export function readTlsStart(
  client: Socket,
  head: Buffer,
  timeoutMs: number,
): Promise<{ readonly bytes: Buffer; readonly hello: ClientHello }> {
  return new Promise((resolve) => {
    let bytes = head;
    const finish = (): void => {
      clearTimeout(timer);
      client.pause();
      client.off("data", take).off("end", finish).off("close", finish);
      resolve({ bytes, hello: readClientHello(bytes) });
    };
    const take = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk]);
      if (readClientHello(bytes).kind !== "incomplete") finish();
    };
    const timer = setTimeout(finish, timeoutMs);
    if (client.destroyed || client.readableEnded || readClientHello(head).kind !== "incomplete")
      return finish();
    client.on("end", finish).on("close", finish).on("data", take);
  });
}
