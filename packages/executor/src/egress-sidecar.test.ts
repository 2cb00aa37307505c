import { randomUUID } from "node:crypto";
import { networkInterfaces } from "node:os";
import { createServer } from "node:net";
import { silentLogger } from "@gadus/protocol";
import { describe, expect, onTestFinished, test } from "vitest";
import { type EgressProxyOptions, openEgressProxy } from "./egress-proxy.ts";
import { EGRESS_PROXY_URL, egressSidecar, startEgressSidecar } from "./egress-sidecar.ts";
import { ensureForwarderImage } from "./forwarder-image.ts";
import { busyboxImage, dockerEngine } from "./docker-fixture.ts";
import { listenLocally, serveLocally, testProxy } from "./test-egress.ts";

const docker = await dockerEngine();
const image = docker && (await busyboxImage(docker));
const LABELS = { "gadus-test": randomUUID() };
const ALLOWED = "only.example";

/** Runs `script` in a container that joins `networkMode`; what it printed, and its exit code. */
async function runJoined(networkMode: string, script: string): Promise<{ output: string; exitCode: number }> {
  const container = await docker!.createContainer({
    Image: image!,
    Cmd: ["/bin/sh", "-c", script],
    User: "1234:1234",
    Env: [`http_proxy=${EGRESS_PROXY_URL}`],
    Tty: true,
    Labels: LABELS,
    HostConfig: { NetworkMode: networkMode, CapDrop: ["ALL"] },
  });
  try {
    await container.start();
    const { StatusCode: exitCode } = (await container.wait()) as { StatusCode: number };
    return { output: (await container.logs({ stdout: true, stderr: true })).toString(), exitCode };
  } finally {
    await container.remove({ force: true });
  }
}

/** A sidecar in front of a proxy with `options`. */
async function egress(options: Partial<EgressProxyOptions>) {
  const proxy = await testProxy(onTestFinished, options);
  const { folder } = proxy;
  const name = `gadus-test-${randomUUID()}`;
  const forwarder = await ensureForwarderImage(docker!, process.arch === "arm64" ? "arm64" : "amd64");
  const sidecar = await startEgressSidecar({
    docker: docker!,
    image: forwarder,
    name,
    labels: LABELS,
    folder,
  });
  onTestFinished(() => sidecar.remove());
  return { proxy, sidecar };
}

describe.skipIf(image === undefined)("a container that joins a sidecar", { timeout: 120_000 }, () => {
  test("reaches its domains by the proxy, also with much and many at a time, and no other", async () => {
    const size = 5_000_000;
    const port = await serveLocally(onTestFinished, (_request, answer) => answer.end(Buffer.alloc(size)));
    const lookup = async (): Promise<string[]> => ["127.0.0.1"];
    const { proxy, sidecar } = await egress({
      domains: [ALLOWED],
      allowHosts: [`${ALLOWED}:${port}`],
      lookup,
    });
    const fetch = `wget -q -O - http://${ALLOWED}:${port}/ | busybox wc -c`;
    const script = `for i in 1 2 3 4 5; do ${fetch} & done; wait; wget -O - http://other.example/; wget -O - http://169.254.169.254/`;
    const { output } = await runJoined(sidecar.networkMode, script);
    expect(output.match(new RegExp(`^${size}\\r$`, "gm"))).toHaveLength(5);
    expect(output.match(/403 Forbidden/g)).toHaveLength(2);
    expect(proxy.refusals()).toEqual([
      "other.example:80 is not among Network.Domains",
      "169.254.169.254:80 is not among Network.Domains",
    ]);
  });

  test("has no way out beside it: no device, name server, host, other container, or metadata", async () => {
    const port = await listenLocally(onTestFinished, createServer());
    const everywhere = createServer((socket) => socket.end("reached"));
    const open = await listenLocally(onTestFinished, everywhere, "0.0.0.0");
    const other = await docker!.createContainer({
      Image: image!,
      Cmd: ["/bin/sh", "-c", "while true; do echo reached | nc -l -p 80; done"],
      Labels: LABELS,
    });
    onTestFinished(() => other.remove({ force: true }));
    await other.start();
    const { IPAddress: address, Gateway: gateway } = (await other.inspect()).NetworkSettings.Networks.bridge!;
    const { sidecar } = await egress({ domains: [ALLOWED] });
    const hosts = Object.values(networkInterfaces()).flatMap((all = []) =>
      all.filter((each) => each.family === "IPv4"),
    );
    const places = [
      `127.0.0.1 ${port}`,
      ...hosts.map((host) => `${host.address} ${open}`),
      `${gateway} ${open}`,
      `${address} 80`,
      "169.254.169.254 80",
      "1.1.1.1 443",
    ];
    const tries = places.map((place) => `nc -w 2 ${place} </dev/null && echo GOT ${place}`);
    const script = [
      "cat /proc/net/dev",
      ...tries,
      "nslookup example.com 127.0.0.11",
      "nslookup example.com 1.1.1.1",
    ];
    const { output } = await runJoined(sidecar.networkMode, script.join("; "));
    expect(output.match(/^ *\w+:(?= *\d)/gm)?.map((line) => line.trim())).toEqual(["lo:"]);
    expect(output).not.toContain("GOT");
    expect(output).not.toMatch(/^Name:/m);
    // One on a bridge does reach the other container.
    expect((await runJoined("bridge", tries.join("; "))).output).toContain(`GOT ${address} 80`);
  });

  test("finds a proxy that was opened again, and none in between", async () => {
    const { proxy, sidecar } = await egress({ domains: [] });
    await proxy.close();
    const script = "wget -O - http://a.example/";
    expect((await runJoined(sidecar.networkMode, script)).output).not.toContain("403");
    const again = await openEgressProxy({ socketPath: proxy.socketPath, domains: [], logger: silentLogger });
    expect((await runJoined(sidecar.networkMode, script)).output).toContain("403");
    await again.close();
    await egressSidecar(docker!, sidecar.id).remove();
    await sidecar.remove();
  });

  test("is told by name what the engine can't do, and nothing is left", async () => {
    const forwarder = await ensureForwarderImage(docker!, "amd64");
    const options = { docker: docker!, image: forwarder, labels: LABELS, folder: "/nowhere/at/all" };
    await expect(
      startEgressSidecar({ ...options, name: `gadus-test-${randomUUID()}` }),
    ).rejects.toMatchObject({
      code: "executor/engine-failed",
      message: expect.stringContaining("/nowhere/at/all"),
    });
    const gone = new Error("gone");
    const signal = AbortSignal.abort(gone);
    await expect(startEgressSidecar({ ...options, name: "x", signal })).rejects.toBe(gone);
    await expect(ensureForwarderImage(docker!, "amd64", { signal })).rejects.toBe(gone);
    const filters = { label: [`gadus-test=${LABELS["gadus-test"]}`] };
    expect(await docker!.listContainers({ all: true, filters })).toEqual([]);
  });
});

describe("ensureForwarderImage()", () => {
  test("refuses an architecture that the forwarder isn't built for", async () => {
    for (const arch of ["riscv64", "constructor"]) {
      await expect(ensureForwarderImage(undefined as never, arch)).rejects.toMatchObject({
        code: "executor/engine-down",
        message: expect.stringContaining(`architecture "${arch}"`),
      });
    }
  });

  test.skipIf(docker === undefined)(
    "imports one image for one program, however often it is called",
    async () => {
      for (const [name, kernel] of [
        ["amd64", "x86_64"],
        ["arm64", "aarch64"],
      ] as const) {
        const id = await ensureForwarderImage(docker!, name);
        expect(await ensureForwarderImage(docker!, kernel)).toBe(id);
        const { RepoTags: tags } = await docker!.getImage(id).inspect();
        expect(tags).toEqual([expect.stringMatching(/^gadus-forward:[0-9a-f]{12}$/)]);
      }
    },
  );
});
