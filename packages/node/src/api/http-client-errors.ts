import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "@gadus/protocol";
import { errorAnswer } from "./http-error.ts";
import { NodeError } from "../node-error.ts";

/** Answers on a connection itself, where there is no request that could be answered; then the connection ends. */
export interface RawAnswers {
  /** Refuses what a client sent that is no HTTP, as the parser says. */
  refuse(error: Error, socket: Socket): void;
  /** Answers `error`, with the envelope that every error has, and ends the connection. */
  end(socket: Duplex, error: NodeError): void;
}

/** What {@link rawAnswers} works with. */
export interface RawAnswerPorts {
  readonly newRequestId: () => string;
  readonly logger: Logger;
  readonly maxHeaderBytes: number;
}

/** How long a connection stays open after its answer, so that the client comes to read it. */
const LINGER_MS = 5_000;

export function rawAnswers({ newRequestId, logger, maxHeaderBytes }: RawAnswerPorts): RawAnswers {
  function answerOf(error: NodeError): { readonly requestId: string; readonly bytes: Buffer } {
    const requestId = newRequestId();
    const { status, body } = errorAnswer(error, requestId);
    const json = JSON.stringify(body);
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      "Content-Type: application/json; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(json)}`,
      `X-Request-ID: ${requestId}`,
      ...(status === 429 ? ["Retry-After: 1"] : []),
      "Connection: close",
    ];
    return { requestId, bytes: Buffer.from(`${head.join("\r\n")}\r\n\r\n${json}`) };
  }

  return {
    refuse(thrown, socket) {
      // Nobody is there any more, or an answer is being written, which can only be broken off.
      const { code = "" } = thrown as NodeJS.ErrnoException;
      if (!socket.writable || code === "ECONNRESET" || isAnswering(socket)) {
        socket.destroy();
        return;
      }
      const { requestId, bytes } = answerOf(meaningOf(code, maxHeaderBytes));
      logger.debug("a client sent what is no request", { requestId, parser: code });
      // What is still sent would make the system reset the connection, and the answer with it.
      socket.resume();
      socket.setTimeout(LINGER_MS, () => socket.destroy());
      socket.end(bytes);
    },
    end: (socket, error) => {
      socket.end(answerOf(error).bytes);
    },
  };
}

/** Whether an answer to a request on this connection has begun: Node keeps it there. */
function isAnswering(socket: Socket): boolean {
  const { _httpMessage: answer } = socket as { _httpMessage?: { readonly headersSent: boolean } };
  return answer?.headersSent === true;
}

function meaningOf(code: string, maxHeaderBytes: number): NodeError {
  if (code === "HPE_HEADER_OVERFLOW") {
    const state = `its request line and header are longer than ${maxHeaderBytes} bytes`;
    return new NodeError("node/headers-too-large", `Cannot read the request: ${state}`, {
      hint: "Send fewer or shorter header fields, and a shorter URL.",
    });
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return new NodeError("node/too-slow", "Cannot read the request: its header took too long to come", {
      hint: "Send it faster.",
    });
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW")
    return new NodeError("node/body-too-large", "Cannot read the request: its chunk extensions are too long");
  return new NodeError("node/invalid-request", `Cannot read the request: it is not HTTP (${code})`, {
    hint: "Send HTTP/1.1, with either Content-Length or Transfer-Encoding: chunked.",
  });
}
