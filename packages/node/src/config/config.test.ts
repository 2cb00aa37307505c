import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadConfig } from "./config.ts";
import { configKeys } from "./config-keys.ts";
import { configReference } from "./config-reference.ts";
import { configSchema } from "./config-schema.ts";

const folder = mkdtempSync(join(tmpdir(), "gadus-config-"));
const file = join(folder, "node.yaml");
afterAll(() => rmSync(folder, { recursive: true }));

function fromYaml(yaml: string): ReturnType<typeof loadConfig> {
  writeFileSync(file, yaml);
  return loadConfig({ file });
}

describe("loadConfig()", () => {
  test("gives every default where nothing is said", async () => {
    expect(await loadConfig()).toMatchObject({
      dataFolder: join(homedir(), ".gadus"),
      api: { host: "127.0.0.1", port: 1234, maxBodySize: 16 * 1024 ** 2 },
      requester: {
        enabled: false,
        defaults: { verifier: "deterministic", cpu: 500, memory: 512 * 1024 ** 2 },
      },
      compute: { enabled: false, engines: ["wasm", "docker", "noop"], lie: "none" },
    });
  });

  test("prefers flags to the environment, that to the file, and the file to defaults", async () => {
    writeFileSync(
      file,
      "api: { port: 1, maxConnections: 1 }\nlog: { level: warn }\nlabels: { a: file, b: file }\n",
    );
    const env = { GADUS_API_PORT: "2", GADUS_LOG_LEVEL: "error", GADUS_LABELS: "b=env,c=env" };
    const config = await loadConfig({ file, env, flags: { api: { port: 3 }, labels: { c: "flag" } } });
    expect(config.api).toMatchObject({ port: 3, maxConnections: 1, host: "127.0.0.1" });
    expect(config.log.level).toBe("error");
    expect(config.labels).toEqual({ a: "file", b: "env", c: "flag" });
  });

  test("reads each kind of value from the environment", async () => {
    const config = await loadConfig({
      env: {
        GADUS_COMPUTE_ENABLED: "true",
        GADUS_COMPUTE_CAPACITY_MEMORY: "2Gi",
        GADUS_COMPUTE_CAPACITY_CPU: "1500m",
        GADUS_NETWORK_BOOTSTRAP: "/ip4/10.0.0.1/tcp/1, /ip4/10.0.0.2/tcp/1",
        GADUS_OPERATOR: "cod",
        GADUS_API: "http://127.0.0.1:9",
        PATH: "/bin",
      },
    });
    expect(config.compute).toMatchObject({ enabled: true, capacity: { memory: 2 * 1024 ** 3, cpu: 1500 } });
    expect(config.network.bootstrap).toEqual(["/ip4/10.0.0.1/tcp/1", "/ip4/10.0.0.2/tcp/1"]);
    expect(config.operator).toBe("cod");
  });

  test("refuses a time-out of 0, which would end every job", async () => {
    const loading = loadConfig({ env: { GADUS_REQUESTER_TOTAL_TIMEOUT_MS: "0" }, flags: {} });
    await expect(loading).rejects.toThrow("Cannot use requester.totalTimeoutMs");
  });

  test("names the file, the line and the column of an unknown setting, and the nearest known one", async () => {
    const load = () => fromYaml("api:\n  host: 127.0.0.1\n  prot: 1234\n");
    await expect(load()).rejects.toThrow(`Cannot use ${file}:3:3: there is no setting "api.prot"`);
    await expect(load()).rejects.toThrow(
      expect.objectContaining({ code: "node/invalid-config", hint: "Did you mean api.port?" }),
    );
  });

  test("names the file, the line and the column where it isn't YAML", async () => {
    await expect(fromYaml("api:\n  port: [1,\nlog: {}\n")).rejects.toThrow(
      new RegExp(`^Cannot read ${file}:\\d+:\\d+: `),
    );
  });

  test.each(["[1]", "port"])("refuses a file that is no map: %s", async (yaml) => {
    await expect(fromYaml(yaml)).rejects.toThrow(`Cannot read ${file}: it is not a map of settings`);
  });

  test("refuses a host to fetch from that is a URL", async () => {
    const allowHosts = ["files.example.org", "10.0.0.5:8080", "[fc00::1]:80"];
    const { inputs } = await loadConfig({ flags: { inputs: { http: { allowHosts } } } });
    expect(inputs.http).toEqual({ allowHosts, idleTimeoutMs: 30_000 });
    const wrong = loadConfig({ flags: { inputs: { http: { allowHosts: ["https://example.org/"] } } } });
    await expect(wrong).rejects.toThrow(/inputs\.http\.allowHosts.*not a host/);
  });

  test("takes an empty file", async () => {
    expect((await fromYaml("# nothing\n")).api.port).toBe(1234);
  });

  test("names a file that isn't there", async () => {
    await expect(loadConfig({ file: join(folder, "none.yaml") })).rejects.toThrow(
      /^Cannot read .*none\.yaml: ENOENT/,
    );
  });

  test("names a wrong value's setting and place", async () => {
    await expect(fromYaml("log:\n  level: loud\n")).rejects.toThrow(`Cannot use log.level (${file}:2:3): `);
    const fromEnv = () => loadConfig({ env: { GADUS_API_PORT: "many" } });
    await expect(fromEnv()).rejects.toThrow("Cannot use api.port (GADUS_API_PORT): ");
    const fromFlag = () => loadConfig({ flags: { compute: { capacity: { memory: "much" } } } });
    await expect(fromFlag()).rejects.toThrow(
      'Cannot use compute.capacity.memory (the flag for compute.capacity.memory): "much"',
    );
  });

  test("refuses a variable of a section that has no such setting, and suggests the nearest", async () => {
    const load = () => loadConfig({ env: { GADUS_API_PROT: "1" } });
    await expect(load()).rejects.toThrow("Cannot use GADUS_API_PROT: there is no such setting");
    await expect(load()).rejects.toThrow(expect.objectContaining({ hint: "Did you mean GADUS_API_PORT?" }));
  });

  test.each(["127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "10.0.0.1", "example.org"])(
    "lets the API listen on %s",
    async (host) => {
      expect((await loadConfig({ flags: { api: { host } } })).api.host).toBe(host);
    },
  );

  test("leaves the variables of the command to it", async () => {
    const env = { GADUS_API_KEY: "gadus_x", GADUS_API_CA: "/tmp/ca.pem" };
    expect((await loadConfig({ env })).api.auth.keys).toEqual([]);
  });

  test.each([
    ["keys: [{ name: a, right: all, hash: x }]", "api.auth.keys.0.right"],
    ["keys: [{ name: a, right: read, hash: x }]", "api.auth.keys.0.hash"],
    ["clients: [{ name: a, right: read, key: x }]", "api.auth.clients.0.key"],
  ])("refuses keys that are none: %s", async (yaml, field) => {
    await expect(fromYaml(`api: { auth: { ${yaml} } }`)).rejects.toThrow(`Cannot use ${field}`);
  });

  test.each([
    ["{ cert: a.pem }", "api.tls.cert"],
    ["{ cert: a.pem, key: b.pem, selfSigned: true }", "api.tls.selfSigned"],
  ])("refuses half a certificate, and two: %s", async (yaml, field) => {
    await expect(fromYaml(`api: { tls: ${yaml} }`)).rejects.toThrow(`Cannot use ${field}`);
  });
});

describe("configReference()", () => {
  test("has every setting that isn't for tests only, with its variable and meaning", async () => {
    const reference = configReference();
    for (const key of configKeys(configSchema)) {
      expect(key.description).not.toBe("");
      expect(reference.includes(`\`${key.path.join(".")}\` | \`${key.variable}\``)).toBe(!key.hidden);
    }
  });

  test("gives no two settings the same variable", async () => {
    const variables = configKeys(configSchema).map((key) => key.variable);
    expect(new Set(variables).size).toBe(variables.length);
  });
});
