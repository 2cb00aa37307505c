import { afterEach, expect, test, vi } from "vitest";
import { createClient } from "./create-client.ts";

afterEach(() => {
  vi.useRealTimers();
});

test("an answer that stalls in its middle is given up", async () => {
  vi.useFakeTimers();
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"Items": [')),
    cancel: () => {
      cancelled = true;
    },
  });
  const client = createClient({ fetch: async () => new Response(body) });
  const listing = client.jobs.list().catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(31_000);
  expect(await listing).toMatchObject({ code: "client/unreachable" });
  expect(cancelled).toBe(true);
});
