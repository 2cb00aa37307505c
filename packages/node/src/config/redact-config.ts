/** Names of settings whose values are nobody else's business. */
const SECRET = /keys?$|hash$|secret|password|token|credential/i;
const REDACTED = "<redacted>";

/**
 * A configuration that may be shown: texts that are secret by their name, and users and passwords in URLs, are left out.
 */
export function redactConfig(value: unknown, isSecret = false): unknown {
  if (typeof value === "string") {
    if (isSecret && value !== "") return REDACTED;
    return value.replace(/(\b[a-z][a-z\d+.-]*:\/\/)[^\s/@]+@/gi, `$1${REDACTED}@`);
  }
  if (Array.isArray(value)) return value.map((each) => redactConfig(each, isSecret));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, redactConfig(each, SECRET.test(key))]);
  return Object.fromEntries(entries) as unknown;
}
