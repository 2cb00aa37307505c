import type { Constraint } from "@gadus/protocol";

/** Whether labels fulfil a constraint; one of `notin` or `!=` is fulfilled where there is no such label. */
export function labelsHold(labels: Readonly<Record<string, string>>, constraint: Constraint): boolean {
  const has = Object.hasOwn(labels, constraint.Key);
  const value = has ? labels[constraint.Key] : undefined;
  const values = constraint.Values ?? [];
  switch (constraint.Operator) {
    case "exists":
      return has;
    case "!":
      return !has;
    case "in":
    case "=":
    case "==":
      return value !== undefined && values.includes(value);
    case "notin":
    case "!=":
      return value === undefined || !values.includes(value);
    case "gt":
      return value !== undefined && Number(value) > Number(values[0]);
    case "lt":
      return value !== undefined && Number(value) < Number(values[0]);
  }
}
