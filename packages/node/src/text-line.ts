/** A line of JSON from the log as people read it: time, level, message, then `name=value`. */
export function textLine(json: string): string {
  const { level, time, message, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${valueOf(value)}`);
  return `${String(time)} ${String(level).toUpperCase().padEnd(5)} ${oneLine(String(message))}${rest.join("")}\n`;
}

function valueOf(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) ? oneLine(text) : JSON.stringify(text);
}

/** Nothing that was logged can forge a line or drive a terminal. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => JSON.stringify(character).slice(1, -1));
}
