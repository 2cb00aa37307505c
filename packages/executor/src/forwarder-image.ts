import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import type { CallOptions } from "@gadus/protocol";
import type Docker from "dockerode";
import { pack } from "tar-stream";
import { dockerCall } from "./docker-call.ts";
import { statusOf } from "./docker-error.ts";
import { ExecutorError } from "./executor-error.ts";

/** The program for each architecture, by the names that Docker and the kernel have for it. */
const PROGRAMS: Readonly<Record<string, string>> = {
  amd64: "forward-x64",
  x86_64: "forward-x64",
  arm64: "forward-arm64",
  aarch64: "forward-arm64",
};

/**
 * The id of an image that holds the program of `forward/forward.c`, as `/forward`, and nothing else: imported under the
 * tag `gadus-forward:<first 12 digits of the program's SHA-256>` where the engine hasn't got it.
 *
 * @param arch the engine's architecture, as Docker (`amd64`, `arm64`) or the kernel (`x86_64`, `aarch64`) calls it
 * @throws {ExecutorError} `executor/engine-down`, also for any other architecture
 */
export async function ensureForwarderImage(
  docker: Docker,
  arch: string,
  options: CallOptions = {},
): Promise<string> {
  options.signal?.throwIfAborted();
  const program = await readFile(new URL(`../forward/${programFor(arch)}`, import.meta.url));
  const digest = createHash("sha256").update(program).digest("hex").slice(0, 12);
  const tag = `gadus-forward:${digest}`;
  return (await imageId(docker, tag, options)) ?? importProgram(docker, { program, tag }, options);
}

function programFor(arch: string): string {
  const name = Object.hasOwn(PROGRAMS, arch) ? PROGRAMS[arch] : undefined;
  if (name !== undefined) return name;
  const message = `Cannot give jobs HTTP on architecture "${arch}": the forwarder is built for amd64 and arm64`;
  throw new ExecutorError("executor/engine-down", message, { blame: "node" });
}

async function imageId(docker: Docker, tag: string, options: CallOptions): Promise<string | undefined> {
  try {
    const look = async (abort: object): Promise<Docker.ImageInspectInfo> =>
      docker.getImage(tag).inspect(abort);
    return (await dockerCall(`inspect image ${tag}`, look, options)).Id;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

async function importProgram(
  docker: Docker,
  { program, tag }: { readonly program: Uint8Array; readonly tag: string },
  options: CallOptions,
): Promise<string> {
  const action = `import image ${tag}`;
  const tar = pack();
  tar.entry({ name: "forward", mode: 0o555, mtime: new Date(0) }, Buffer.from(program));
  tar.finalize();
  const [repo, version] = tag.split(":");
  await dockerCall(
    action,
    async (abort) => {
      const answer = await docker.importImage(Readable.from(tar), { repo, tag: version, ...abort });
      await new Promise<void>((resolve, reject) => {
        docker.modem.followProgress(answer, (error) => (error === null ? resolve() : reject(error)));
      });
    },
    options,
  );
  const id = await imageId(docker, tag, options);
  if (id !== undefined) return id;
  throw new ExecutorError("executor/engine-down", `Cannot ${action}: it is gone again`, { blame: "node" });
}
