import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** How many jobs fail; a hundred at one time. */
const JOBS = Number(process.env.GADUS_E2E_FAILING_JOBS ?? 300);
const DRIVER = fileURLToPath(new URL("../../../bench/dist/fail.js", import.meta.url));

const WAYS = [
  "bytes that are no module: failed",
  "a module that traps: completed",
  "exit code 1: completed",
  "an input that nobody has: failed",
  "a path that no input has: refused",
  "a result path that nothing is at: completed",
  "no such entry point: failed",
  "more memory than any node has: failed",
  "a run that never ends: failed",
];

test(
  `${JOBS} jobs that fail, each in its own way, end with their own reasons and leave every node alive`,
  async () => {
    const child = spawn(process.execPath, [DRIVER, "--jobs", String(JOBS), "--at-once", "100"]);
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "exit") as Promise<[number]>,
    ]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stdout).toContain(`${JOBS} jobs ended in`);
    expect(stdout).toContain("every node lives");
    for (const way of WAYS) expect(stdout).toContain(way);
  },
  180_000 + JOBS * 1000,
);
