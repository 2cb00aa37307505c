import { expect, test } from "vitest";
import { checkedWish, escapeHost, escapeProgram } from "./test-escape.ts";

const host = escapeHost();

/** What the escape program `name` finds, with paths of the host to try as its arguments. */
async function findingsOf(name: string): Promise<{ stdout: string | undefined; exitCode: number }> {
  const args = [host.secretFile, host.secretFolder, host.scratchFolder];
  const { exitCode, files } = await host.attack(await escapeProgram(name), checkedWish({ args }));
  return { stdout: files["stdout"], exitCode };
}
const nothingFound = { stdout: expect.stringMatching(/^\d+ checks, 0 failures\n$/), exitCode: 0 };

test("no link leads out of the guest's folder, however it is made", async () => {
  expect(await findingsOf("symlinks")).toEqual(nothingFound);
});

test("nothing that is renamed, replaced or removed while it is in use leads elsewhere", async () => {
  expect(await findingsOf("renames")).toEqual(nothingFound);
});

test("names that hosts give a meaning, or can't hold, have none in the guest and in its results", async () => {
  const args = [host.secretFile, host.secretFolder, host.scratchFolder];
  const { files } = await host.attack(await escapeProgram("names"), checkedWish({ args }));
  expect(files["stdout"]).toMatch(/^\d+ checks, 0 failures\n$/);
  for (const [name, text] of [
    ["Case", "upper"],
    ["case", "lower"],
    ["caf\u00e9", "one letter"],
    ["cafe\u0301", "letter and accent"],
    ["\ufb01", "ligature"],
    ["fi", "letters"],
    ["a\u200b", "a space of no width"],
    ["__proto__", ""],
    ["..\\..\\x", ""],
    ["exitCode", ""],
  ] as const) {
    expect([name, files[`outputs/${name}`]]).toEqual([name, text]);
  }
  expect(files["exitCode"]).toBe("0");
});

test("no device, no process and no descriptor of the host can be opened, and a number used again keeps no rights", async () => {
  expect(await findingsOf("devices")).toEqual(nothingFound);
});

test("a result path that its guest removed, renamed, linked or made a file of yields files or nothing", async () => {
  const program = await escapeProgram("results");
  const resultsOf = async (how: string): Promise<Readonly<Record<string, string>>> => {
    const { files } = await host.attack(program, checkedWish({ args: [how, host.secretFolder] }));
    expect(files["stdout"]).toMatch(/^\d+ checks, 0 failures\n$/);
    return Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith("outputs")));
  };
  expect(await resultsOf("deleted")).toEqual({});
  expect(await resultsOf("linked")).toEqual({});
  expect(await resultsOf("out of here")).toEqual({});
  expect(await resultsOf("renamed")).toEqual({});
  expect(await resultsOf("input")).toEqual({});
  expect(await resultsOf("file")).toEqual({ "outputs/out": "a file now" });
  expect(await resultsOf("many links")).toEqual({ "outputs/file": "kept", "outputs/folder/again": "kept" });
});
