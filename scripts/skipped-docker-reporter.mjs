// Says at the end of a run, where nobody can miss it, which tests were skipped for want of a Docker engine or Chromium.
import { dockerAnswers, dockerHost } from "./docker-engine.mjs";

/** Tests that need an engine are in files called so, or say it in their title. */
const FILE = /(docker|egress)[^/\\]*\.test\.ts$/;
const TITLE = "(needs Docker)";
/** Tests that need a browser say it in their title. */
const BROWSER_TITLE = "(needs Chromium)";

/** How many of the tests of `modules` need a Docker engine and were skipped. */
export function countSkipped(modules) {
  return skippedTests(modules).filter(({ file, fullName }) => FILE.test(file) || fullName.includes(TITLE))
    .length;
}

/** How many of the tests of `modules` need a browser and were skipped. */
export function countSkippedInBrowsers(modules) {
  return skippedTests(modules).filter(({ fullName }) => fullName.includes(BROWSER_TITLE)).length;
}

function skippedTests(modules) {
  return modules.flatMap((module) =>
    Array.from(module.children.allTests("skipped"), ({ fullName }) => ({ file: module.moduleId, fullName })),
  );
}

/** What to say of `skipped` tests; undefined for nothing. */
export function skippedLine(skipped, host, answers) {
  if (skipped === 0) return undefined;
  const tests = `${skipped} Docker ${skipped === 1 ? "test was" : "tests were"} skipped`;
  return answers
    ? `Docker: an engine answers at ${host}, but ${tests}; busybox-static or docker-registry may be missing`
    : `Docker: no engine answers at ${host}: ${tests}`;
}

/** A reporter of vitest. */
// oxlint-disable-next-line import/no-default-export -- vitest loads a reporter so
export default class SkippedDockerReporter {
  #named = false;

  onInit(vitest) {
    // Then what doesn't match is skipped too.
    this.#named = Boolean(vitest.config.testNamePattern);
  }

  async onTestRunEnd(modules) {
    if (this.#named) return;
    const skipped = countSkipped(modules);
    if (skipped > 0) say(skippedLine(skipped, dockerHost(), await dockerAnswers()));
    const inBrowsers = countSkippedInBrowsers(modules);
    if (inBrowsers > 0) say(`Chromium: none at /usr/bin/chromium: ${inBrowsers} browser tests were skipped`);
  }
}

function say(line) {
  const frame = "!".repeat(line.length);
  process.stderr.write(`\n${frame}\n${line}\n${frame}\n`);
}
