import { isCodedError, type Logger, messageOf, newId, type Randomness } from "@gadus/protocol";
import type { Requester } from "@gadus/requester";
import { type FastifyError, type FastifyInstance, type FastifyRequest, fastify } from "fastify";
import { type Agent, addAgentRoutes } from "./http-agent.ts";
import type { ApiAuth } from "./api-auth.ts";
import { type Callers, limitAccess } from "./http-access.ts";
import { addAuthRoutes } from "./http-auth.ts";
import { addBlobRoute, addGatewayRoute, type ContentRoutes } from "./http-content.ts";
import { type RawAnswers, rawAnswers } from "./http-client-errors.ts";
import { errorAnswer } from "./http-error.ts";
import { answerOptions } from "./http-cors.ts";
import { addDocsRoutes } from "./http-docs.ts";
import { refuseEncodedBodies } from "./http-encodings.ts";
import { addEventRoute } from "./http-events.ts";
import { addLogRoute } from "./http-logs.ts";
import { addJobRoutes } from "./http-jobs.ts";
import { addNodeRoutes } from "./http-nodes.ts";
import { addPublishedRoute, type PublishedRoutes } from "./http-published.ts";
import { addResultRoute } from "./http-results.ts";
import { isLoopback } from "../is-loopback.ts";
import { limitOverload, type Overload } from "./http-overload.ts";
import { limitRate } from "./http-rate.ts";
import { answerUnreadablePath, MAX_PARAMETER_LENGTH, readOn } from "./http-refusals.ts";
import { answerUnknownRoutes } from "./http-unknown-routes.ts";
import { NodeError } from "../node-error.ts";
import { trackRequests, type TellRequest } from "./http-requests.ts";
import { cutOffSlowReaders } from "./http-slow-readers.ts";
import { stopGently } from "./http-stopping.ts";
import { limitSlowRequests } from "./http-slow-requests.ts";
import { parseJsonBody } from "./parse-json-body.ts";
import { createRunOutputs } from "./run-outputs.ts";
import type { PromMetrics } from "../prom-metrics.ts";
import { readMetrics } from "./agent-operations.ts";
import { route } from "./api-operation.ts";
import { credentialsOf } from "./request-credentials.ts";
import { type RouteTable, routeTable } from "./route-table.ts";
import { useSchemas } from "./schema-compilers.ts";
import type { TlsFiles } from "./api-tls.ts";

const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
/** How often the time of headers that still come is looked at. */
const HEADERS_LOOK_MS = 2_000;
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** Connections that may wait to be accepted: the system resets those beyond, which tells a client nothing. */
const LISTEN_BACKLOG = 4096;
/** When a client that was refused for want of room may come back. */
const RETRY_AFTER_SECONDS = "1";

/** What the API serves, and how much of it. */
export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly maxBodyBytes: number;
  readonly maxConnections: number;
  /** Requests with a body that are received or worked on at one time, and bytes of their bodies. */
  readonly maxBodies: number;
  readonly maxBodiesBytes: number;
  readonly maxEventStreams: number;
  /** Requests a second of one client; 0: any number. */
  readonly maxRequestRate: number;
  readonly requestTimeoutMs: number;
  /** How long a client may take nothing of what waits for it. */
  readonly readTimeoutMs: number;
  readonly agent: Agent;
  readonly auth: ApiAuth;
  /** Certificate and private key, in PEM. Absent: HTTP without TLS. */
  readonly tls?: TlsFiles | undefined;
  /** Origins whose pages may use the API. */
  readonly corsOrigins: readonly string[];
  /** Absent on a node that takes no jobs. */
  readonly requester: Requester | undefined;
  readonly content: ContentRoutes;
  /** Absent on a node that publishes nothing over its HTTP, nor passes anything on. */
  readonly published: PublishedRoutes | undefined;
  readonly metrics: PromMetrics;
  readonly randomness: Randomness;
  readonly logger: Logger;
}

/** The node's HTTP API. */
export interface HttpServer {
  /** Listens, and answers where; with port 0, the port that was free. @throws {NodeError} `node/port-in-use` */
  start(): Promise<string>;
  /** Ends streams, answers what is under way, and closes every connection. */
  stop(): Promise<void>;
  readonly app: FastifyInstance;
  readonly routes: RouteTable;
}

/** Builds the API; it listens once it is started. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { host, port, randomness } = options;
  const newRequestId = (): string => newId("r", randomness);
  const answers = rawAnswers({ newRequestId, logger: options.logger, maxHeaderBytes: MAX_HEADER_BYTES });
  const app = fastify({
    bodyLimit: options.maxBodyBytes,
    // What is under way when it stops is answered first: see `stopGently`.
    forceCloseConnections: "idle",
    return503OnClosing: false,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    genReqId: newRequestId,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    clientErrorHandler: (error, socket) => answers.refuse(error, socket),
    frameworkErrors: answerUnreadablePath,
    ...serverOptions(options),
  });
  const tellRequest = trackRequests(app, options);
  const routes = routeTable(app);
  answerOptions(app, { origins: options.corsOrigins, routes });
  limitSlowRequests(app, options.requestTimeoutMs);
  const sites = { origins: options.corsOrigins, isLoopback: isLoopback(host) };
  const count = limitRate(app, options.maxRequestRate);
  const callers = limitAccess(app, { auth: options.auth, sites, routes, logger: options.logger, count });
  refuseEncodedBodies(app);
  const { maxConnections, maxBodies, maxBodiesBytes, maxBodyBytes, logger, metrics } = options;
  const limits = { maxConnections, maxBodies, maxBodiesBytes, maxBodyBytes };
  const overload = limitOverload(app, limits, { logger, metrics, answers, tls: options.tls });
  stopGently(app);
  app.server.on("checkExpectation", ({ socket }) => answers.end(socket, unmetExpectation()));
  cutOffSlowReaders(app, options.readTimeoutMs, logger);
  answerErrors(app, options);
  answerUnknownRoutes(app, { routes, isRequester: options.requester !== undefined });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) =>
    parseJsonBody(String(body), done),
  );
  useSchemas(app);
  addRoutes(app, options, { overload, callers, answers, tellRequest });
  return {
    app,
    routes,
    start: () => listen(app, host, port),
    stop: () => app.close(),
  };
}

/** With TLS, the server is of `node:https`; fastify's types tell the two apart, and nothing here does. */
function serverOptions({ tls, requestTimeoutMs }: HttpServerOptions): { readonly http: object } {
  const headersTimeout = Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs || HEADERS_TIMEOUT_MS);
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout,
    connectionsCheckingInterval: Math.min(HEADERS_LOOK_MS, headersTimeout),
    requestTimeout: 0,
  };
  if (tls === undefined) return { http: limits };
  const https = { ...limits, ...tls, handshakeTimeout: HEADERS_TIMEOUT_MS };
  return { https } as unknown as { readonly http: object };
}

interface Guards {
  readonly overload: Overload;
  readonly callers: Callers;
  readonly answers: RawAnswers;
  readonly tellRequest: TellRequest;
}

function addRoutes(app: FastifyInstance, options: HttpServerOptions, guards: Guards): void {
  const { overload, callers } = guards;
  const { auth, logger } = options;
  const { requester, metrics, content, published, randomness, maxEventStreams } = options;
  const links = published?.links;
  addGatewayRoute(app, content);
  if (published !== undefined) addPublishedRoute(app, published);
  addDocsRoutes(app);
  app.get("/metrics", route(readMetrics), async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  app.register(
    async (api) => {
      addAgentRoutes(api, options.agent);
      addAuthRoutes(api, { auth, callers, version: options.agent.version, logger });
      if (requester === undefined) return;
      addJobRoutes(api, { requester, randomness, overload, outputs: createRunOutputs(content), links });
      addResultRoute(api, { requester, ...content });
      addNodeRoutes(api, requester);
      await addLogRoute(api, { requester, maxStreams: maxEventStreams, logger, ...guards });
      addEventRoute(api, { requester, maxStreams: maxEventStreams });
      addBlobRoute(api, content);
    },
    { prefix: "/api/v1" },
  );
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await app.listen({ host, port, backlog: LISTEN_BACKLOG });
  } catch (error) {
    const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
    if (code !== "EADDRINUSE") {
      throw new NodeError(
        "node/api-unusable",
        `Cannot serve the API on ${host}:${port}: ${messageOf(error)}`,
        {
          cause: error,
          field: "api.host",
          hint: "Correct api.host and api.port.",
        },
      );
    }
    throw new NodeError(
      "node/port-in-use",
      `Cannot serve the API on ${host}:${port}: another program listens there`,
      {
        cause: error,
        field: "api.port",
        hint: "Stop that program, or set api.port (GADUS_API_PORT, --api-port) to a free port; 0 finds one.",
      },
    );
  }
}

function answerErrors(app: FastifyInstance, { logger, maxBodyBytes }: HttpServerOptions): void {
  app.setErrorHandler((thrown: FastifyError, request, reply) => {
    const error = translate(thrown, maxBodyBytes);
    const { status, body } = errorAnswer(error, request.id);
    if (status === 500) logger.error("a request failed", { requestId: request.id, error });
    if (status === 401) reply.header("www-authenticate", challengeOf(request));
    if (status === 429 || status === 503) reply.header("retry-after", RETRY_AFTER_SECONDS);
    if (status === 401 || status === 403 || status === 413 || status === 415 || status === 429)
      readOn(request, reply);
    return reply.code(status).send(body);
  });
}

/** What a client that is refused with 401 is to send (RFC 6750, 3). */
function challengeOf({ headers }: FastifyRequest): string {
  const realm = 'Bearer realm="gadus"';
  return credentialsOf(headers) === undefined ? realm : `${realm}, error="invalid_token"`;
}

/** The framework's own errors in our words; any other as it is. */
function translate(error: FastifyError, maxBodyBytes: number): unknown {
  if (isCodedError(error)) return error;
  if (error.code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return new NodeError(
      "node/body-too-large",
      `Cannot take the request: its body is longer than ${maxBodyBytes} bytes`,
      {
        hint: "Put large inputs into IPFS (PUT /api/v1/orchestrator/blobs) and name their CID, or raise api.maxBodySize.",
      },
    );
  }
  if (error.code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") {
    const message = "Cannot read the body: Content-Type is not a media type";
    const hint = "Send application/json, or no Content-Type.";
    return new NodeError("node/invalid-request", message, { field: "Content-Type", hint });
  }
  const status = error.statusCode ?? 500;
  if (status < 400 || status >= 500) return error;
  return new NodeError("node/invalid-request", `Cannot take the request: ${messageOf(error)}`, {
    cause: error,
  });
}

function unmetExpectation(): NodeError {
  const state = 'its "Expect" is none that this node can meet';
  return new NodeError("node/unmet-expectation", `Cannot take the request: ${state}`, {
    hint: "Send no Expect, or 100-continue.",
  });
}
