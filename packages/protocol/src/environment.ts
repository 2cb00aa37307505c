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
