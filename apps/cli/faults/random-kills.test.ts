import { expect, test } from "vitest";
import { runUnderKills } from "./run-under-kills.ts";

/** Jobs all of whose retries may be used up by kills. */
const MAX_FAILED = 2;

test("200 jobs end right while a random process of the five is killed every second and started again", async () => {
  const { wrong, failed } = await runUnderKills({
    victims: ({ requester, compute }) => [requester, ...compute],
    letServe: false,
  });
  expect(wrong).toEqual([]);
  for (const { State } of failed) expect(State?.Message).toMatch(/^Cannot /);
  expect(failed.length).toBeLessThanOrEqual(MAX_FAILED);
});
