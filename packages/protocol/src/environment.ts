import { invalidField, shorten } from "./document-field.ts";
import { hasControlCharacters } from "./source-document.ts";

const MAX_ENVIRONMENT_NAME = 256;
const MAX_ENVIRONMENT_VALUE = 65_536;

/**
 * `environment`, if every engine can hand it to a task.
 *
 * @throws {ProtocolError} `protocol/invalid-document` naming the variable
 */
export function checkEnvironment(
  environment: Readonly<Record<string, string>>,
  field: string,
): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(environment)) {
    const badName = name === "" || name.length > MAX_ENVIRONMENT_NAME || name === "__proto__";
    if (badName || name.includes("=") || hasControlCharacters(name)) {
      const hint = `Use letters, digits and _, ${MAX_ENVIRONMENT_NAME} at most.`;
      throw invalidField(field, `"${shorten(name)}" can't name a variable`, hint);
    }
    if (value.length > MAX_ENVIRONMENT_VALUE || value.includes("\0")) {
      const state = `longer than ${MAX_ENVIRONMENT_VALUE} characters, or with a zero byte in it`;
      throw invalidField(`${field}.${name}`, state, "Give what is large, or binary, as an input source.");
    }
  }
  return environment;
}

/** Environment as people write it, a map or a list of `KEY=VALUE`, checked. */
export function environmentOf(
  given: Readonly<Record<string, string>> | string[],
  field: string,
): Readonly<Record<string, string>> {
  if (!Array.isArray(given)) return checkEnvironment(given, field);
  const pairs = given.map((pair, index) => {
    const at = pair.indexOf("=");
    if (at >= 1) return [pair.slice(0, at), pair.slice(at + 1)] as const;
    throw invalidField(`${field}[${index}]`, `"${shorten(pair)}" is not KEY=VALUE`, "Write KEY=VALUE.");
  });
  return checkEnvironment(Object.fromEntries(pairs), field);
}
