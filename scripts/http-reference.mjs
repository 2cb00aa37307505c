// docs/reference/http.md: the OpenAPI document as people read it.

const METHODS = ["get", "put", "post", "delete"];

/** The page; `write` are the functions that the other reference pages are written with. */
export function httpReference(document, write) {
  const { code, table } = write;
  const sections = document.tags.map(({ name, description }) => {
    const paths = Object.entries(document.paths).flatMap(([path, item]) => operationsOf(path, item, name));
    const parts = paths.map((each) => operationSection(each, document, write));
    return `## ${name}\n\n${description}\n\n${parts.join("\n")}`;
  });
  const codes = Object.entries(document.components.examples).map(([, { value }]) => [
    code(value.Code),
    String(value.Status),
    value.Message.replace("Cannot answer: ", ""),
  ]);
  return `# The HTTP API

Every route of a node, with what it takes and answers. It is generated from \`packages/node/src/api/*-operations.ts\`, as are
[openapi.json](openapi.json), which says the same to programs, and the page at \`/docs\` of each node.

${document.info.description}

${sections.join("\n")}
## Errors

Every error has this body, and the code's status. Which codes a route can end with is in \`openapi.json\`.

${fieldTable(document.components.schemas.Error, document, write)}

${table(["Code", "Status", "Meaning"], codes)}
`;
}

/** The operations of a path that are of `tag`; those of two methods that do the same, as one. */
function operationsOf(path, item, tag) {
  const own = METHODS.filter((method) => item[method]?.tags.includes(tag));
  const byOwnId = Map.groupBy(own, (method) => item[method].operationId.replace(/By[A-Z][a-z]+$/, ""));
  return [...byOwnId.values()].map((methods) => ({ path, methods, operation: item[methods[0]] }));
}

function operationSection({ path, methods, operation }, document, write) {
  const { code, table, typeOf } = write;
  const verbs = methods.map((method) => method.toUpperCase()).join(" or ");
  const parameters = (operation.parameters ?? []).map(({ name, in: place, schema, description }) => [
    code(name),
    place,
    typeOf(resolved(schema, document)),
    description,
  ]);
  const lines = [`### ${operation.summary}`, "", code(`${verbs} ${path}`), "", operation.description, ""];
  if (parameters.length > 0)
    lines.push(table(["Parameter", "In", "Type and limits", "Meaning"], parameters), "");
  const [type, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (body !== undefined) lines.push(`Body, ${code(type)}:`, "", contentOf(body, document, write), "");
  for (const [status, answer] of Object.entries(operation.responses)) {
    if (answer.$ref !== undefined) continue;
    const [answerType, content] = Object.entries(answer.content ?? {})[0] ?? [];
    lines.push(
      `${status}${answerType === undefined ? "" : `, ${code(answerType)}`}: ${answer.description}`,
      "",
    );
    if (answerType === "application/json") lines.push(contentOf(content, document, write), "");
  }
  return lines.join("\n");
}

function contentOf({ schema, example }, document, write) {
  const shown = example === undefined ? [] : ["", "```json", JSON.stringify(example, null, 2), "```"];
  if (typeof example === "string") return `\`\`\`text\n${example.trim()}\n\`\`\``;
  return [fieldTable(schema, document, write), ...shown].join("\n");
}

/** The fields of a schema, those of its parts by their paths; what has a page or a section of its own is named. */
function fieldTable(schema, document, { code, table, typeOf, fieldsOf }) {
  const rows = fieldsOf(resolved(schema, document)).map(({ name, schema: field, required }) => [
    code(name),
    typeOf(field),
    required ? "always" : "",
    field.description ?? "",
  ]);
  if (rows.length === 0) return "An object.";
  return table(["Field", "Type and limits", "There", "Meaning"], rows);
}

/** `schema` with what it refers to in place; a job's document has a page of its own. */
function resolved(schema, document) {
  if (Array.isArray(schema)) return schema.map((each) => resolved(each, document));
  if (typeof schema !== "object" || schema === null) return schema;
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1);
    if (name === "JobDocument" || name === "Job")
      return { type: "object", properties: {}, description: "[the job document](job-document.md)" };
    const { $ref: _, ...own } = schema;
    return { ...resolved(document.components.schemas[name], document), ...own };
  }
  // An empty parameter is as good as none: that is said once.
  if (Array.isArray(schema.enum)) return { ...schema, enum: schema.enum.filter((each) => each !== "") };
  return Object.fromEntries(Object.entries(schema).map(([key, each]) => [key, resolved(each, document)]));
}
