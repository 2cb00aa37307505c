import { test } from "vitest";
import { expectJobsToSurvive } from "./kill-test.ts";

test("200 jobs end right while a random process of the five is killed every second and started again", async () => {
  await expectJobsToSurvive({
    victims: ({ requester, compute }) => [requester, ...compute],
    letServe: false,
  });
});
