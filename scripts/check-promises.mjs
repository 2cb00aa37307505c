// Fails where a page of promises names a test that is not there, or a promise without a test.
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { complaints, titlesOf } from "./promises.mjs";

const PAGES = ["docs/promises.md", "docs/http-contract.md"];
/** Where tests are: beside what they test, in ports' conformance suites, and on real processes. */
const TESTS = ["{packages,apps}/*/{src,e2e,faults}/**/*.test.ts", "packages/*/src/*conformance.ts"];

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (file) => readFileSync(`${root}/${file}`, "utf8");
const titles = globSync(TESTS, { cwd: root }).flatMap((file) => titlesOf(read(file)));
for (const page of PAGES) {
  for (const complaint of complaints(read(page), titles)) {
    console.error(`${page}, ${complaint}`);
    process.exitCode = 1;
  }
}
