// Whether a Docker engine answers, where Docker's own client would look for it:
//
//   node scripts/docker-engine.mjs     says so, and ends with 0 if one does, with 1 if none
//
// It needs nothing but Node 18.
import { request } from "node:http";
import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

const DEFAULT_HOST = "unix:///var/run/docker.sock";
const TIMEOUT_MS = 5_000;

/** Where the engine is, as `DOCKER_HOST` says it. */
export function dockerHost(env = process.env) {
  return env.DOCKER_HOST || DEFAULT_HOST;
}

/** What reaches the engine at `host`, as options of a request; undefined for what isn't spoken to by HTTP. */
export function requestOptions(host) {
  const socketPath = /^unix:\/\/(\/.*)$/.exec(host)?.[1];
  if (socketPath !== undefined) return { socketPath };
  const [, hostname, port = "2375"] =
    /^(?:tcp|http):\/\/(\[[\da-f:]+\]|[^:/]+)(?::(\d+))?\/?$/i.exec(host) ?? [];
  if (hostname === undefined) return undefined;
  return { hostname: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/** Whether an engine answers at `host`. */
export async function dockerAnswers(host = dockerHost()) {
  const options = requestOptions(host);
  if (options === undefined) return false;
  return await new Promise((resolve) => {
    const ping = request({ ...options, path: "/_ping", timeout: TIMEOUT_MS }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    ping.on("timeout", () => ping.destroy(new Error("no answer")));
    ping.on("error", () => resolve(false));
    ping.end();
  });
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const answers = await dockerAnswers();
  process.stdout.write(`Docker: ${answers ? "an" : "no"} engine answers at ${dockerHost()}\n`);
  process.exitCode = answers ? 0 : 1;
}
