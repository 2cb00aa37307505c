import { describe, expect, test } from "vitest";
import { complaints, titlesOf } from "./promises.mjs";

describe("titlesOf()", () => {
  test("reads titles of tests and suites, in any quotes and on a line of their own", () => {
    const source = `describe("a suite", () => { test('says "so"', f); it(\n  \`in \${many} ways\`,\n f) });`;
    expect(titlesOf(source)).toEqual(["a suite", 'says "so"', "in … ways"]);
  });

  test("reads the title behind a table of cases, with their type", () => {
    expect(titlesOf('test.each<[string, () => void]>([["a", f]])("takes %s", f)')).toEqual(["takes %s"]);
    expect(
      titlesOf('test.each([["a)", f(1)], [`(`, 2]])("takes %s", f); describe.each(ALL)("$name", f)'),
    ).toEqual(["takes %s", "$name"]);
  });

  test("passes over tests that don't run, and over other calls", () => {
    expect(
      titlesOf('test.skip("later", f); test.todo("once"); attest("no"); a.test("no"); test(name, f)'),
    ).toEqual([]);
  });
});

describe("complaints()", () => {
  const titles = ["keeps a job", "ends a job"];

  test("has none where each promise names tests that are there", () => {
    const page = "# Promises\n\n- A job is kept.\n  - keeps a job\n  - a requester > ends a job\n";
    expect(complaints(page, [...titles, "a requester"])).toEqual([]);
  });

  test("names the line of a promise without a test, and each title that no test has", () => {
    const page = "- A job is kept.\n- It ends.\n  - ends a job\n  - ends it twice\n";
    expect(complaints(page, titles)).toEqual([
      'line 1: no test is named for "A job is kept."',
      'line 2: no test has the title "ends it twice"',
    ]);
  });

  test("has one of a page without promises", () => {
    expect(complaints("# Promises\n", titles)).toEqual(["it holds no promise"]);
  });
});
