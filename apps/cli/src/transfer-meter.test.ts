import { expect, test } from "vitest";
import { makeTransferMeter, meterLine } from "./transfer-meter.ts";

const MIB = 1024 * 1024;

test("meterLine() says how much of how much came, and how fast", () => {
  const whole = { haveBytes: 12 * MIB, totalBytes: 64 * MIB, resumedBytes: 0 };
  expect(meterLine(whole, 2000)).toBe("12 MiB of 64 MiB (18%) · 6 MiB/s");
  const resumed = { haveBytes: 12 * MIB, totalBytes: 64 * MIB, resumedBytes: 10 * MIB };
  expect(meterLine(resumed, 1000)).toBe("12 MiB of 64 MiB (18%) · 2 MiB/s · 10 MiB were there");
  expect(meterLine({ haveBytes: MIB, totalBytes: 0, resumedBytes: 0 }, 1000)).toBe("1 MiB · 1 MiB/s");
});

test.each([
  [{ silent: false, errIsTty: true }, true],
  [{ silent: true, errIsTty: true }, false],
  [{ silent: false, errIsTty: false }, false],
])(
  "makeTransferMeter() draws a line that fits, on a terminal alone, of what takes over a second (%j)",
  (given, draws) => {
    let text = "";
    let nowMs = 0;
    const raw = (part: string): void => {
      text += part;
    };
    const meter = makeTransferMeter({ ...given, errColumns: 20, raw }, { ...given, nowMs: () => nowMs });
    const progress = { haveBytes: 12 * MIB, totalBytes: 64 * MIB, resumedBytes: 0 };
    meter.show(progress);
    expect(text).toBe("");
    nowMs = 1100;
    meter.show(progress);
    meter.show(progress);
    meter.end();
    expect(text).toBe(draws ? "\r12 MiB of 64 MiB (1\u001b[K\r\u001b[K" : "");
  },
);
