import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NodeReady } from "../src/parent-process.ts";
import { gadus, type Running, startServe, succeeded } from "./gadus.ts";

let folder: string;
let data: string;
let node: Running<NodeReady>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gadus-auth-"));
  data = join(folder, "data");
  const config = join(folder, "node.yaml");
  const settings = {
    dataFolder: data,
    api: { host: "0.0.0.0", port: 0, tls: { selfSigned: true } },
    network: { listen: ["/ip4/127.0.0.1/tcp/0"] },
  };
  await writeFile(config, JSON.stringify(settings));
  node = await startServe("--requester", "--config", config);
  process.env.XDG_CONFIG_HOME = join(folder, "user");
  process.env.GADUS_API_CA = join(data, "api-tls.crt");
});
afterAll(async () => {
  delete process.env.XDG_CONFIG_HOME;
  delete process.env.GADUS_API_CA;
  await node?.end();
  await rm(folder, { recursive: true });
});

test("A node that others can reach obeys who has a key, over TLS, until the key is revoked", async () => {
  const { api } = node.ready;
  expect(api).toMatch(/^https:/);
  const unknown = await gadus(["node", "list"], { api });
  expect(unknown.exitCode).toBe(1);
  expect(unknown.stderr).toContain("gadus auth login");

  const make = ["auth", "keys", "create", "--right", "full", "--name", "me", "--data-dir", data, "-q"];
  const key = succeeded(await gadus(make)).stdout.trim();
  succeeded(await gadus(["auth", "login", "--api-key", "-"], { api, input: key }));
  const kept = join(folder, "user", "gadus", "credentials.json");
  expect((await stat(kept)).mode & 0o777).toBe(0o600);
  succeeded(await gadus(["node", "list"], { api }));

  const other = [
    "auth",
    "keys",
    "create",
    "--right",
    "read",
    "--name",
    "ci",
    "--expires",
    "1d",
    "--output",
    "json",
  ];
  const made = JSON.parse(succeeded(await gadus(other, { api })).stdout) as { Key: string; ID: string };
  succeeded(await gadus(["node", "list", "--api-key", made.Key], { api }));
  const upload = await gadus(["add", "-", "--api-key", made.Key], { api, input: "hello" });
  expect([upload.exitCode, upload.stderr]).toEqual([1, expect.stringContaining('takes the right "submit"')]);

  succeeded(await gadus(["auth", "keys", "revoke", made.ID], { api }));
  const revoked = await gadus(["node", "list", "--api-key", made.Key], { api });
  expect([revoked.exitCode, revoked.stderr]).toEqual([1, expect.stringContaining("was revoked")]);
  const listed = succeeded(await gadus(["auth", "keys", "list"], { api })).stdout;
  expect(listed).toMatch(/ci +read .* revoked/);
  const job = JSON.stringify({ Type: "batch", Tasks: [{ Name: "main", Engine: { Type: "noop" } }] });
  const id = succeeded(await gadus(["job", "run", "-", "-d", "-q"], { api, input: job })).stdout.trim();
  expect(succeeded(await gadus(["job", "logs", id], { api })).stdout).toBe("");
  expect((await gadus(["job", "logs", id, "--api-key", made.Key], { api })).stderr).toContain("was revoked");
  expect(`${listed}${node.log()}`).not.toContain(made.Key);
  expect(node.log()).not.toContain(key);

  succeeded(await gadus(["auth", "logout"], { api }));
  expect(await readFile(kept, "utf8")).not.toContain(key);
  const stranger = await gadus(["auth", "login"], { api });
  expect([stranger.exitCode, stranger.stderr]).toEqual([
    1,
    expect.stringMatching(/add sha256:[0-9a-f]{64} to api/),
  ]);
});

test("A certificate that nothing vouches for is refused, and the command says how to take it", async () => {
  const { api } = node.ready;
  const trusted = process.env.GADUS_API_CA;
  process.env.GADUS_API_CA = "";
  try {
    const refused = await gadus(["node", "list"], { api });
    expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining("GADUS_API_CA")]);
    const taken = await gadus(["node", "list", "--insecure"], { api });
    expect([taken.exitCode, taken.stderr]).toEqual([1, expect.stringContaining("gadus auth login")]);
  } finally {
    process.env.GADUS_API_CA = trusted;
  }
});
