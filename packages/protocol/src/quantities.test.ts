import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCpuMillis, parseSizeBytes } from "./quantities.ts";

describe("parseCpuMillis()", () => {
  test.each([
    ["500m", 500],
    ["1", 1000],
    ["0.5", 500],
    [" 2 ", 2000],
    [2, 2000],
    [0.25, 250],
    ["0", 0],
    ["1.5m", 2],
  ])("reads %o as %i thousandths of a core", (text, millis) => {
    expect(parseCpuMillis(text, "CPU")).toBe(millis);
  });

  test.each(["", "m", "-1", "1e3", ".5", "1.", "500 m", "0x10", "1m1", "Infinity", "9".repeat(40)])(
    "refuses %o",
    (text) => {
      expect(() => parseCpuMillis(text, "CPU")).toThrow(`Cannot take CPU: "${text}" is not an amount of CPU`);
    },
  );

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e21, 1e-7])("refuses the number %d", (value) => {
    expect(() => parseCpuMillis(value, "CPU")).toThrow("is not an amount of CPU");
  });
});

describe("parseSizeBytes()", () => {
  test.each([
    ["0", 0],
    ["512", 512],
    [512, 512],
    ["512b", 512],
    ["1k", 1024],
    ["1kb", 1024],
    ["1KiB", 1024],
    ["512Mb", 512 * 1024 ** 2],
    ["2Gi", 2 * 1024 ** 3],
    ["1GB", 1024 ** 3],
    ["1.5 GB", 1.5 * 1024 ** 3],
    ["1t", 1024 ** 4],
  ])("reads %o as %i bytes", (text, bytes) => {
    expect(parseSizeBytes(text, "Memory")).toBe(bytes);
  });

  test.each(["", "b", "5i", "5ib", "-1", "1e3", "1 mb mb", "1p", "1,5g", "9999999t"])(
    "refuses %o",
    (text) => {
      expect(() => parseSizeBytes(text, "Memory")).toThrow(`Cannot take Memory: "${text}" is not a size`);
    },
  );
});

test("parseCpuMillis() and parseSizeBytes() answer any text with a safe whole number or the field's error", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.stringMatching(/^\d+(\.\d+)?[kmgti]{0,2}b?$/)),
      (text) => {
        for (const parse of [parseCpuMillis, parseSizeBytes]) {
          let outcome: unknown;
          try {
            outcome = Number.isSafeInteger(parse(text, "F"));
          } catch (error) {
            outcome = (error as { field?: string }).field === "F";
          }
          expect(outcome).toBe(true);
        }
      },
    ),
  );
});
