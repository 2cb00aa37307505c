import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { busyboxImage, dockerEngine } from "@gadus/executor/docker-fixture";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { modulePath } from "../compile-modules.ts";

/**
 * Bacalhau's own command, unmodified, where `BACALHAU_COMMAND` names built ones, with commas between them and a version
 * at the end of each name, such as `/opt/bacalhau-1.9.0`. Building one takes minutes, so that CI has `go-command.test.ts`.
 */
const COMMANDS = (process.env["BACALHAU_COMMAND"] ?? "").split(",").filter((path) => path !== "");

const docker = await dockerEngine();
const image = docker && (await busyboxImage(docker));

interface Ended {
  readonly exitCode: number;
  /** Both outputs. */
  readonly printed: string;
}

const isNone = COMMANDS.length === 0;

describe.skipIf(isNone).each(isNone ? ["BACALHAU_COMMAND"] : COMMANDS)("%s", (path) => {
  let home: string;
  const version = /\d+\.\d+\.\d+$/.exec(basename(path))?.[0] ?? "";
  const isSince = (since: string): boolean => version.localeCompare(since, "en", { numeric: true }) >= 0;
  const { hostname, port } = new URL(inject("network").api);
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "gadus-bacalhau-"));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  const bacalhau = (...args: readonly string[]): Promise<Ended> =>
    new Promise((resolve) => {
      const env = {
        PATH: process.env["PATH"],
        HOME: home,
        BACALHAU_API_HOST: hostname,
        BACALHAU_API_PORT: port,
        BACALHAU_UPDATE_SKIPCHECKS: "true",
      };
      const child = execFile(path, args, { cwd: home, env, timeout: 50_000 }, (_, stdout, stderr) =>
        resolve({ exitCode: child.exitCode ?? -1, printed: stripVTControlCharacters(stdout + stderr) }),
      );
    });
  /** What it prints, given that it ends well. */
  const printedBy = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, printed } = await bacalhau(...args);
    expect({ args, exitCode, printed }).toMatchObject({ exitCode: 0 });
    return printed;
  };
  const idOf = (printed: string): string => /j-[0-9a-f-]{36}/.exec(printed)?.[0] ?? printed;
  const moduleFile = (name: "both" | "hello"): string => {
    copyFileSync(modulePath(name), join(home, `${name}.wasm`));
    return `${name}.wasm`;
  };

  test("wasm run sends a module, and follows what it prints", async () => {
    expect(await printedBy("wasm", "run", "--follow", moduleFile("hello"))).toContain("Hello, world!");
  });

  test("job run takes YAML and JSON, and every verb says something of the job", async () => {
    const name = `named-${version}-${Date.now()}`;
    const job = {
      Name: name,
      Type: "batch",
      Count: 1,
      Tasks: [{ Name: "main", Engine: { Type: "noop", Params: { Stdout: "of noop\n" } } }],
    };
    writeFileSync(join(home, "job.json"), JSON.stringify(job));
    const yaml = `Name: ${name}-yaml\nType: batch\nCount: 1\nTasks:\n  - Name: main\n    Engine: {Type: noop, Params: {Stdout: "x"}}\n`;
    writeFileSync(join(home, "job.yaml"), yaml);
    const id = idOf(await printedBy("job", "run", "job.json"));
    await printedBy("job", "run", "job.yaml");
    expect(await printedBy("job", "list", "--limit", "50", "--output", "json")).toContain(id);
    expect(await printedBy("job", "describe", id)).toMatch(/State\s+= Completed/);
    expect(await printedBy("job", "executions", id)).toContain("Completed");
    expect(await printedBy("job", "history", id)).toContain("Job submitted");
    expect(await printedBy("job", "logs", id)).toContain("of noop");
    expect(await printedBy("job", "logs", "--follow", id)).toContain("of noop");
    await printedBy("job", "get", "--output-dir", home, id);
    expect(readFileSync(join(home, "stdout"), "utf8")).toBe("of noop\n");
    expect((await bacalhau("job", "stop", id)).printed).toContain("terminal state");
  });

  test.runIf(isSince("1.9.0"))("job rerun and versions", async () => {
    const id = idOf(await printedBy("wasm", "run", moduleFile("both")));
    await printedBy("job", "rerun", id);
    expect(await printedBy("job", "versions", id)).toMatch(/\s2\s/);
  });

  test("job stop ends one that runs, and job logs --follow with it", async () => {
    writeFileSync(
      join(home, "long.yaml"),
      "Type: batch\nCount: 1\nTasks:\n  - Name: main\n    Engine: {Type: noop, Params: {DurationMs: 600000}}\n",
    );
    const id = idOf(await printedBy("job", "run", "--wait=false", "long.yaml"));
    const followed = bacalhau("job", "logs", "--follow", id);
    expect(await printedBy("job", "stop", id)).toMatch(/done|stopped|success/i);
    expect((await followed).printed).not.toMatch(/panic/);
    expect(await printedBy("job", "describe", id)).toMatch(/State\s+= Stopped/);
  });

  test("a job that can't run says why", async () => {
    writeFileSync(
      join(home, "nowhere.yaml"),
      "Type: batch\nCount: 1\nConstraints: [{Key: no-node-has-this, Operator: exists}]\nTasks:\n  - Name: main\n    Engine: {Type: noop}\n",
    );
    const { printed } = await bacalhau("job", "run", "nowhere.yaml");
    expect(printed.replaceAll(/\s+/g, " ")).toMatch(/no matching label/);
  });

  test("node list and describe, agent alive, version and node", async () => {
    const listed = await printedBy("node", "list", "--output", "json");
    const nodeId = /12D3KooW\w{44}/.exec(listed)?.[0] ?? "";
    expect(await printedBy("node", "list")).toContain("CONNECTED");
    expect(await printedBy("node", "describe", nodeId)).toContain(nodeId);
    expect(await printedBy("agent", "alive")).toContain("OK");
    expect(await printedBy("agent", "version")).toMatch(/v\d+\.\d+\.\d+/);
    expect(await printedBy("agent", "node")).toContain("Requester");
  });

  test.skipIf(image === undefined)("docker run, also with --follow (needs Docker)", async () => {
    const script = 'echo "$BACALHAU_PARTITION_INDEX of $BACALHAU_PARTITION_COUNT"; exit 3';
    const args = ["docker", "run", "--follow", String(image), "--", "sh", "-c", script];
    expect(await printedBy(...args)).toContain("0 of 1");
    const id = idOf(await printedBy("docker", "run", String(image), "--", "sh", "-c", "echo hi"));
    expect(await printedBy("job", "logs", id)).toContain("hi");
  });
});
