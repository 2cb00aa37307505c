import { ByteReader } from "./files";
import { fail } from "./output";

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Reads JSON from a stream in one pass, without ever holding the document. */
export class JsonReader {
  private text: StaticArray<u8> = new StaticArray<u8>(1024);

  constructor(private bytes: ByteReader) {}

  /** Moves into an array or object. */
  enter(bracket: string): void {
    this.expect(bracket.charCodeAt(0));
  }

  /** Whether another item follows in the array or object that `close` ends; moves to it, or past the end. */
  more(close: string, first: bool): bool {
    if (this.peek() == close.charCodeAt(0)) {
      this.bytes.advance();
      return false;
    }
    if (!first) this.expect(COMMA);
    return true;
  }

  /** The next key of an object. */
  key(): string {
    const name = this.string();
    this.expect(COLON);
    return name;
  }

  string(): string {
    this.expect(QUOTE);
    let length = 0;
    while (this.bytes.current != QUOTE) {
      // No name or date of this data set needs an escape: say so rather than read one wrong.
      if (this.bytes.current < 0x20 || this.bytes.current == BACKSLASH) this.wrong("a plain string");
      if (length == this.text.length) this.wrong("a shorter string");
      this.text[length++] = <u8>this.bytes.current;
      this.bytes.advance();
    }
    this.bytes.advance();
    return String.UTF8.decodeUnsafe(changetype<usize>(this.text), length);
  }

  integer(): i64 {
    const negative = this.peek() == MINUS;
    if (negative) this.bytes.advance();
    let value: i64 = 0;
    let digits = 0;
    while (isDigit(this.bytes.current)) {
      value = value * 10 + (this.bytes.current - 0x30);
      this.bytes.advance();
      if (++digits > 15) this.wrong("a smaller number");
    }
    if (digits == 0 || isNumberPart(this.bytes.current)) this.wrong("a whole number");
    return negative ? -value : value;
  }

  /** Moves past a string or a number, whatever it says. */
  skip(): void {
    if (this.peek() == QUOTE) {
      this.string();
      return;
    }
    if (!isNumberPart(this.bytes.current)) this.wrong("a string or a number");
    while (isNumberPart(this.bytes.current)) this.bytes.advance();
  }

  /** Fails unless nothing but white space is left. */
  end(): void {
    if (this.peek() != -1) this.wrong("the end of the file");
  }

  private expect(byte: i32): void {
    if (this.peek() != byte) this.wrong(`"${String.fromCharCode(byte)}"`);
    this.bytes.advance();
  }

  private peek(): i32 {
    while (isSpace(this.bytes.current)) this.bytes.advance();
    return this.bytes.current;
  }

  private wrong(wanted: string): void {
    const current = this.bytes.current;
    const found = current < 0 ? "the file ends" : `"${String.fromCharCode(current)}" is there`;
    fail(`Cannot read the flights: want ${wanted} at byte ${this.bytes.offset}, but ${found}`);
  }
}

function isSpace(byte: i32): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}

function isDigit(byte: i32): bool {
  return byte >= 0x30 && byte <= 0x39;
}

function isNumberPart(byte: i32): bool {
  return isDigit(byte) || byte == MINUS || byte == 0x2b || byte == 0x2e || byte == 0x45 || byte == 0x65;
}
