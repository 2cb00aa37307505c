const SECTION = { custom: 0, functions: 3, code: 10 } as const;
const PREAMBLE_BYTES = 8;

/**
 * `module` with its functions there `times` over, all but the first unused: a large program of which a run needs a
 * part.
 */
export function repeatFunctions(module: Uint8Array, times: number): Uint8Array {
  const parts = [module.subarray(0, PREAMBLE_BYTES)];
  for (let at = PREAMBLE_BYTES; at < module.length; ) {
    const size = readNumber(module, at + 1);
    const end = size.end + size.value;
    const number = module[at];
    if (number === SECTION.functions || number === SECTION.code) {
      const count = readNumber(module, size.end);
      const entries = Array.from({ length: times }, () => module.subarray(count.end, end));
      parts.push(section(number, [leb128(count.value * times), ...entries]));
    } else parts.push(module.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}

/** `module` with a custom section that says `mark`: other bytes, and the same program. */
export function markModule(module: Uint8Array, mark: string): Uint8Array {
  const text = Buffer.from(mark);
  return Buffer.concat([module, section(SECTION.custom, [leb128(4), Buffer.from("mark"), text])]);
}

function section(number: number, contents: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(contents);
  return Buffer.concat([Uint8Array.of(number), leb128(content.length), content]);
}

/** A number without a sign. */
function leb128(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return Uint8Array.from([...bytes, left]);
    bytes.push((left & 0x7f) | 0x80);
  }
}

function readNumber(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let end = at, shift = 0; ; end += 1, shift += 7) {
    const byte = bytes[end] ?? 0;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, end: end + 1 };
  }
}
