import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { configKeys } from "./config-keys.ts";
import { configValues, writeSetting } from "./config-values.ts";

async function newFile(content?: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gadus-config-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "node.yaml");
  if (content !== undefined) await writeFile(file, content);
  return file;
}

test("configValues() says of each setting what it is and where that comes from", async () => {
  const file = await newFile("api:\n  port: 1\n  maxConnections: 7\nlabels: { a: x }\n");
  const env = { GADUS_API_PORT: "2", GADUS_LABELS: "b=y" };
  const values = await configValues({ file, env, flags: { log: { level: "warn" } } });
  const of = (name: string) => values.find((value) => value.name === name);
  expect(of("api.port")).toMatchObject({ value: 2, source: "environment", where: "GADUS_API_PORT" });
  expect(of("api.maxConnections")).toMatchObject({ value: 7, source: "file", where: `${file}:3:3` });
  expect(of("log.level")).toMatchObject({ value: "warn", source: "flag" });
  expect(of("api.host")).toMatchObject({ value: "127.0.0.1", source: "default", where: "" });
  expect(of("labels")).toMatchObject({ value: { a: "x", b: "y" }, source: "environment" });
  expect(of("compute.lie")).toBeUndefined();
});

test("configKeys() knows secrets by their name, or by what their schema says", () => {
  const schema = z.object({
    token: z.string(),
    credentialsFile: z.string(),
    users: z.record(z.string(), z.string()).meta({ secret: true }),
  });
  expect(configKeys(schema).map(({ secret }) => secret)).toEqual([true, false, true]);
});

test("writeSetting() sets a setting, and leaves comments and all else as they were", async () => {
  const file = await newFile("# mine\napi:\n  port: 1 # the port\n");
  await writeSetting(file, "api.port", "8080");
  await writeSetting(file, "network.bootstrap", "/ip4/10.0.0.5/tcp/4001,/ip4/10.0.0.6/tcp/4001");
  expect(await readFile(file, "utf8")).toBe(
    "# mine\napi:\n  port: 8080 # the port\nnetwork:\n  bootstrap:\n    - /ip4/10.0.0.5/tcp/4001\n    - /ip4/10.0.0.6/tcp/4001\n",
  );
});

test("writeSetting() makes a file that only its owner can read", async () => {
  const file = await newFile();
  await writeSetting(file, "compute.enabled", "true");
  expect(await readFile(file, "utf8")).toBe("compute:\n  enabled: true\n");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("writeSetting() refuses what would not be a configuration, and leaves the file alone", async () => {
  const file = await newFile("api:\n  port: 1\n");
  const code = "node/invalid-config";
  await expect(writeSetting(file, "api.prot", "1")).rejects.toMatchObject({
    code,
    hint: "Did you mean api.port?",
  });
  await expect(writeSetting(file, "api.port", "70000")).rejects.toMatchObject({ code });
  await expect(writeSetting(file, "api.port", "70000")).rejects.toThrow(`${file}:2:3`);
  expect(await readFile(file, "utf8")).toBe("api:\n  port: 1\n");
});
