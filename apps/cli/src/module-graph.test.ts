import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../../..");
const SRC = "apps/cli/src";
/** What starts nodes or engines. `devnet` starts processes of `serve`, and loads no more than others do. */
const STARTS: ReadonlySet<string> = new Set(["serve.ts", "wasm-run-local.ts"]);
/** `auth keys --data-dir` opens the database of a node that may not run; nothing else loads it. */
const STORED_KEYS = `${SRC}/stored-keys.ts`;

/** What verbs share with nodes: the words and forms of their files, and the check of modules. */
const SHARED = [
  /^apps\/cli\//,
  /^packages\/(client|protocol)\//,
  /^packages\/node\/src\/config\/([\w-]+-)?config(-(keys|quantity|schema|values))?\.ts$/,
  /^packages\/node\/src\/(config\/nearest-name|inspect-module|node-error|swarm-key-file)\.ts$/,
  /^packages\/node\/src\/api\/(api-access|api-auth-schema|client-key)\.ts$/,
  /^packages\/requester\/src\/options\.ts$/,
  /^packages\/transport\/src\/(swarm-key|transport-error)\.ts$/,
  /^packages\/executor\/src\/((module|rewrite|compile)-[\w-]+|check-module|guest-module|inspect-module)\.ts$/,
  /^packages\/executor\/src\/(task-error|wasi-signatures|wasm-limits|wasm-profile)\.ts$/,
];
/** Of all that is installed, what they load. */
const LIBRARIES =
  /^(commander|yaml|zod|modern-tar|multiformats|ipfs-unixfs(-importer)?|@ipld\/(car|dag-cbor|dag-pb)|@noble\/(ciphers|hashes))(\/|$)/;

const IMPORT = /^(?:import|export)\b(?! type\b)[^;"]*? from "([^"]+)"|^import "([^"]+)"/gm;
const DYNAMIC = /\bimport\("([^"]+)"\)/g;

interface Graph {
  /** Of this repository. */
  readonly files: ReadonlySet<string>;
  /** Of others, and Node's own. */
  readonly packages: ReadonlySet<string>;
}

/** All that `file` loads: at once, and, where `later` is true, when it is run too. */
function loadedBy(file: string, later: boolean): Graph {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (path: string): void => {
    if (files.has(path) || (later && isLeftOut(path))) return;
    files.add(path);
    const text = readFileSync(join(ROOT, path), "utf8");
    const found = [...text.matchAll(IMPORT), ...(later ? text.matchAll(DYNAMIC) : [])];
    for (const [, from, alone] of found) {
      const to = from ?? alone ?? "";
      if (to.startsWith(".")) visit(relative(ROOT, resolve(ROOT, dirname(path), to)));
      else if (to.startsWith("@gadus/")) visit(sourceOf(to));
      else packages.add(to);
    }
  };
  visit(file);
  return { files, packages };
}

function isLeftOut(path: string): boolean {
  return path === STORED_KEYS || STARTS.has(path.slice(`${SRC}/commands/`.length));
}

/** The source of what one of our packages exports as `specifier`. */
function sourceOf(specifier: string): string {
  const [, name = "", ...below] = specifier.split("/");
  const folder = join("packages", name);
  const { exports } = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, { readonly default: string }>>;
  };
  const entry = exports[[".", ...below].join("/")]!.default;
  return join(folder, entry.replace(/^\.\/dist\//, "src/").replace(/\.js$/, ".ts"));
}

const verbs = readdirSync(join(ROOT, SRC, "commands"))
  .filter((name) => name.endsWith(".ts") && !STARTS.has(name))
  .map((name) => `${SRC}/commands/${name}`);

test.each(verbs)("%s loads nothing of the server", (verb) => {
  const { files, packages } = loadedBy(verb, true);
  expect([...files].filter((file) => !SHARED.some((shared) => shared.test(file)))).toEqual([]);
  const libraries = [...packages].filter((name) => !name.startsWith("node:"));
  expect(libraries.filter((name) => !LIBRARIES.test(name))).toEqual([]);
  expect([...packages]).not.toContain("node:sqlite");
});

test("what starts nodes loads the server, so that the rule above sees it", () => {
  const { files, packages } = loadedBy(sourceOf("@gadus/node"), true);
  for (const role of ["requester/src/requester.ts", "compute/src/compute.ts"])
    expect([...files]).toContain(`packages/${role}`);
  expect([...packages]).toEqual(expect.arrayContaining(["fastify", "libp2p", "helia", "node:sqlite"]));
});

test("the command starts with its declarations alone: what verbs do is loaded when they are run", () => {
  const { files, packages } = loadedBy(`${SRC}/main.ts`, false);
  expect([...packages].filter((name) => !name.startsWith("node:")).sort()).toEqual(["commander"]);
  const others = [...files].filter((file) => !file.startsWith(`${SRC}/`));
  expect(others).toEqual(["packages/protocol/src/coded-error.ts"]);
  expect([...files].filter((file) => file.startsWith(`${SRC}/commands/`))).toEqual([]);
});
