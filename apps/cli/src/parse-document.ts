import { usageError } from "./cli-error.ts";

/** The job document that `text` is, in YAML or JSON; `file` is where it stood. @throws {CliError} `cli/usage` */
export async function parseDocument(text: string, file: string): Promise<unknown> {
  const name = file === "-" ? "standard input" : file;
  const document = /^\s*[{[]/.test(text) ? parseJson(text, name) : await parseYaml(text, name);
  if (typeof document === "object" && document !== null && !Array.isArray(document)) return unwrap(document);
  throw usageError(`Cannot take job document ${name}: it holds no object`, "Write at least Type and Tasks.");
}

/** Documents are also sent as the API takes them: `{ "Job": … }`. */
function unwrap(document: object): unknown {
  const entries = Object.entries(document) as [string, unknown][];
  const [key, value] = entries[0] ?? [];
  return entries.length === 1 && key?.toLowerCase() === "job" ? value : document;
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw usageError(
      `Cannot read job document ${name}: not JSON: ${(cause as Error).message}`,
      undefined,
      cause,
    );
  }
}

async function parseYaml(text: string, name: string): Promise<unknown> {
  const { parseDocument: parse } = await import("yaml");
  const document = parse(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error === undefined) return document.toJS({ maxAliasCount: 100 });
  const [line = error.message] = error.message.split("\n");
  throw usageError(`Cannot read job document ${name}: not YAML: ${line.replace(/:$/, "")}`, undefined, error);
}
