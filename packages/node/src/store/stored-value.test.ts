import fc from "fast-check";
import { expect, test } from "vitest";
import { fromStored, toStored } from "./stored-value.ts";

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.string().map((rest) => `\u0000${rest}`),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.uint8Array(),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value")),
    fc.dictionary(text, tie("value"), { noNullPrototype: true }),
  ),
}));

test("fromStored() gives back what toStored() was given", () => {
  fc.assert(
    fc.property(value, (record) => {
      expect(fromStored(toStored(record))).toEqual(record);
    }),
  );
});

test("toStored() takes a Buffer for the bytes that it is", () => {
  expect(fromStored(toStored({ bytes: Buffer.from("cod") }))).toEqual({
    bytes: new Uint8Array([99, 111, 100]),
  });
});

test("toStored() leaves out what is undefined", () => {
  expect(toStored({ a: undefined, b: 1 })).toBe('{"b":1}');
});
