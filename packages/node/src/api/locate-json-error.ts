const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/** What may come next: a value, a key, or what follows either. */
type Expected = "value" | "value or ]" | "key" | "key or }" | ":" | ", or end";

/**
 * Where `text` stops being JSON (RFC 8259): the offset of the first token that can't be there, or its length where it
 * ends too early.
 */
export function locateJsonError(text: string): number {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let at = 0;
  for (;;) {
    at += lengthOf(SPACE, text, at);
    if (at >= text.length || (expected === ", or end" && open.length === 0)) return at;
    const step = stepAt(text, at, expected, open);
    if (step === undefined) return at;
    at += step.length;
    expected = step.next;
  }
}

interface Step {
  readonly length: number;
  readonly next: Expected;
}

function stepAt(text: string, at: number, expected: Expected, open: ("{" | "[")[]): Step | undefined {
  const character = text.charAt(at);
  switch (expected) {
    case ":":
      return character === ":" ? { length: 1, next: "value" } : undefined;
    case ", or end":
      return afterValue(character, open);
    case "key or }":
      return character === "}" ? close(open) : keyAt(text, at);
    case "key":
      return keyAt(text, at);
    case "value or ]":
      return character === "]" ? close(open) : valueAt(text, at, open);
    case "value":
      return valueAt(text, at, open);
  }
}

function keyAt(text: string, at: number): Step | undefined {
  const length = lengthOf(STRING, text, at);
  return length === 0 ? undefined : { length, next: ":" };
}

function valueAt(text: string, at: number, open: ("{" | "[")[]): Step | undefined {
  const character = text.charAt(at);
  if (character === "{" || character === "[") {
    open.push(character);
    return { length: 1, next: character === "{" ? "key or }" : "value or ]" };
  }
  const length = lengthOf(STRING, text, at) || lengthOf(NUMBER, text, at) || lengthOf(WORD, text, at);
  return length === 0 ? undefined : { length, next: ", or end" };
}

function afterValue(character: string, open: ("{" | "[")[]): Step | undefined {
  const inside = open.at(-1);
  if (character === ",") return { length: 1, next: inside === "{" ? "key" : "value" };
  return character === (inside === "{" ? "}" : "]") ? close(open) : undefined;
}

function close(open: ("{" | "[")[]): Step {
  open.pop();
  return { length: 1, next: ", or end" };
}

function lengthOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}
