import type { Constraint } from "@gadus/protocol";
import { NodeError } from "../node-error.ts";

/** Conditions that a selector may have. */
const MAX_CONDITIONS = 64;

const KEY = String.raw`([^\s,=!()<>]+)`;
const VALUE = String.raw`([^\s,=!()<>]*)`;
const FORMS: readonly (readonly [RegExp, (key: string, value: string) => Constraint])[] = [
  [new RegExp(`^${KEY}$`), (Key) => ({ Key, Operator: "exists" })],
  [new RegExp(String.raw`^!\s*${KEY}$`), (Key) => ({ Key, Operator: "!" })],
  [
    new RegExp(String.raw`^${KEY}\s*==?\s*${VALUE}$`),
    (Key, value) => ({ Key, Operator: "in", Values: [value] }),
  ],
  [
    new RegExp(String.raw`^${KEY}\s*!=\s*${VALUE}$`),
    (Key, value) => ({ Key, Operator: "notin", Values: [value] }),
  ],
  [
    new RegExp(String.raw`^${KEY}\s+in\s*\(([^()]*)\)$`),
    (Key, list) => ({ Key, Operator: "in", Values: valuesOf(list) }),
  ],
  [
    new RegExp(String.raw`^${KEY}\s+notin\s*\(([^()]*)\)$`),
    (Key, list) => ({ Key, Operator: "notin", Values: valuesOf(list) }),
  ],
];

/**
 * Reads selectors of labels as Kubernetes writes them: `k=v`, `k==v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`, `k` and
 * `!k`, joined by commas. All of them must hold.
 *
 * @throws {NodeError} `node/invalid-request`
 */
export function parseSelectors(selectors: readonly string[]): readonly Constraint[] {
  const conditions = selectors.flatMap((selector) =>
    selector
      .split(/,(?![^(]*\))/)
      .map((part) => part.trim())
      .filter((part) => part !== "")
      .map(parseCondition),
  );
  if (conditions.length > MAX_CONDITIONS) throw invalid(`more than ${MAX_CONDITIONS} conditions`);
  return conditions;
}

function parseCondition(text: string): Constraint {
  for (const [form, make] of FORMS) {
    const match = form.exec(text);
    if (match !== null) return make(match[1] ?? "", match[2] ?? "");
  }
  throw invalid(`"${text.slice(0, 100)}" is no condition on a label`);
}

function valuesOf(list: string): string[] {
  return list.split(",").map((value) => value.trim());
}

function invalid(state: string): NodeError {
  return new NodeError("node/invalid-request", `Cannot use labels: ${state}`, {
    field: "labels",
    hint: "Write k=v, k!=v, k in (a,b), k notin (a,b), k or !k, joined by commas.",
  });
}
