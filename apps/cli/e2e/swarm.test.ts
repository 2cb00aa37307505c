import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@gadus/client";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { gadus, startServe, succeeded } from "./gadus.ts";

const folder = mkdtempSync(join(tmpdir(), "gadus-swarm-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LOCAL = ["--api-port", "0", "--listen", "/ip4/127.0.0.1/tcp/0"];

async function newKey(name: string): Promise<{ file: string; fingerprint: string }> {
  const file = join(folder, name);
  const { stdout } = succeeded(await gadus(["swarm", "init", file, "--quiet"]));
  return { file, fingerprint: stdout.trim() };
}

async function serve(name: string, ...args: readonly string[]) {
  const node = await startServe(...LOCAL, "--data-dir", join(folder, name), ...args);
  onTestFinished(async () => void (await node.end()));
  return node.ready;
}

test("gadus swarm init makes a key for its owner alone, names it in a configuration, and overwrites none", async () => {
  const file = join(folder, "made.key");
  const config = join(folder, "made.yaml");
  const made = succeeded(await gadus(["swarm", "init", file, "--config", config]));
  expect(made.stdout).toMatch(/^A new swarm key is in \S+made\.key, fingerprint [0-9a-f]{32}\n$/);
  expect(made.stderr).toContain(`gadus serve --config ${config}`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const again = await gadus(["swarm", "init", file]);
  expect(again).toMatchObject({ exitCode: 2, stderr: /something is there already/ });
  const secret = readFileSync(file, "utf8").trim().split("\n").at(-1) ?? "";
  const shown = succeeded(await gadus(["swarm", "key", "--config", config]));
  expect(shown.stdout).toMatch(/Key: .*made\.key\nNamed by: .*made\.yaml:\d+:\d+\nFingerprint: /);
  expect(shown.stdout + made.stdout + made.stderr).not.toContain(secret);
  expect((await gadus(["swarm", "key", "--config", config, "--show"])).stdout).toBe(
    readFileSync(file, "utf8"),
  );
  expect(await gadus(["swarm", "key"])).toMatchObject({ exitCode: 4, stderr: /anyone may connect/ });
});

test("nodes that share a key find each other, and one with another key finds nobody", async () => {
  const [shared, other] = [await newKey("shared.key"), await newKey("other.key")];
  expect(shared.fingerprint).not.toBe(other.fingerprint);
  const requester = await serve("requester", "--requester", "--swarm-key", shared.file);
  const bootstrap = requester.addresses.flatMap((address) => ["--bootstrap", address]);
  const stranger = await serve("stranger", "--compute", "--swarm-key", other.file, ...bootstrap);
  const member = await serve("member", "--compute", "--swarm-key", shared.file, ...bootstrap);
  const { nodes } = createClient({ url: requester.api });
  const known = async (): Promise<readonly string[]> => (await nodes.list()).map(({ Info }) => Info.NodeID);
  // The stranger was there first, so what the member's announcement passed would have brought the stranger's.
  while (!(await known()).includes(member.nodeId)) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await known()).not.toContain(stranger.nodeId);
});
