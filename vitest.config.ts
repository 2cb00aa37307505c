import { existsSync, globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** One project for each package; its tests stand beside what they test. */
const packages = globSync(["packages/*", "apps/*", "demo", "bench", "examples"]).filter((root) =>
  existsSync(`${root}/src`),
);

export default defineConfig({
  test: {
    // Files share a worker's modules, and every core works: a file's set-up is mostly loading what others loaded too.
    isolate: false,
    maxWorkers: "100%",
    exclude: ["**/dist/**", "**/node_modules/**"],
    testTimeout: 20_000,
    reporters: ["default", "./scripts/skipped-docker-reporter.mjs"],
    projects: [
      ...packages.map((root) => ({
        extends: true as const,
        root,
        test: { name: root.replace("packages/", ""), include: ["src/**/*.test.ts"] },
      })),
      {
        extends: true as const,
        root: "scripts",
        test: { name: "scripts", include: ["*.test.mjs"] },
      },
      {
        // Real processes on real ports: one file at a time, after the rest.
        extends: true as const,
        root: "apps/cli",
        test: {
          name: "e2e",
          include: ["e2e/*.test.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Every line of the API's contract in raw HTTP, on one network that all of its files share.
        extends: true as const,
        root: "apps/cli",
        test: {
          name: "contract",
          include: ["e2e/contract/*.test.ts"],
          globalSetup: [fileURLToPath(new URL("apps/cli/e2e/contract/network.ts", import.meta.url))],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They wait for the network for most of their time.
          maxWorkers: 4,
          isolate: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Real processes that are killed: nothing else runs beside them.
        extends: true as const,
        root: "apps/cli",
        test: {
          name: "faults",
          include: ["faults/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
