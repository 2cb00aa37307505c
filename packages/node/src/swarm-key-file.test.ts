import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSwarmKeyFile, findSwarmKey } from "./swarm-key-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gadus-swarm-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("createSwarmKeyFile() makes a file for its owner alone, and never overwrites one", async () => {
  const path = join(folder, "swarm.key");
  const fingerprint = await createSwarmKeyFile(path);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const text = await readFile(path, "utf8");
  await expect(createSwarmKeyFile(path)).rejects.toThrow(/something is there already/);
  expect(await readFile(path, "utf8")).toBe(text);
  expect(await findSwarmKey({ flags: { network: { swarmKey: path } } })).toEqual({
    file: path,
    where: "the flag for network.swarmKey",
    fingerprint,
    text,
  });
});

test("findSwarmKey() says what names the key, and nothing where there is none", async () => {
  const path = join(folder, "named.key");
  const fingerprint = await createSwarmKeyFile(path);
  const config = join(folder, "node.yaml");
  await writeFile(config, `network:\n  swarmKey: ${path}\n`);
  expect(await findSwarmKey({ file: config })).toMatchObject({ fingerprint, where: `${config}:2:3` });
  const env = { GADUS_NETWORK_SWARM_KEY: await readFile(path, "utf8") };
  expect(await findSwarmKey({ env })).toMatchObject({ fingerprint, file: undefined });
  expect(await findSwarmKey({})).toBeUndefined();
  await expect(
    findSwarmKey({ flags: { network: { swarmKey: join(folder, "no.key") } } }),
  ).rejects.toMatchObject({
    code: "node/invalid-config",
    field: "network.swarmKey",
  });
});
