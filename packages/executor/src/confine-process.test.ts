import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { processOf } from "./test-processes.ts";
import { wasmExecutor } from "./wasm.ts";

test("an executor process and its threads load files of this package and nothing else", () => {
  const pending = ["wasm-process.ts", "wasm-worker.ts"];
  const seen = new Set<string>();
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const source = readFileSync(join(import.meta.dirname, file), "utf8");
    const imports = source.matchAll(/^import (?!type )[^;]*? from "([^"]+)";|import\("([^"]+)"\)/gm);
    for (const [, named, loaded] of imports) {
      const from = named ?? loaded ?? "";
      expect({ file, from }).toEqual({ file, from: expect.stringMatching(/^(\.\/|node:)/) });
      if (from.startsWith("./")) pending.push(from.slice(2));
    }
  }
  expect([...seen]).toContain("run-guest.ts");
  expect([...seen]).toContain("rewrite-module.ts");
});

describe("the system keeps an executor process", () => {
  const unshare = spawnSync("unshare", ["--user", "--map-root-user", "--mount", "--net", "true"]);
  const confined = unshare.status === 0;
  if (!confined) process.stderr.write("NOT TESTED: this system lets nobody make namespaces\n");
  const executor = wasmExecutor({ limits: { workers: 1 }, confine: "always" });
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "gadus-secret-"));
    writeFileSync(join(folder, "key"), "secret");
    if (confined) await executor.start();
  });
  afterAll(async () => {
    await executor.stop();
    await rm(folder, { recursive: true });
  });

  test("from every file but the system's libraries, its program and its code", ({ skip }) => {
    if (!confined) return skip("no namespaces");
    const root = `/proc/${processOf()}/root`;
    expect(existsSync(join(root, folder, "key"))).toBe(false);
    for (const path of ["/etc", "/home", "/root", "/var", "/run"]) {
      expect({ path, seen: existsSync(root + path) }).toEqual({ path, seen: false });
    }
    expect(readdirSync(`${root}/proc`)).toEqual([]);
    expect(existsSync(root + process.execPath)).toBe(true);
    expect(() => writeFileSync(`${root}/file`, "x")).toThrow(/EROFS/);
    expect(() => writeFileSync(`${root}${import.meta.dirname}/file`, "x")).toThrow(/EROFS/);
  });

  test("from the network, and from powers over itself", ({ skip }) => {
    if (!confined) return skip("no namespaces");
    const pid = processOf();
    const devices = readFileSync(`/proc/${pid}/net/dev`, "utf8").match(/^ *\w+:/gm);
    expect(devices?.map((line) => line.trim())).toEqual(["lo:"]);
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
      expect(status).toMatch(new RegExp(`^${set}:\\s+0+$`, "m"));
    }
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
  });
});
