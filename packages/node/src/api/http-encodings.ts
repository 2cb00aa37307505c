import type { FastifyInstance, FastifyRequest } from "fastify";
import { limitRest } from "./http-access.ts";
import { NodeError } from "../node-error.ts";

/** Answers 415 to bodies that are compressed, or encoded in any other way, before anything of them is kept. */
export function refuseEncodedBodies(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    const encoding = request.headers["content-encoding"]?.trim() ?? "";
    if (encoding === "" || encoding.toLowerCase() === "identity" || !hasBody(request)) return;
    limitRest(request);
    // What is taken instead (RFC 9110, 15.5.16).
    reply.header("accept-encoding", "identity");
    throw new NodeError(
      "node/unsupported-media-type",
      `Cannot read the body: its Content-Encoding is ${JSON.stringify(encoding)}, and only plain bodies are taken`,
      { field: "Content-Encoding", hint: "Send the body as it is, without Content-Encoding." },
    );
  });
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
