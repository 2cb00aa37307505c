import type { IncomingMessage } from "node:http";
import websocket, { type WebSocket } from "@fastify/websocket";
import { isCodedError, type Logger, messageOf } from "@gadus/protocol";
import type { LogEntry, LogWish, Requester } from "@gadus/requester";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { route, type SchemaTypes } from "./api-operation.ts";
import type { RawAnswers } from "./http-client-errors.ts";
import type { TellRequest } from "./http-requests.ts";
import { createLogLines } from "./log-lines.ts";
import { NodeError } from "../node-error.ts";
import { LOG_SOCKET_PROTOCOL } from "./request-credentials.ts";
import { followLogs } from "./result-operations.ts";

/** The longest message of a client, of which none is looked at. */
const MAX_CLIENT_BYTES = 1024;
/** A client that answers no ping until the next is cut off; one that takes nothing is, as with every answer. */
const PING_MS = 30_000;
/** Frames that are written before the client must have taken them, and characters of them. */
const FRAMES_A_WRITE = 256;
const CHARACTERS_A_WRITE = 256 * 1024;
/** How long clients have to take leave of a node that stops. */
const LEAVE_MS = 1_000;

/** How streams end (RFC 6455, 7.4.1). */
const SWITCHED = 101;
const CLOSE = { normal: 1000, goingAway: 1001, failed: 1011 } as const;

/** What the route of logs needs. */
export interface LogRoutes {
  readonly requester: Requester;
  readonly logger: Logger;
  readonly maxStreams: number;
  readonly answers: RawAnswers;
  readonly tellRequest: TellRequest;
}

/**
 * `GET /orchestrator/jobs/:id/logs`, over WebSocket: what a job's executions print, a line a frame.
 *
 * With `follow` as they print it; the stream ends with the job. What is wrong with the request is answered before the
 * upgrade; what goes wrong later is a frame with `error`.
 */
export async function addLogRoute(
  app: FastifyInstance,
  { requester, logger, maxStreams, answers, tellRequest }: LogRoutes,
): Promise<void> {
  const streams = new Set<WebSocket>();
  await app.register(websocket, {
    options: {
      maxPayload: MAX_CLIENT_BYTES,
      // Never one that names a key: the answer would repeat it.
      handleProtocols: (offered) => (offered.has(LOG_SOCKET_PROTOCOL) ? LOG_SOCKET_PROTOCOL : false),
    },
    errorHandler: (error, socket) => {
      logger.debug("a stream of logs broke", { error: messageOf(error) });
      socket.terminate();
    },
    preClose: (done) => done(),
  });
  app.addHook("preClose", () => takeLeave(streams));
  const requestIds = new WeakMap<IncomingMessage, string>();
  app.websocketServer.on("headers", (headers, raw) => headers.push(`X-Request-ID: ${requestIds.get(raw)}`));
  app.websocketServer.on("wsClientError", (error, socket) => {
    answers.end(socket, notWebSocket(error));
  });

  app.withTypeProvider<SchemaTypes>().route({
    method: "GET",
    url: "/orchestrator/jobs/:id/logs",
    config: { stream: true },
    ...route(followLogs),
    exposeHeadRoute: false,
    preHandler: async (request, reply) => {
      requestIds.set(request.raw, request.id);
      await requester.job(request.params.id, request.query.job_version);
      if (!request.ws) {
        reply.header("upgrade", "websocket");
        throw upgradeRequired(request);
      }
      if (streams.size >= maxStreams) throw tooMany(maxStreams);
    },
    handler: (request) => {
      throw upgradeRequired(request);
    },
    wsHandler: async (socket, request) => {
      const { params, query } = request;
      const { execution_id, job_version, follow, tail, origin } = query;
      const wish: LogWish = {
        follow,
        ...(execution_id !== undefined && { executionId: execution_id }),
        ...(job_version !== undefined && { jobVersion: job_version }),
        ...(tail !== undefined && { tail }),
      };
      streams.add(socket);
      const gone = new AbortController();
      socket.once("close", () => {
        streams.delete(socket);
        tellRequest(request, SWITCHED);
        gone.abort(new Error("the client has gone"));
      });
      await serve(socket, (signal) => requester.logs(params.id, wish, { signal }), {
        origin,
        gone,
        logger,
        requestId: request.id,
      });
    },
  });
}

function upgradeRequired({ url }: FastifyRequest): NodeError {
  return new NodeError("node/upgrade-required", `Cannot answer GET ${url}: logs are a WebSocket stream`, {
    hint: 'Use "gadus job logs", or connect with a WebSocket client.',
  });
}

function notWebSocket(error: Error): NodeError {
  return new NodeError("node/invalid-request", `Cannot open the stream of logs: ${error.message}`, {
    hint: "Connect with a WebSocket client (RFC 6455).",
  });
}

function tooMany(maxStreams: number): NodeError {
  return new NodeError("node/overloaded", `Cannot follow logs: ${maxStreams} clients do already`, {
    hint: "Try again later, or raise api.maxEventStreams.",
  });
}

interface Serving {
  readonly origin: boolean;
  readonly gone: AbortController;
  readonly logger: Logger;
  readonly requestId: string;
}

async function serve(
  socket: WebSocket,
  read: (signal: AbortSignal) => AsyncIterable<LogEntry>,
  { origin, gone, logger, requestId }: Serving,
): Promise<void> {
  const stopPings = keepAlive(socket);
  const lines = createLogLines(origin);
  try {
    for await (const entry of read(gone.signal)) await sendAll(socket, lines.of(entry));
    socket.close(CLOSE.normal);
  } catch (error) {
    if (gone.signal.aborted) return;
    const known = isCodedError(error);
    if (!known) logger.error("a stream of logs failed", { requestId, error });
    const message = known ? error.message : "Cannot read the logs: internal error";
    socket.send(JSON.stringify({ value: { Type: 0, Line: "" }, error: message }));
    socket.close(known ? CLOSE.normal : CLOSE.failed);
  } finally {
    stopPings();
  }
}

/** Sends `frames`, a few at a time: a client that is slow has few of them waiting here. */
async function sendAll(socket: WebSocket, frames: Iterable<string>): Promise<void> {
  let count = 0;
  let characters = 0;
  let last: string | undefined;
  for (const frame of frames) {
    if (last !== undefined) {
      if (count >= FRAMES_A_WRITE || characters >= CHARACTERS_A_WRITE) {
        await sendAndWait(socket, last);
        count = 0;
        characters = 0;
      } else socket.send(last);
    }
    last = frame;
    count += 1;
    characters += frame.length;
  }
  if (last !== undefined) await sendAndWait(socket, last);
}

/** Settles once `frame`, and all before it, has left this process. */
function sendAndWait(socket: WebSocket, frame: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(frame, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Notices clients that are gone without a word; answers how to end that. */
function keepAlive(socket: WebSocket): () => void {
  let answered = true;
  socket.on("pong", () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) socket.terminate();
    answered = false;
    socket.ping();
  }, PING_MS).unref();
  return () => clearInterval(timer);
}

/** Says to every client that this node goes away, and settles once they are all gone. */
async function takeLeave(streams: ReadonlySet<WebSocket>): Promise<void> {
  const gone = Array.from(streams, async (socket) => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.terminate(), LEAVE_MS);
      socket.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      socket.close(CLOSE.goingAway, "the node is stopping");
    });
  });
  await Promise.all(gone);
}
