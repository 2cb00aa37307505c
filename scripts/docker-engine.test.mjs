import { createServer } from "node:http";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dockerAnswers, dockerHost, requestOptions } from "./docker-engine.mjs";

test("dockerHost() is the system's socket unless DOCKER_HOST says otherwise", () => {
  expect(dockerHost({})).toBe("unix:///var/run/docker.sock");
  expect(dockerHost({ DOCKER_HOST: "tcp://10.0.0.1:2375" })).toBe("tcp://10.0.0.1:2375");
});

test.each([
  ["unix:///run/user/1000/docker.sock", { socketPath: "/run/user/1000/docker.sock" }],
  ["tcp://127.0.0.1:2376", { hostname: "127.0.0.1", port: 2376 }],
  ["tcp://engine", { hostname: "engine", port: 2375 }],
  ["http://[::1]:1234", { hostname: "::1", port: 1234 }],
  ["ssh://me@engine", undefined],
])("requestOptions() reads %s", (host, expected) => {
  expect(requestOptions(host)).toEqual(expected);
});

test("dockerAnswers() is true only where a ping is answered 200", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gadus-engine-"));
  const socket = join(folder, "docker.sock");
  const asked = [];
  const server = createServer(({ url }, answer) => {
    asked.push(url);
    answer.writeHead(asked.length === 1 ? 200 : 500).end("OK");
  });
  await once(server.listen(socket), "listening");
  expect(await dockerAnswers(`unix://${socket}`)).toBe(true);
  expect(await dockerAnswers(`unix://${socket}`)).toBe(false);
  expect(asked).toEqual(["/_ping", "/_ping"]);
  server.close();
  await once(server, "close");
  expect(await dockerAnswers(`unix://${socket}`)).toBe(false);
  expect(await dockerAnswers("ssh://me@engine")).toBe(false);
  rmSync(folder, { recursive: true });
});
