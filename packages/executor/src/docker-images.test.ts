import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { memoryVolume } from "@gadus/storage/memory";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mounted, textOf } from "./conformance.ts";
import { dockerExecutor, type DockerRules } from "./docker.ts";
import { dockerImageResolver } from "./docker-image-resolver.ts";
import type { Executor, RunRequest } from "./executor.ts";
import { authFor } from "./registry-auth.ts";
import { busyboxImage, dockerEngine } from "./docker-fixture.ts";
import { openWorkshop, shellTask, TEST_IMAGE, type Workshop } from "./test-docker-jobs.ts";
import { REGISTRY_USER, startRegistry, type TestRegistry } from "./registry-fixture.ts";

const docker = await dockerEngine();
const image = docker && (await busyboxImage(docker));
const open = image === undefined ? undefined : await startRegistry();
const locked = image === undefined ? undefined : await startRegistry({ withPassword: true });
const nodeId = `images-${process.pid}`;

/** An image that differs from all others: of one file, on top of the test's busybox. */
async function makeImage(tag: string, text: string): Promise<void> {
  if (docker === undefined) return;
  const container = await docker.createContainer({
    Image: TEST_IMAGE,
    Cmd: ["sh", "-c", `echo '${text}' > /text`],
  });
  await container.start();
  await container.wait();
  const [repo, name] = tag.split(":");
  await container.commit({ repo, tag: name, changes: 'CMD ["cat", "/text"]' });
  await container.remove();
}

describe.skipIf(open === undefined || locked === undefined)("images (needs Docker)", () => {
  const registry = open as TestRegistry;
  const closed = locked as TestRegistry;
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await openWorkshop();
  });
  afterAll(async () => {
    await workshop.remove();
    await registry.stop();
    await closed.stop();
    for (const { Id, RepoTags } of (await docker?.listImages()) ?? []) {
      if (RepoTags?.some((tag) => /^(127\.0\.0\.1|gadus-images|gadus-archive)/.test(tag)))
        await docker?.getImage(Id).remove({ force: true });
    }
  });

  async function withExecutor<T>(
    rules: Partial<DockerRules>,
    use: (executor: Executor) => Promise<T>,
  ): Promise<T> {
    const executor = dockerExecutor({ nodeId, folder: workshop.folder, rules });
    await executor.start();
    try {
      return await use(executor);
    } finally {
      await executor.stop();
    }
  }
  const ask = (reference: string) =>
    shellTask("", { params: { parameters: [] }, terms: { image: { from: "name", reference } } });
  async function forget(reference: string): Promise<void> {
    await docker?.getImage(reference).remove({ force: true });
  }

  test("pulls what is missing, with progress, once for all that wait, and runs it by its digest", async () => {
    await makeImage("gadus-images:pulled", "pulled");
    const reference = await registry.push(docker as never, "gadus-images:pulled", "team/pulled:1");
    await forget("gadus-images:pulled");
    await withExecutor({}, async (executor) => {
      expect(await executor.admit(ask(reference).terms)).toEqual({ admitted: true, holdsImage: false });
      const told: string[] = [];
      const requests: RunRequest[] = [];
      for (let i = 0; i < 3; i += 1)
        requests.push(
          await workshop.request(ask(reference), [], { progress: (message) => told.push(message) }),
        );
      const results = await Promise.all(requests.map((request) => executor.run(request)));
      for (const [index, result] of results.entries()) {
        expect(await textOf((requests[index] as RunRequest).results, "stdout")).toBe("pulled\n");
        expect(result.image).toMatch(new RegExp(`^${registry.host}/team/pulled@sha256:[0-9a-f]{64}$`));
      }
      expect(told.filter((message) => message.startsWith("Pulled image"))).toHaveLength(3);
      expect(await executor.admit(ask(reference).terms)).toEqual({ admitted: true, holdsImage: true });
      const byDigest = results[0]?.image ?? "";
      expect((await executor.run(await workshop.request(ask(byDigest)))).image).toBe(byDigest);
    });
  });

  test("asks for a tag anew where the operator says so, and never where they say that", async () => {
    await makeImage("gadus-images:old", "old");
    const reference = await registry.push(docker as never, "gadus-images:old", "team/moving:1");
    const run = (rules: Partial<DockerRules>): Promise<string> =>
      withExecutor(rules, async (executor) => {
        const request = await workshop.request(ask(reference));
        await executor.run(request);
        return textOf(request.results, "stdout");
      });
    await expect(run({ pull: "never" })).rejects.toMatchObject({ code: "executor/image-not-allowed" });
    expect(await run({})).toBe("old\n");
    await makeImage("gadus-images:new", "new");
    await docker?.getImage(reference).tag({ repo: "gadus-images", tag: "kept" });
    await registry.push(docker as never, "gadus-images:new", "team/moving:1");
    await docker?.getImage("gadus-images:kept").tag({ repo: `${registry.host}/team/moving`, tag: "1" });
    expect(await run({ pull: "never" })).toBe("old\n");
    expect(await run({})).toBe("old\n");
    expect(await run({ pull: "always" })).toBe("new\n");
  });

  test("an image that only this machine has runs, and no registry is asked for it", async () => {
    await makeImage("gadus-images:local", "local");
    await withExecutor({ registries: [] }, async (executor) => {
      const request = await workshop.request(ask("gadus-images:local"));
      const { image: ran } = await executor.run(request);
      expect(await textOf(request.results, "stdout")).toBe("local\n");
      expect(ran).toMatch(/^sha256:/);
      const again = await workshop.request(ask(ran ?? ""));
      expect((await executor.run(again)).image).toBe(ran);
      expect(
        await dockerImageResolver({ rules: { pull: "missing", credentials: new Map() } }).resolve(
          "gadus-images:local",
        ),
      ).toBe(ran);
    });
  });

  test("fails fast with the registry's words for what it doesn't have", async () => {
    const reference = `${registry.host}/no/such:1`;
    await withExecutor({}, async (executor) => {
      expect(await executor.admit(ask(reference).terms)).toMatchObject({
        admitted: false,
        reason: expect.stringMatching(/manifest unknown/) as string,
      });
      await expect(executor.run(await workshop.request(ask(reference)))).rejects.toMatchObject({
        code: "executor/image-missing",
        message: expect.stringMatching(/manifest.*unknown/) as string,
      });
    });
    const resolver = dockerImageResolver({ rules: { pull: "missing", credentials: new Map() } });
    await expect(resolver.resolve(reference)).rejects.toThrow(/manifest unknown/);
  });

  test("shows a registry the operator's credentials, or those of docker login, and nothing else", async () => {
    await makeImage("gadus-images:secret", "secret");
    const reference = await closed.push(docker as never, "gadus-images:secret", "team/secret:1");
    await withExecutor({}, async (executor) => {
      expect(await executor.admit(ask(reference).terms)).toMatchObject({ admitted: false });
    });
    const credentials = new Map([[closed.host, REGISTRY_USER]]);
    await withExecutor({ credentials }, async (executor) => {
      const request = await workshop.request(ask(reference));
      await executor.run(request);
      expect(await textOf(request.results, "stdout")).toBe("secret\n");
    });
    const resolver = dockerImageResolver({ rules: { pull: "missing", credentials } });
    await forget(reference);
    expect(await resolver.resolve(reference)).toMatch(/team\/secret@sha256:/);
    const folder = await mkdtemp(join(tmpdir(), "gadus-login-"));
    const auth = Buffer.from("tester:not-a-secret").toString("base64");
    await writeFile(join(folder, "config.json"), JSON.stringify({ auths: { [closed.host]: { auth } } }));
    expect(await authFor(closed.host, new Map(), { folder })).toEqual({
      ...REGISTRY_USER,
      serveraddress: closed.host,
    });
    expect(await authFor("elsewhere", new Map(), { folder })).toBeUndefined();
    await rm(folder, { recursive: true });
  });

  test("holds to what the operator allows: images, registries, pulls at one time", async () => {
    await withExecutor(
      { allow: ["mine/*", "gadus-images:local"], registries: ["mine.example"] },
      async (executor) => {
        expect(await executor.admit(ask("other:1").terms)).toMatchObject({ admitted: false });
        expect(await executor.admit(ask("mine/x:1").terms)).toMatchObject({
          admitted: false,
          reason: expect.stringMatching(/pulls none from docker\.io/) as string,
        });
      },
    );
  });

  test("declines an image for another architecture, here or at its registry", async () => {
    const other = process.arch === "arm64" ? "amd64" : "arm64";
    const layer = await tarOf({ f: "x" });
    const diff = createHash("sha256").update(layer).digest("hex");
    const config = {
      architecture: other,
      os: "linux",
      rootfs: { type: "layers", diff_ids: [`sha256:${diff}`] },
    };
    const manifest = [{ Config: "c.json", RepoTags: ["gadus-images:foreign"], Layers: ["l.tar"] }];
    const archive = await tarOf({
      "l.tar": layer,
      "c.json": JSON.stringify(config),
      "manifest.json": JSON.stringify(manifest),
    });
    const answer = await docker?.loadImage(Readable.from([archive]), { quiet: true });
    for await (const _ of answer ?? []) continue;
    const reference = await registry.push(docker as never, "gadus-images:foreign", "team/foreign:1");
    await withExecutor({}, async (executor) => {
      for (const name of ["gadus-images:foreign", reference]) {
        expect(await executor.admit(ask(name).terms)).toMatchObject({
          admitted: false,
          reason: expect.stringContaining(`is for ${other}`) as string,
        });
      }
    });
  });

  async function tarOf(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
    const tar = pack();
    for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
    tar.finalize();
    return buffer(Readable.from(tar));
  }

  async function saved(tag: string): Promise<Buffer> {
    const { stdout } = await promisify(execFile)("docker", ["save", tag], {
      encoding: "buffer",
      maxBuffer: 1e8,
    });
    return stdout;
  }
  const fromInput = (command = "cat /text") =>
    shellTask(command, {
      terms: { image: { from: "input", input: 0 }, inputs: [{ source: { type: "ipfs", params: {} } }] },
      params: { image: "/image.tar" },
    });

  test("runs the image of an archive, and gives it none of the names that its author chose", async () => {
    await makeImage("gadus-images:archived", "archived");
    const archive = await saved("gadus-images:archived");
    await forget("gadus-images:archived");
    await makeImage("gadus-images:archived", "precious");
    await withExecutor({}, async (executor) => {
      const input = { ...mounted("/image.tar", memoryVolume({ "": archive })), cid: "bafy-archive" };
      for (let i = 0; i < 2; i += 1) {
        const request = await workshop.request(fromInput("cat /text; ls /image.tar || true"), [input]);
        const { image: ran } = await executor.run(request);
        expect(await textOf(request.results, "stdout")).toBe("archived\n");
        expect(ran).toMatch(/^sha256:/);
      }
      const named = await workshop.request(ask("gadus-images:archived"));
      await executor.run(named);
      expect(await textOf(named.results, "stdout")).toBe("precious\n");
    });
  });

  test("an archive gives no name to an image, however it is written", async () => {
    const layer = await tarOf({ f: "x" });
    const diff = createHash("sha256").update(layer).digest("hex");
    const config = {
      architecture: "amd64",
      os: "linux",
      rootfs: { type: "layers", diff_ids: [`sha256:${diff}`] },
    };
    const named = [{ Config: "c.json", RepoTags: ["gadus-images:stolen"], Layers: ["l.tar"] }];
    const honest = [{ Config: "c.json", RepoTags: null, Layers: ["l.tar"] }];
    const files = { "l.tar": layer, "c.json": JSON.stringify(config) };
    const sly = JSON.stringify([{ ...honest[0], repotags: ["gadus-images:stolen"] }]);
    const archives = [
      await tarOf({ ...files, "manifest.json": sly }),
      ...(await Promise.all(
        ["x/../manifest.json", "././manifest.json", "/manifest.json"].map((name) =>
          tarOf({ ...files, "manifest.json": JSON.stringify(honest), [name]: JSON.stringify(named) }),
        ),
      )),
    ];
    await withExecutor({}, async (executor) => {
      for (const archive of archives) {
        const input = mounted("/image.tar", memoryVolume({ "": archive }));
        await executor.run(await workshop.request(fromInput("true"), [input])).catch(() => {});
        expect((await docker?.listImages({ filters: { reference: ["gadus-images:stolen"] } }))?.length).toBe(
          0,
        );
      }
    });
  });

  test("blames nobody where an archive can't be read", async () => {
    const volume = { ...memoryVolume({ "": "x" }), read: () => Promise.reject(new Error("no provider")) };
    await withExecutor({}, async (executor) => {
      const request = await workshop.request(fromInput(), [mounted("/image.tar", volume)]);
      await expect(executor.run(request)).rejects.toMatchObject({
        code: "executor/input-failed",
        blame: "nobody",
      });
    });
  });

  test("anyone's jobs have images that anyone could have: no local ones, no credentials, no registries nearby", async () => {
    await makeImage("gadus-images:mine", "mine");
    const held = (await docker?.getImage("gadus-images:mine").inspect())?.Id ?? "";
    const credentials = new Map([[closed.host, REGISTRY_USER]]);
    await withExecutor({ isOpen: true, credentials }, async (executor) => {
      for (const name of [
        "gadus-images:mine",
        held,
        `${registry.host}/team/pulled:1`,
        "localhost:5000/x:1",
        "docker/x.y:1",
      ])
        expect(await executor.admit(ask(name).terms)).toMatchObject({ admitted: false });
    });
    await withExecutor({ isOpen: true, registries: [closed.host], credentials }, async (executor) => {
      const answer = await executor.admit(ask(`${closed.host}/team/secret:1`).terms);
      expect(answer).toMatchObject({ admitted: false });
    });
    const allow = ["gadus-images:mine", `${closed.host}/*`];
    await withExecutor({ isOpen: true, allow, registries: [closed.host], credentials }, async (executor) => {
      for (const name of ["gadus-images:mine", `${closed.host}/team/secret:1`])
        expect(await executor.admit(ask(name).terms)).toMatchObject({ admitted: true });
    });
  });

  test("refuses what is no archive of one image, and blames the job", async () => {
    const empty = pack();
    empty.finalize();
    const two = pack();
    two.entry({ name: "manifest.json" }, JSON.stringify([{ Config: "a" }, { Config: "b" }]));
    two.finalize();
    const device = pack();
    device.entry({ name: "dev", type: "block-device", devmajor: 8, devminor: 0 });
    device.finalize();
    const wrong = pack();
    wrong.entry({ name: "manifest.json" }, JSON.stringify([{ Config: "../../etc/passwd", Layers: [] }]));
    wrong.finalize();
    const whole = await saved(TEST_IMAGE);
    const contents: Uint8Array[] = [Buffer.from("no tar"), whole.subarray(0, whole.length / 2)];
    for (const tar of [empty, two, device, wrong]) {
      const chunks: Buffer[] = [];
      for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
      contents.push(Buffer.concat(chunks));
    }
    await withExecutor({}, async (executor) => {
      for (const content of contents) {
        const input = mounted("/image.tar", memoryVolume({ "": content }));
        await expect(executor.run(await workshop.request(fromInput(), [input]))).rejects.toMatchObject({
          code: "executor/invalid-params",
          blame: "job",
          field: "Tasks[0].Engine.Params.Image",
        });
      }
    });
  });
});
