/** Names of settings whose values are nobody else's business. */
const SECRET = /keys?$|secret|password|token|credential/i;
const REDACTED = "<redacted>";

/** A configuration that may be shown: what is secret by its name, and users and passwords in URLs, are left out. */
export function redactConfig(value: unknown): unknown {
  if (typeof value === "string")
    return value.replace(/(\b[a-z][a-z\d+.-]*:\/\/)[^\s/@]+@/gi, `$1${REDACTED}@`);
  if (Array.isArray(value)) return value.map(redactConfig);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => {
    const isSecret = SECRET.test(key) && each !== undefined && each !== null && each !== "";
    return [
      key,
      isSecret && typeof each !== "boolean" && typeof each !== "number" ? REDACTED : redactConfig(each),
    ];
  });
  return Object.fromEntries(entries) as unknown;
}
