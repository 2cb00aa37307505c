import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import Docker from "dockerode";

/** A Docker Engine of a test's own, that may be killed. */
export interface PrivateEngine {
  readonly socket: string;
  start(): Promise<void>;
  /** Ends it with `signal`, and settles once it is gone. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

const READY_TRIES = 300;

/** Starts an engine beside the machine's, with all of its own but the kernel. */
export async function startPrivateEngine(): Promise<PrivateEngine> {
  // Not below /tmp: some engines refuse a layered file system on a tmpfs.
  const root = await mkdtemp("/var/lib/gadus-test-engine-");
  const socket = join(root, "docker.sock");
  const docker = new Docker({ socketPath: socket });
  const containerd = join(root, "containerd.sock");
  const below = spawn(
    "containerd",
    [
      "--config=/dev/null",
      `--address=${containerd}`,
      `--root=${join(root, "containerd")}`,
      `--state=${join(root, "state")}`,
      "--log-level=error",
    ],
    { stdio: "ignore" },
  );
  let daemon: ChildProcess | undefined;
  const engine: PrivateEngine = {
    socket,
    async start(): Promise<void> {
      daemon = spawn(
        "dockerd",
        [
          `--host=unix://${socket}`,
          `--containerd=${containerd}`,
          `--data-root=${join(root, "data")}`,
          `--exec-root=${join(root, "exec")}`,
          `--pidfile=${join(root, "docker.pid")}`,
          "--iptables=false",
          "--ip-forward=false",
          "--bip=172.31.255.1/28",
          "--log-level=error",
        ],
        { stdio: "ignore" },
      );
      for (let tries = 0; ; tries += 1) {
        try {
          await docker.ping();
          return;
        } catch (error) {
          if (tries >= READY_TRIES || daemon.exitCode !== null) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    },
    async end(signal): Promise<void> {
      if (daemon !== undefined) await endProcess(daemon, signal);
    },
    async stop(): Promise<void> {
      await engine.end("SIGTERM");
      await endProcess(below, "SIGTERM");
      await unmountBelow(root);
      await rm(root, { recursive: true, force: true });
    },
  };
  await engine.start();
  return engine;
}

async function endProcess(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, "exit");
}

/** What killed engines left mounted. */
async function unmountBelow(root: string): Promise<void> {
  const mounts = (await readFile("/proc/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
  for (const mount of mounts.filter((path) => path.startsWith(`${root}/`)).toReversed()) {
    await once(spawn("umount", ["--lazy", mount], { stdio: "ignore" }), "exit");
  }
}
