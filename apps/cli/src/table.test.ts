import fc from "fast-check";
import { expect, test } from "vitest";
import { renderTable } from "./table.ts";

test("renderTable() aligns columns, and leaves no space at the end of a line", () => {
  const lines = renderTable(
    [{ title: "ID" }, { title: "NAME" }],
    [
      ["1", "one"],
      ["10", ""],
    ],
    80,
  );
  expect(lines).toEqual(["ID  NAME", "1   one", "10"]);
});

test("renderTable() cuts the widest column that may shrink, until the table fits", () => {
  const columns = [{ title: "ID" }, { title: "MESSAGE", shrink: "late" as const }];
  const lines = renderTable(columns, [["1234567890", "a long message that is cut"]], 24);
  expect(lines).toEqual(["ID          MESSAGE", "1234567890  a long mess…"]);
});

test("renderTable() cuts ids before what is read, and still leaves of each what tells it from others", () => {
  const columns = [
    { title: "ID", shrink: "early" as const },
    { title: "MESSAGE", shrink: "late" as const },
  ];
  const lines = renderTable(columns, [["12345678901234567890", "a long message"]], 32);
  expect(lines[1]).toBe("123456789012345…  a long message");
});

test("renderTable() leaves columns out where cutting doesn't do, and cuts what people copy last", () => {
  const columns = [
    { title: "ID", shrink: "last" as const },
    { title: "ENGINE", leaveOut: 1 },
    { title: "CREATED", leaveOut: 2 },
    { title: "MESSAGE", shrink: "late" as const, least: 10 },
  ];
  const rows = [["12345678901234567890", "wasm", "1 s ago", "a long message"]];
  expect(renderTable(columns, rows, 80)[1]).toBe("12345678901234567890  wasm    1 s ago  a long message");
  expect(renderTable(columns, rows, 46)[1]).toBe("12345678901234567890  1 s ago  a long message");
  expect(renderTable(columns, rows, 33)).toEqual([
    "ID                    MESSAGE",
    "12345678901234567890  a long mes…",
  ]);
  expect(renderTable(columns, rows, 20)[1]).toBe("123456789012345…  a long me…");
});

test("renderTable() makes spaces of control characters", () => {
  expect(renderTable([{ title: "A" }], [["x\u001b[31m\ny"]], 80)[1]).toBe("x [31m y");
});

test("renderTable() fits any text into any width that its columns can shrink to", () => {
  const cell = fc.string({ maxLength: 60 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell), { maxLength: 8 }),
      fc.integer({ min: 18, max: 120 }),
      (rows, width) => {
        const columns = [
          { title: "A", shrink: "late" as const },
          { title: "B", shrink: "late" as const },
        ];
        for (const line of renderTable(columns, rows, width)) expect(line.length).toBeLessThanOrEqual(width);
      },
    ),
  );
});
