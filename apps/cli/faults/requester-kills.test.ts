import { expect, test } from "vitest";
import { runUnderKills } from "./run-under-kills.ts";

test("200 jobs end right while their requester is killed after every second that it serves and started again", async () => {
  const outcome = await runUnderKills({ victims: ({ requester }) => [requester], maxDown: 1 });
  expect(outcome).toEqual({ wrong: [], failed: [] });
});
