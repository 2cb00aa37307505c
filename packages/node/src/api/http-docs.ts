import { createReadStream } from "node:fs";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { route, type SchemaTypes } from "./api-operation.ts";
import { NodeError } from "../node-error.ts";
import { browseDocs, DOCS_FILES, readDocsFile, readOpenApi } from "./reference-operations.ts";

/** What the page may load and ask: this node only. Its own styles are inline in places, and its icons are data. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** `GET /openapi.json`: the API as OpenAPI 3.1; `GET /docs`: a page of it, whose parts come with this package. */
export function addDocsRoutes(app: FastifyInstance): void {
  const api = app.withTypeProvider<SchemaTypes>();
  let text: Promise<string> | undefined;
  api.get("/openapi.json", route(readOpenApi), async (_request, reply) => {
    // Written when it is first asked for: most nodes never are.
    text ??= writeDocument();
    return reply.type("application/json; charset=utf-8").send(await text);
  });
  api.get("/docs", route(browseDocs), async (_request, reply) =>
    reply.type("text/html; charset=utf-8").header("content-security-policy", POLICY).send(PAGE),
  );
  api.get("/docs/:file", route(readDocsFile), async ({ params }, reply) => {
    const { file } = params;
    if (!isDocsFile(file)) throw unknownFile(file);
    reply.type(DOCS_FILES[file]).header("x-content-type-options", "nosniff");
    if (file === "page.css") return reply.send(PAGE_STYLE);
    if (file === "page.js") return reply.send(PAGE_SCRIPT);
    const path = fileURLToPath(import.meta.resolve(`swagger-ui-dist/${file}`));
    return reply.header("cache-control", "public, max-age=3600").send(createReadStream(path));
  });
}

async function writeDocument(): Promise<string> {
  const { openApiDocument } = await import("./openapi.ts");
  return JSON.stringify(openApiDocument());
}

function isDocsFile(file: string): file is keyof typeof DOCS_FILES {
  return Object.hasOwn(DOCS_FILES, file);
}

function unknownFile(file: string): NodeError {
  return new NodeError("node/unknown-route", `Cannot answer GET /docs/${file}: there is no such file`, {
    hint: "Browse the API at /docs.",
  });
}

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Gadus node API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="stylesheet" href="/docs/page.css">
  </head>
  <body>
    <div id="page"><noscript>This page needs scripts. The API as text: <a href="/openapi.json">/openapi.json</a></noscript></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/page.js"></script>
  </body>
</html>
`;
const PAGE_STYLE = "body { margin: 0; }\n";
const PAGE_SCRIPT = `SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  docExpansion: "list",
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;
