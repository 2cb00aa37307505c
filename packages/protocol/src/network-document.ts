import { invalidField, shorten } from "./document-field.ts";
import type { TaskDocument } from "./job-schema.ts";
import type { TaskSpec } from "./task-spec.ts";

const MAX_DOMAIN_LENGTH = 253;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** What a task may reach; `field` names its network. */
export function parseNetwork(
  document: NonNullable<TaskDocument["Network"]>,
  field: string,
): TaskSpec["network"] {
  const type = document.Type?.toLowerCase() || "none";
  if (type === "none" || type === "default") return { type: "none", domains: [] };
  if (type === "full" || type === "host" || type === "bridge") return { type: "full", domains: [] };
  if (type !== "http") {
    throw invalidField(`${field}.Type`, `unknown network "${document.Type}"`, "Use None, HTTP or Full.");
  }
  const domains = (document.Domains ?? []).map((domain, index) =>
    checkDomain(domain, `${field}.Domains[${index}]`),
  );
  return { type: "http", domains: [...new Set(domains)] };
}

/** `text` in lower case: a host's name, or `*.` or `.` before one for all names below it. */
function checkDomain(text: string, field: string): string {
  const domain = text.toLowerCase();
  const labels = domain.replace(/^(?:\*\.|\.)/, "").split(".");
  // Names end in what isn't a number: what does is an address.
  const isName = domain.length <= MAX_DOMAIN_LENGTH && !/^\d+$/.test(labels.at(-1) ?? "");
  if (isName && labels.every((label) => LABEL.test(label))) return domain;
  const hint =
    "Write example.com, or *.example.com for the names below it: no scheme, port, path or address, and other letters than a to z in the form xn--….";
  throw invalidField(field, `"${shorten(text)}" is not a domain`, hint);
}
