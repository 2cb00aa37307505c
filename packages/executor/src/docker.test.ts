import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { memoryVolume } from "@gadus/storage/memory";
import type { OutputName, Task } from "@gadus/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeExecutor, mounted, textOf } from "./conformance.ts";
import { dockerExecutor } from "./docker.ts";
import type { Executor, MountedInput, RunRequest, RunResult } from "./executor.ts";
import { busyboxImage, dockerEngine } from "./docker-fixture.ts";
import { openWorkshop, shellTask, TEST_IMAGE, type TestTask, type Workshop } from "./test-docker-jobs.ts";

const docker = await dockerEngine();
const image = docker && (await busyboxImage(docker));

describe.skipIf(docker === undefined || image === undefined)("on a Docker Engine (needs Docker)", () => {
  const nodeId = `test-${process.pid}`;
  let workshop: Workshop;
  beforeAll(async () => {
    workshop = await openWorkshop();
  });
  afterAll(() => workshop.remove());

  const build = (rules = {}): Executor => dockerExecutor({ nodeId, folder: workshop.folder, rules });

  describeExecutor("docker", async () => ({
    executor: build(),
    printing: (stdout, exitCode) => ({
      task: shellTask(`printf '%s' "$0"; exit ${exitCode}`, {
        params: { parameters: ["sh", "-c", `printf '%s' "$0"; exit ${exitCode}`, stdout] },
      }),
      inputs: [],
    }),
    endless: () => ({ task: shellTask("while true; do sleep 1; done"), inputs: [] }),
    senseless: () => ({ task: shellTask("", { params: { workingDirectory: "" } }), inputs: [] }),
    results: () => workshop.results(),
  }));

  describe("dockerExecutor()", () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = build({ writableRoot: true, graceMs: 1000 });
      await executor.start();
    });
    afterAll(() => executor.stop());

    async function run(
      command: string,
      task: TestTask = {},
      inputs: readonly MountedInput[] = [],
    ): Promise<
      RunResult & { readonly request: RunRequest; readonly out: (path?: string) => Promise<string> }
    > {
      const request = await workshop.request(shellTask(command, task), inputs);
      const result = await executor.run(request);
      return { ...result, request, out: (path = "stdout") => textOf(request.results, path) };
    }
    const outputs = (...names: string[]): Task["details"]["resultPaths"] =>
      names.map((name) => ({ name, path: `/${name}` }));
    const limited = (change: Partial<Task["terms"]["resources"]>): Partial<Task["terms"]> => ({
      resources: { ...shellTask("").terms.resources, ...change },
    });

    test("mounts inputs as a tree that can be read, run and not written", async () => {
      const tree = memoryVolume({ "a/b.txt": "deep", "run.sh": "#!/bin/sh\necho ran\n" });
      const inner = memoryVolume({ "": "inner" });
      const { out, exitCode } = await run(
        "cat /data/a/b.txt /data/in/side; /data/run.sh; touch /data/x || echo no; id -u",
        { params: { user: "1234" } },
        [mounted("/data", tree), mounted("/data/in/side", inner)],
      );
      expect(exitCode).toBe(0);
      expect(await out()).toBe("deepinnerran\nno\n1234\n");
    });

    test("keeps what was written to result paths, by any user, as this node's own", async () => {
      const made = await run(
        "cat /file.txt > /apples/file.txt; mkdir /apples/d; echo x > /apples/d/y; chmod 000 /apples/d/y /apples/d",
        { params: { user: "1234:99" }, details: { resultPaths: outputs("apples") } },
        [mounted("/file.txt", memoryVolume({ "": "an apple" }))],
      );
      expect(await made.out("apples/file.txt")).toBe("an apple");
      expect(await made.out("apples/d/y")).toBe("x\n");
    });

    test("keeps regular files alone, and tells what it left out", async () => {
      const made = await run(
        "cd /o; echo a > a; ln -s a link; ln -s /o/a whole; ln -s /etc/passwd out; ln -s ../.. up; mkfifo pipe; ln -s link again; mkdir d; ln -s d dlink; busybox nc -l -s local:sock & busybox sleep 0.2; printf 'x' > \"$(printf 'bad\\001')\"",
        { details: { resultPaths: outputs("o") } },
      );
      expect(await made.out("o/link")).toBe("a\n");
      expect(await made.out("o/whole")).toBe("a\n");
      expect(await made.out("o/again")).toBe("a\n");
      for (const gone of ["o/out", "o/up", "o/pipe", "o/dlink"])
        expect(await made.request.results.stat(gone)).toBeUndefined();
      expect(made.notes?.join("\n")).toMatch(/left out of the results, as a .*: o\//);
    });

    test("cuts off what is printed beyond a MiB, says so, and keeps the beginning", async () => {
      const { out, ...result } = await run(
        "echo first; busybox yes x | busybox head -c 3000000; echo warned >&2",
      );
      expect(result).toMatchObject({ exitCode: 0, stdoutTruncated: true, stderrTruncated: false });
      const text = await out();
      expect(text.length).toBe(1024 * 1024);
      expect(text.startsWith("first\nx\nx\n")).toBe(true);
      expect(await out("stderr")).toBe("warned\n");
    });

    test("gives what is printed to who listens, in its order, while it runs", async () => {
      const pieces: [OutputName, string][] = [];
      const request = await workshop.request(
        shellTask("echo one; sleep 0.2; echo two >&2; sleep 0.2; echo three"),
        [],
        { output: (stream, bytes) => pieces.push([stream, Buffer.from(bytes).toString()]) },
      );
      await executor.run(request);
      expect(pieces).toEqual([
        ["stdout", "one\n"],
        ["stderr", "two\n"],
        ["stdout", "three\n"],
      ]);
    });

    test("names a lack of memory, and blames the job", async () => {
      const request = await workshop.request(
        shellTask("busybox tail /dev/zero", { terms: limited({ memoryBytes: 16 * 1024 * 1024 }) }),
      );
      await expect(executor.run(request)).rejects.toMatchObject({
        code: "executor/out-of-memory",
        blame: "job",
      });
    });

    test("takes it for a result when only a child ran out of memory", async () => {
      const { exitCode } = await run("busybox tail /dev/zero; echo lived on; exit 3", {
        terms: limited({ memoryBytes: 16 * 1024 * 1024 }),
      });
      expect(exitCode).toBe(3);
    });

    test("kills what writes more than its disk, and what makes too many files", async () => {
      const flood = shellTask(
        "cd /o; while true; do busybox dd if=/dev/zero of=f bs=1M count=1 oflag=append conv=notrunc 2>/dev/null; done",
        {
          terms: limited({ diskBytes: 4 * 1024 * 1024 }),
          details: { resultPaths: outputs("o") },
        },
      );
      const layer = shellTask(
        "while true; do busybox dd if=/dev/zero bs=1M count=1 >> /f 2>/dev/null; done",
        {
          terms: { ...limited({ diskBytes: 4 * 1024 * 1024 }), writableRoot: true },
        },
      );
      for (const task of [flood, layer]) {
        await expect(executor.run(await workshop.request(task))).rejects.toMatchObject({
          code: "executor/limit-exceeded",
          blame: "job",
          field: "Tasks[0].Resources.Disk",
        });
      }
    });

    test("refuses results that are longer than the disk, be they holes", async () => {
      const request = await workshop.request(
        shellTask("for f in a b; do busybox dd if=/dev/zero of=/o/$f bs=1 count=1 seek=50000000 2>&1; done", {
          details: { resultPaths: outputs("o") },
        }),
      );
      await expect(executor.run(request)).rejects.toMatchObject({ code: "executor/limit-exceeded" });
    });

    test("withholds capabilities, privileges, devices, swap, processes, writes and the network", async () => {
      const { out } = await run(
        "busybox grep -E '^(Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp):' /proc/self/status; touch /etc/x /bin/x 2>/dev/null || echo read-only; echo y > /tmp/y && cat /tmp/y; busybox tail -n +3 /proc/net/dev | busybox cut -d: -f1; busybox hostname; ls /dev/sda /dev/kvm /dev/mem 2>/dev/null; busybox df /tmp | busybox tail -n 1 | busybox awk '{print $2}'",
        { params: { user: "0" } },
      );
      const text = await out();
      for (const set of ["Prm", "Eff", "Bnd", "Amb"])
        expect(text).toMatch(new RegExp(`^Cap${set}:\\s0+$`, "m"));
      expect(text).toMatch(/^NoNewPrivs:\s1$/m);
      expect(text).toMatch(/^Seccomp:\s2$/m);
      expect(text).toContain("read-only\ny\n");
      expect(text).toMatch(/^\s+lo$/m);
      expect(text).not.toMatch(/eth0/);
      expect(text).toMatch(/^gadus$/m);
      expect(text).not.toContain("/dev/");
      expect(text).toMatch(/^65536$/m);
      const limits = await run(
        "for f in /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes /sys/fs/cgroup/pids/pids.max; do [ -e $f ] && cat $f; done; true",
      );
      const bytes = String(64 * 1024 * 1024);
      // A machine with another version of control groups has none of these files.
      expect(["", `${bytes}\n${bytes}\n512\n`]).toContain(await limits.out());
    });

    test("a fork bomb ends with its own limit of processes", async () => {
      const { exitCode } = await run(
        "i=0; while [ $i -lt 2000 ]; do sleep 3 & i=$((i+1)); done 2>/dev/null; exit 0",
        { terms: limited({ cpuMillis: 2000, memoryBytes: 512 * 1024 * 1024 }) },
      );
      expect([0, 2]).toContain(exitCode);
    });

    test("blames the job for a command, a folder or a user that the image doesn't have", async () => {
      const wrong = [
        { user: "nobody-here" },
        { user: "x:y" },
        { parameters: ["/no/such"] },
        { entrypoint: ["none"] },
      ];
      for (const params of wrong) {
        const request = await workshop.request(shellTask("true", { params }));
        await expect(executor.run(request)).rejects.toMatchObject({
          code: "executor/invalid-params",
          blame: "job",
        });
      }
    });

    test("gives environment, entry point and folder, and an image's own where none is said", async () => {
      const { out } = await run("", {
        params: { entrypoint: ["/bin/sh", "-c"], parameters: ["echo $A; pwd"], workingDirectory: "/tmp" },
        details: { environment: { A: "1 2" } },
      });
      expect(await out()).toBe("1 2\n/tmp\n");
    });

    test("a program is process 1 on every node, and has the same host name", async () => {
      expect(await (await run("echo $$; busybox hostname")).out()).toBe("1\ngadus\n");
    });

    test("makes what an image declares as a volume a small folder in memory", async () => {
      const container = await docker?.createContainer({ Image: TEST_IMAGE, Cmd: ["true"] });
      await container?.commit({ repo: "gadus-volumes", tag: "1", changes: "VOLUME /vol" });
      await container?.remove();
      const reference = "gadus-volumes:1";
      const { out } = await run(
        "echo x > /vol/f && cat /vol/f; busybox df /vol | busybox tail -n 1 | busybox awk '{print $1, $2}'",
        { terms: { image: { from: "name", reference } } },
      );
      expect(await out()).toBe("x\ntmpfs 65536\n");
      await docker?.getImage(reference).remove();
    });

    test("lets nothing out without a network: no host, no container, no name, no metadata, no raw socket", async () => {
      const other = await docker?.createContainer({
        Image: TEST_IMAGE,
        Cmd: ["busybox", "nc", "-lk", "-p", "80", "-e", "true"],
      });
      await other?.start();
      const address = (await other?.inspect())?.NetworkSettings.Networks["bridge"]?.IPAddress ?? "";
      try {
        const { out } = await run(
          `for to in 127.0.0.1 172.17.0.1 ${address} 169.254.169.254 8.8.8.8; do nc -w 1 $to 80 </dev/null && echo reached $to; done; nslookup secret.example.com 8.8.8.8 && echo resolved; busybox ping -c 1 -W 1 172.17.0.1 >/dev/null && echo pinged; ls /var/run/docker.sock /run/docker.sock; echo done`,
          { params: { user: "0" } },
        );
        expect(await out()).toBe("done\n");
      } finally {
        await other?.remove({ force: true });
      }
    });

    test("takes no path, name or image that a requester could have meant for this machine", async () => {
      const input = [mounted("/data", memoryVolume({ "": "x" }))];
      const named = (name: string, path = "/o"): TestTask => ({ details: { resultPaths: [{ name, path }] } });
      const hostile: readonly (readonly [Task, readonly MountedInput[]])[] = [
        ...["../../x", "a/b", "..", "stdout", "a\0"].map(
          (name) => [shellTask("true", named(name)), []] as const,
        ),
        ...["/", "relative", "/o/../../etc", "/o/", "/a//b"].map(
          (path) => [shellTask("true", named("o", path)), []] as const,
        ),
        [shellTask("true"), [...input, mounted("/data/../../../gadus-escaped", memoryVolume({ "": "x" }))]],
        [shellTask("true"), [...input, mounted("/data/below", memoryVolume({ "": "x" }))]],
        ...["../containers/json", "busybox", "a b", "x?y=z", "docker.io/library/gadus-forward:1"].map(
          (reference) => [shellTask("true", { terms: { image: { from: "name", reference } } }), []] as const,
        ),
        [shellTask("true", { terms: { image: { from: "input", input: 3 } } }), []],
      ];
      for (const [task, inputs] of hostile) {
        await expect(executor.run(await workshop.request(task, inputs))).rejects.toMatchObject({
          code: "executor/invalid-params",
          blame: "job",
        });
      }
      expect(existsSync("/gadus-escaped")).toBe(false);
    });

    test("lets a job reach the domains that it names, through a proxy alone, and notes what was refused", async () => {
      const server = createServer((_, response) => response.end("reached\n")).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const online = build({ networks: ["none", "http"], allowHosts: [`127.0.0.1:${port}`] });
      await online.start();
      try {
        const terms = { network: { type: "http" as const, domains: ["127.0.0.1"] } };
        const request = await workshop.request(
          shellTask(
            `wget -q -O - http://127.0.0.1:${port}/; wget -q -O - http://example.com/ || echo refused; no_proxy= wget -q -O - -T 2 http://169.254.169.254/ || echo refused; busybox hostname; busybox tail -n +3 /proc/net/dev | busybox wc -l; unset http_proxy; wget -q -T 2 -O - http://172.17.0.1:${port}/ || echo refused`,
            { terms, details: { environment: { no_proxy: "" } } },
          ),
        );
        expect((await online.admit(request.task.terms)).admitted).toBe(true);
        const { notes } = await online.run(request);
        expect(await textOf(request.results, "stdout")).toBe(
          "reached\nrefused\nrefused\ngadus\n1\nrefused\n",
        );
        expect(notes?.join()).toMatch(/refused by the network: .*example\.com/);
      } finally {
        await online.stop();
        server.close();
      }
    });

    test("refuses an image with a volume at a path that an engine would take for another", async () => {
      const container = await docker?.createContainer({ Image: TEST_IMAGE, Cmd: ["true"] });
      await container?.commit({ repo: "gadus-volumes", tag: "2", changes: 'VOLUME ["../../esc"]' });
      await container?.remove();
      const terms = { image: { from: "name" as const, reference: "gadus-volumes:2" } };
      await expect(executor.run(await workshop.request(shellTask("true", { terms })))).rejects.toMatchObject({
        code: "executor/invalid-params",
        blame: "job",
      });
      await docker?.getImage("gadus-volumes:2").remove();
    });

    test("blames the job for an input where its image has something else", async () => {
      const request = await workshop.request(shellTask("true"), [
        mounted("/bin", memoryVolume({ "": "a file" })),
      ]);
      await expect(executor.run(request)).rejects.toMatchObject({
        code: "executor/invalid-params",
        blame: "job",
      });
    });

    test("mounts inputs inside each other, in whatever order they come", async () => {
      const at = (target: string, name: string): MountedInput =>
        mounted(target, memoryVolume({ [name]: name }));
      const { out } = await run("cat /a/one /a/b/two /a/b/c/three", {}, [
        at("/a/b", "two"),
        at("/a", "one"),
        at("/a/b/c", "three"),
      ]);
      expect(await out()).toBe("onetwothree");
    });

    test("drops folders that are nested deeper than a path can say", async () => {
      const name = "n".repeat(200);
      const made = await run(
        `cd /o; i=0; while [ $i -lt 60 ]; do busybox mkdir ${name} && cd ${name}; i=$((i+1)); done; echo x > /o/kept`,
        {
          details: { resultPaths: outputs("o") },
        },
      );
      expect(await made.out("o/kept")).toBe("x\n");
      expect(made.notes?.join()).toMatch(/too long/);
    });

    test("ends what is stopped within its grace, though it won't hear of it", async () => {
      const controller = new AbortController();
      const heard = Promise.withResolvers<void>();
      const request = await workshop.request(
        shellTask("trap '' TERM; echo up; while true; do busybox sleep 1; done"),
        [],
        { output: () => heard.resolve() },
      );
      const running = executor.run(request, { signal: controller.signal });
      running.catch(() => {});
      await heard.promise;
      const startedMs = performance.now();
      controller.abort(new Error("enough"));
      await expect(running).rejects.toThrow("enough");
      expect(performance.now() - startedMs).toBeLessThan(8_000);
    });

    test("records the image that ran by its content", async () => {
      expect((await run("true")).image).toBe(image);
    });

    test("declines what it can't run, and says why", async () => {
      const { terms } = shellTask("true");
      const name = (reference: string): Task["terms"] => ({ ...terms, image: { from: "name", reference } });
      const cases: readonly [Task["terms"], RegExp][] = [
        [{ ...terms, network: { type: "full", domains: [] } }, /network "full"/],
        [{ ...terms, resources: { ...terms.resources, gpus: 1 } }, /GPU/],
        [{ ...terms, resources: { ...terms.resources, memoryBytes: 1000 } }, /at least/],
        [name("gadus-forward:1"), /Gadus' own/],
        [name(`sha256:${"0".repeat(64)}`), /no registry knows image ids/],
        [name("127.0.0.1:1/none:1"), /127\.0\.0\.1/],
        [
          { ...terms, inputs: [{ source: { type: "ipfs", params: {} }, sizeBytes: 1e12 }] },
          /Resources\.Disk/,
        ],
      ];
      for (const [asked, reason] of cases) {
        const admission = await executor.admit(asked);
        expect(admission).toMatchObject({ admitted: false, reason: expect.stringMatching(reason) as string });
      }
    });

    test("has what operators want to know", () => {
      expect(executor.unavailable()).toBeUndefined();
      expect(executor.facts()).toMatchObject({ networks: "none", images: "pull missing" });
    });
  });

  test("says what to do where no engine answers, and takes no jobs", async () => {
    const executor = dockerExecutor({
      nodeId,
      folder: workshop.folder,
      host: fileURLToPath(import.meta.url),
    });
    await executor.start();
    expect(executor.unavailable()).toMatch(/no Docker Engine answers/);
    expect(await executor.admit(shellTask("true").terms)).toMatchObject({ admitted: false });
    await executor.stop();
  });

  test("nothing of what ran here is left", async () => {
    const left = await docker?.listContainers({ all: true, filters: { label: [`gadus.node=${nodeId}`] } });
    expect(left).toEqual([]);
    expect(await readdir(workshop.folder)).toEqual([]);
  });
});
