import type { Server } from "node:http";
import type { Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import type { Logger, Metrics } from "@gadus/protocol";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { TlsFiles } from "./api-tls.ts";
import type { RawAnswers } from "./http-client-errors.ts";
import { NodeError } from "../node-error.ts";

/** How much of requests' bodies the API works on at one time. */
export interface OverloadLimits {
  readonly maxConnections: number;
  /** Requests with a body. */
  readonly maxBodies: number;
  /** Bytes of bodies longer than {@link SMALL_BODY_BYTES}, together. */
  readonly maxBodiesBytes: number;
  /** The longest body; one whose length isn't said counts as much. */
  readonly maxBodyBytes: number;
}

/** What was turned away is counted, and told of in the log now and then. */
export interface OverloadPorts {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly answers: RawAnswers;
  /** Absent where connections have no TLS. */
  readonly tls?: TlsFiles | undefined;
}

/** Keeps what clients send within bounds. */
export interface Overload {
  /** Does `work` with the body of `request`, which counts until that has settled, even where the client has gone. */
  during<T>(request: FastifyRequest, work: () => Promise<T>): Promise<T>;
}

/** Bodies of up to this length count by their number only, so that nobody's long ones keep them out. */
const SMALL_BODY_BYTES = 64 * 1024;
/** Connections that are only told to come back, for each that is served. */
const REFUSED_PER_CONNECTION = 10;
/** How long a connection stays open that was told so: what a busy client has not read is lost with it. */
const REFUSED_TIMEOUT_MS = 15_000;
/** Connections beyond the limit that keys are agreed on with at one time; others are closed, and told nothing. */
const MAX_REFUSED_HANDSHAKES = 32;
const TELL_EVERY_MS = 10_000;

/** A body that is received or worked on. */
interface Held {
  readonly bytes: number;
  working: boolean;
}

type Reason = "connections" | "requests" | "bytes";

/** Makes `app` answer 429 to connections and bodies beyond `limits`, before anything of them is kept. */
export function limitOverload(app: FastifyInstance, limits: OverloadLimits, ports: OverloadPorts): Overload {
  const refused = refusalCounter(app, ports);
  const held = new Map<FastifyRequest, Held>();
  let bytes = 0;
  limitConnections(app.server, limits.maxConnections, () => refused("connections"), ports);

  function release(request: FastifyRequest): void {
    bytes -= held.get(request)?.bytes ?? 0;
    held.delete(request);
  }

  function refuse(reason: Reason, state: string): never {
    refused(reason);
    throw new NodeError("node/overloaded", `Cannot take the request: ${state}`, { hint: "Try again later." });
  }

  app.addHook("onRequest", async (request, reply) => {
    const own = counted(request, limits.maxBodyBytes);
    if (own === undefined) return;
    if (held.size >= limits.maxBodies)
      refuse("requests", `${held.size} others are being read or worked on, the most allowed`);
    if (bytes + own > limits.maxBodiesBytes && bytes > 0)
      refuse("bytes", `others of ${bytes} bytes are being read or worked on, and it is one of ${own}`);
    const entry = { bytes: own, working: false };
    held.set(request, entry);
    bytes += own;
    reply.raw.once("close", () => {
      if (!entry.working) release(request);
    });
  });
  // An answer may wait long for its turn, and nothing of the body with it.
  app.addHook("onSend", async (request) => {
    if (held.get(request)?.working === false) release(request);
  });

  return {
    async during(request, work) {
      const entry = held.get(request);
      if (entry !== undefined) entry.working = true;
      try {
        return await work();
      } finally {
        release(request);
      }
    },
  };
}

/** What the body of `request` counts for; undefined where it has none, or is an upload, of which nothing is kept. */
function counted({ headers, routeOptions }: FastifyRequest, maxBodyBytes: number): number | undefined {
  if ((routeOptions.config as { upload?: boolean }).upload === true) return undefined;
  const declared = Number(headers["content-length"] ?? 0);
  const bytes = headers["transfer-encoding"] === undefined ? declared : maxBodyBytes;
  // What is too long for any request is refused as that.
  if (bytes === 0 || bytes > maxBodyBytes) return undefined;
  return bytes <= SMALL_BODY_BYTES ? 0 : bytes;
}

/** Serves `max` connections at one time; those beyond are told to come back, without a look at what they send. */
function limitConnections(
  server: Server,
  max: number,
  refused: () => void,
  { answers, tls }: OverloadPorts,
): void {
  const secured = tls === undefined ? undefined : securer(tls);
  const serve = server.listeners("connection");
  const served = new Set<Socket>();
  server.maxConnections = max * (1 + REFUSED_PER_CONNECTION);
  server.on("drop", refused);
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    if (served.size < max) {
      served.add(socket);
      socket.once("close", () => served.delete(socket));
      for (const listener of serve) Reflect.apply(listener, server, [socket]);
      return;
    }
    refused();
    socket.on("error", () => socket.destroy());
    socket.setTimeout(REFUSED_TIMEOUT_MS, () => socket.destroy());
    const error = new NodeError("node/overloaded", `Cannot take the connection: ${max} others are open`, {
      hint: "Try again later, or raise api.maxConnections on the node.",
    });
    if (secured === undefined) {
      socket.resume();
      answers.end(socket, error);
    } else {
      secured(socket, (inner) => answers.end(inner, error));
    }
  });
}

/** Agrees with clients on keys, so that they can be told something; not with more at one time than is cheap. */
function securer(tls: TlsFiles): (socket: Socket, act: (inner: TLSSocket) => void) => void {
  const secureContext = createSecureContext(tls);
  let underWay = 0;
  return (socket, act) => {
    if (underWay >= MAX_REFUSED_HANDSHAKES) {
      socket.destroySoon();
      return;
    }
    underWay += 1;
    socket.once("close", () => {
      underWay -= 1;
    });
    const inner = new TLSSocket(socket, { isServer: true, secureContext });
    inner.on("error", () => socket.destroy());
    inner.once("secure", () => {
      inner.resume();
      act(inner);
    });
  };
}

function refusalCounter(app: FastifyInstance, { metrics, logger }: OverloadPorts): (reason: Reason) => void {
  const counter = metrics.counter("gadus_node_http_refused_total", "Requests answered 429, by reason.", [
    "reason",
  ]);
  const untold = new Map<Reason, number>();
  let timer: NodeJS.Timeout | undefined;
  app.addHook("onClose", async () => clearTimeout(timer));
  return (reason) => {
    counter.add(1, { reason });
    untold.set(reason, (untold.get(reason) ?? 0) + 1);
    timer ??= setTimeout(() => {
      logger.warn("requests were answered 429: more than this node takes", Object.fromEntries(untold));
      untold.clear();
      timer = undefined;
    }, TELL_EVERY_MS).unref();
  };
}
