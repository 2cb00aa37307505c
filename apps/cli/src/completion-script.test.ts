import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { allCommands, commandTree } from "./command-tree.ts";
import { completionScript, SHELLS } from "./completion-script.ts";
import { makeProgram } from "./program.ts";

const tree = commandTree(makeProgram());

/** What bash offers at the end of `line`. */
function complete(line: string): readonly string[] {
  const words = line.split(" ");
  const script = `${completionScript(tree, "bash")}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length - 1}
_gadus
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout.split("\n").filter((word) => word !== "");
}

describe("completionScript() for bash", () => {
  test.each([
    ["gadus jo", ["job"]],
    ["gadus job va", ["validate"]],
    ["gadus job run --fo", ["--follow", "--force"]],
    ["gadus serve --log-level ", ["debug", "info", "warn", "error", "silent"]],
    ["gadus docker run --network f", ["full"]],
    ["gadus completion ", [...SHELLS]],
    ["gadus job run --get ", []],
    ["gadus job run ", []],
    ["gadus job list --limit 5 --out", ["--output"]],
  ])("completes %j", (line, expected) => {
    expect(complete(line)).toEqual(expected);
  });

  test("offers every command and every option where it may stand", () => {
    for (const { path, commands, options } of allCommands(tree).filter(
      ({ path: at }) => at.split(" ").length < 3,
    )) {
      expect(complete(`${path} `)).toEqual(expect.arrayContaining(commands.map(({ name }) => name)));
      const long = options.map((option) => option.long).filter((name) => name !== undefined);
      expect(complete(`${path} --`)).toEqual(expect.arrayContaining(long));
    }
  });
});

test.each(SHELLS)("completionScript() for %s names every command", (shell) => {
  const script = completionScript(tree, shell);
  for (const { path } of allCommands(tree)) expect(script).toContain(path);
});

test("allCommands() has each verb with its help and an example", () => {
  const verbs = allCommands(tree).filter(({ commands }) => commands.length === 0);
  expect(verbs.filter(({ help }) => !help.startsWith("Usage: gadus"))).toEqual([]);
  expect(verbs.filter(({ help }) => !help.includes("Examples:"))).toEqual([]);
});
