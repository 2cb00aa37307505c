import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { modulePath } from "./compile-modules.ts";
import { gadus } from "./gadus.ts";

const HELLO = fileURLToPath(modulePath("hello"));

test("wasm validate says what a module is rewritten to, and ends with 0", async () => {
  const { exitCode, stdout } = await gadus(["wasm", "validate", HELLO]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/Admitted: +yes, as wasm\/1/);
  expect(stdout).toMatch(/Imports: +wasi_snapshot_preview1\.fd_write/);
  const json = await gadus(["wasm", "validate", HELLO, "--output", "json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    admitted: true,
    profile: "wasm/1",
    entrypoints: ["_start"],
  });
});

test("wasm validate takes modules that a module imports from, by the names that a job gives them", async () => {
  const named = await gadus(["wasm", "validate", HELLO, "--import", `${HELLO}:/lib/hello.wasm`]);
  expect(named).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/Rewriting: +fuel taken in/) });
  const twice = await gadus(["wasm", "validate", HELLO, "--import", HELLO, "--import", HELLO]);
  expect(twice).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/"hello" is taken already/) });
});

test("wasm validate ends with 1 for a module that nodes refuse, and with 2 for one that isn't there", async () => {
  const text = fileURLToPath(import.meta.url);
  const refused = await gadus(["wasm", "validate", text]);
  expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
  expect(refused.stderr).toMatch(/not WebAssembly/);
  const json = await gadus(["wasm", "validate", text, "--output", "json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({ admitted: false });
  expect((await gadus(["wasm", "validate", "/no/such.wasm"])).exitCode).toBe(2);
  const small = ["--memory", "1Ki", HELLO];
  expect((await gadus(["wasm", "validate", ...small])).exitCode).toBe(1);
});
