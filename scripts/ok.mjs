// `pnpm ok`: runs every check, each of which is a script of its own, and shows the output of those that
// fail. All run even if one fails, so that one round shows all there is to mend. `--no-tests` leaves out the unit
// tests, for who runs every test anyway.
import { spawnSync } from "node:child_process";

const checks = [
  "build",
  "format:check",
  "lint",
  "boundaries",
  "typecheck",
  "unused",
  "docs:check",
  "openapi:lint",
  "promises:check",
  ...(process.argv.includes("--no-tests") ? [] : ["test:unit"]),
];

const env = process.stdout.isTTY ? { ...process.env, FORCE_COLOR: "1" } : { ...process.env, NO_COLOR: "1" };

const failed = [];
for (const check of checks) {
  const startedMs = performance.now();
  const { status, stdout, stderr } = spawnSync("pnpm", ["run", "--silent", check], {
    env,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${status === 0 ? "✓" : "✗"} ${check} (${seconds} s)`);
  if (status === 0) continue;
  failed.push(check);
  console.log(`${stdout}${stderr}`);
}
if (failed.length > 0) {
  console.log(`not ok: ${failed.join(", ")}`);
  process.exitCode = 1;
} else {
  console.log("ok");
}
