import { test } from "vitest";
import { expectJobsToSurvive } from "./kill-test.ts";

test("200 jobs end right while their requester is killed after every second that it serves and started again", async () => {
  await expectJobsToSurvive({ victims: ({ requester }) => [requester], letServe: true });
});
