import { execFile } from "node:child_process";
import { mkdir, mkdtemp, copyFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "@gadus/protocol/coded-error";
import { BenchError } from "./bench-error.ts";

const BUSYBOX = "/bin/busybox";
const IMAGE = "localhost/gadus-bench:busybox";
const run = promisify(execFile);

/** The version of the engine that the command `docker` speaks to. @throws {BenchError} `bench/no-docker` */
export async function engineVersion(signal: AbortSignal): Promise<string> {
  return await docker(["version", "--format", "{{.Server.Version}}"], signal);
}

/**
 * The id of an image that holds busybox as `true`, and nothing else; made where it isn't there yet.
 *
 * @throws {BenchError} `bench/no-docker`
 */
export async function busyboxImage(signal: AbortSignal): Promise<string> {
  const held = await docker(["images", "--quiet", "--no-trunc", IMAGE], signal);
  if (held !== "") return held;
  const folder = await mkdtemp(join(tmpdir(), "gadus-bench-"));
  try {
    const bin = join(folder, "root", "bin");
    await mkdir(bin, { recursive: true });
    await copyFile(BUSYBOX, join(bin, "busybox"));
    await symlink("busybox", join(bin, "true"));
    const archive = join(folder, "root.tar");
    await run("tar", ["-cf", archive, "-C", join(folder, "root"), "."], { signal });
    return await docker(["import", archive, IMAGE], signal);
  } catch (error) {
    throw noDocker(`its image can't be made: ${messageOf(error)}`, error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs `true` in a container of `image`, and waits for its end. @throws {BenchError} `bench/no-docker` */
export async function runPlainly(image: string, signal: AbortSignal): Promise<void> {
  await docker(["run", "--rm", "--network", "none", image, "true"], signal);
}

async function docker(args: readonly string[], signal: AbortSignal): Promise<string> {
  try {
    return (await run("docker", args, { signal })).stdout.trim();
  } catch (error) {
    signal.throwIfAborted();
    throw noDocker(`docker ${args[0]}: ${messageOf(error).trim()}`, error);
  }
}

function noDocker(state: string, cause: unknown): BenchError {
  return new BenchError("bench/no-docker", `Cannot measure containers: ${state}`, { cause });
}
