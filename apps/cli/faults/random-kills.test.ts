import { expect, test } from "vitest";
import { runUnderKills } from "./run-under-kills.ts";

/** Jobs all of whose retries may be used up by kills. */
const MAX_FAILED = 2;

test("200 jobs end right while a random process of the five is killed every second and started again", async () => {
  const { wrong, failed } = await runUnderKills({
    victims: ({ requester, compute }) => [requester, ...compute],
    maxDown: 2,
  });
  expect(wrong).toEqual([]);
  const reasons = failed.map(({ State }) => State?.Message ?? "");
  expect(reasons.filter((reason) => !reason.startsWith("Cannot "))).toEqual([]);
  expect(reasons.length > MAX_FAILED ? reasons : []).toEqual([]);
});
