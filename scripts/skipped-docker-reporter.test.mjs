import { expect, test } from "vitest";
import { countSkipped, countSkippedInBrowsers, skippedLine } from "./skipped-docker-reporter.mjs";

/** A module as vitest reports it, with titles of tests that were skipped. */
const module = (moduleId, ...titles) => ({
  moduleId,
  children: { allTests: (state) => (state === "skipped" ? titles.map((fullName) => ({ fullName })) : []) },
});

test("countSkipped() counts tests of files named after Docker or egress, and those that say that they need it", () => {
  const modules = [
    module("/src/docker-container.test.ts", "runs", "ends"),
    module("/src/http-egress.test.ts", "reaches"),
    module("/src/bid.test.ts", "bids", "runs a container (needs Docker)"),
    module("/docker/src/bid.test.ts", "bids"),
  ];
  expect(countSkipped(modules)).toBe(4);
});

test("countSkippedInBrowsers() counts tests that say that they need Chromium", () => {
  const modules = [
    module("/e2e/browser.test.ts", "the client in Chromium (needs Chromium) > lists"),
    module("/b", "x"),
  ];
  expect(countSkippedInBrowsers(modules)).toBe(1);
  expect(countSkipped(modules)).toBe(0);
});

test("skippedLine() says how many, and why", () => {
  const host = "unix:///var/run/docker.sock";
  expect(skippedLine(0, host, false)).toBeUndefined();
  expect(skippedLine(1, host, false)).toBe(`Docker: no engine answers at ${host}: 1 Docker test was skipped`);
  expect(skippedLine(2, host, false)).toMatch(/: 2 Docker tests were skipped$/);
  expect(skippedLine(2, host, true)).toMatch(/an engine answers .* but 2 Docker tests were skipped; busybox/);
});
