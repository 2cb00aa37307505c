import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

const SRC = import.meta.dirname;
/** What starts nodes or engines, or reads the configuration or the keys of nodes. */
const SERVER = /^(commands\/(serve|wasm-run-local|wasm-validate|config-.*|swarm-.*)|stored-keys)\.ts$/;
const IMPORT = /^(?:import|export)\b(?! type\b)[^;]*? from "([^"]+)"/gm;
const DYNAMIC = /\bimport\("([^"]+)"\)/g;

interface Graph {
  readonly files: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
}

/** All that `file` loads: at once, and, where `later` is true, when it is run too. */
function loadedBy(file: string, later: boolean): Graph {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (path: string): void => {
    const name = path.slice(SRC.length + 1);
    if (files.has(name) || (later && SERVER.test(name))) return;
    files.add(name);
    const text = readFileSync(path, "utf8");
    const found = [...text.matchAll(IMPORT), ...(later ? text.matchAll(DYNAMIC) : [])].map(
      ([, to = ""]) => to,
    );
    for (const to of found) {
      if (to.startsWith(".")) visit(resolve(dirname(path), to));
      else packages.add(to);
    }
  };
  visit(join(SRC, file));
  return { files, packages };
}

const verbs = readdirSync(join(SRC, "commands"))
  .map((name) => `commands/${name}`)
  .filter((name) => name.endsWith(".ts") && !SERVER.test(name));

test.each(verbs)("%s loads nothing of the server", (verb) => {
  const { packages } = loadedBy(verb, true);
  const ours = [...packages].filter((name) => name.startsWith("@gadus/"));
  for (const name of ours) expect(name).toMatch(/^@gadus\/(client|protocol)(\/|$)/);
});

test("the command starts with its declarations alone: what verbs do is loaded when they are run", () => {
  const { files, packages } = loadedBy("main.ts", false);
  expect([...packages].filter((name) => !name.startsWith("node:")).sort()).toEqual([
    "@gadus/protocol/coded-error",
    "commander",
  ]);
  expect([...files].filter((name) => name.startsWith("commands/"))).toEqual([]);
});
