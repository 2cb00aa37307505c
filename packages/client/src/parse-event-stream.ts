/** One event of a `text/event-stream`. */
export interface ServerSentEvent {
  /** The last id that the stream gave, which a client resumes from. */
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** Characters of one event; a stream that goes on without ending one is broken. */
export const MAX_EVENT_CHARACTERS = 1024 * 1024;

/**
 * Reads server-sent events (WHATWG HTML, "Parsing an event stream"); comments and `retry` are skipped.
 *
 * An event that the stream ends in the middle of is dropped.
 *
 * @throws {RangeError} for an event of more than {@link MAX_EVENT_CHARACTERS}
 */
export async function* parseEventStream(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  let id: string | undefined;
  let event = "";
  let data: string[] = [];
  let size = 0;
  for await (const line of linesOf(chunks)) {
    if (line === "") {
      if (data.length > 0) yield { id, event: event || "message", data: data.join("\n") };
      event = "";
      data = [];
      size = 0;
      continue;
    }
    const { field, value } = splitField(line);
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id" && !value.includes("\0")) id = value;
    size += line.length;
    if (size > MAX_EVENT_CHARACTERS) throw tooLong();
  }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    // A CR at the end may be half of a CRLF: it waits for what follows.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > MAX_EVENT_CHARACTERS) throw tooLong();
    yield* lines;
  }
  if (rest.endsWith("\r")) yield rest.slice(0, -1);
}

function splitField(line: string): { readonly field: string; readonly value: string } {
  const colon = line.indexOf(":");
  if (colon < 0) return { field: line, value: "" };
  const value = line.slice(colon + 1);
  return { field: line.slice(0, colon), value: value.startsWith(" ") ? value.slice(1) : value };
}

function tooLong(): RangeError {
  return new RangeError(`Cannot read the event stream: an event of over ${MAX_EVENT_CHARACTERS} characters`);
}
