import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_QUEUED_BYTES, MAX_QUEUED_MESSAGES } from "./limits.ts";
import { createOutbox } from "./outbox.ts";

const message = (byte: number, length = 1) => new Uint8Array(length).fill(byte);

describe("createOutbox()", () => {
  test("gives back what was put in, in order, however it is taken", async () => {
    const step = fc.oneof(
      fc.record({ put: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ take: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ putBack: fc.integer({ min: 1, max: 40 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const outbox = createOutbox("a");
        const [put, taken, calls]: [number[], number[], Promise<void>[]] = [[], [], []];
        const take = (maxBytes: number) => {
          const batch = outbox.take(maxBytes);
          taken.push(...(batch?.frames ?? []).map((frame) => frame[0] ?? -1));
          batch?.settle();
          return batch;
        };
        for (const [index, each] of steps.entries()) {
          if ("put" in each) {
            put.push(index);
            calls.push(outbox.put(message(index, each.put)));
          } else if ("take" in each) take(each.take);
          else outbox.take(each.putBack)?.putBack();
        }
        while (take(30) !== undefined);
        await Promise.all(calls);
        expect(taken).toEqual(put);
        expect(outbox.size).toBe(0);
      }),
    );
  });

  test("is bounded in messages and in bytes, and has room again once they are taken", async () => {
    const full = { code: "transport/overloaded" };
    const many = createOutbox("a");
    const calls = Array.from({ length: MAX_QUEUED_MESSAGES }, () => many.put(message(1)));
    await expect(many.put(message(1))).rejects.toMatchObject(full);
    const large = createOutbox("a");
    calls.push(large.put(message(1, MAX_QUEUED_BYTES)));
    await expect(large.put(message(1))).rejects.toMatchObject(full);
    large.take(1)?.settle();
    calls.push(large.put(message(1)));
    large.take(1)?.settle();
    many.take(MAX_QUEUED_BYTES)?.settle();
    await Promise.all(calls);
    expect([many.size, large.size]).toEqual([0, 0]);
  });

  test("an aborted call is rejected with its reason, and its message never taken", async () => {
    const outbox = createOutbox("a");
    const controller = new AbortController();
    const aborted = outbox.put(message(1), controller.signal);
    const kept = outbox.put(message(2));
    const reason = new Error("no longer wanted");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    const batch = outbox.take(100);
    expect(batch?.frames).toEqual([message(2)]);
    batch?.settle();
    await kept;
  });

  test("`putFirst()` goes before all that waits", async () => {
    const outbox = createOutbox("a");
    const waiting = outbox.put(message(2));
    outbox.putFirst(message(1));
    const batch = outbox.take(100);
    expect(batch?.frames).toEqual([message(1), message(2)]);
    batch?.settle();
    await waiting;
  });

  test("`rejectAll()` rejects all calls that wait", async () => {
    const outbox = createOutbox("a");
    const error = new Error("stopped");
    const calls = [outbox.put(message(1)), outbox.put(message(2))];
    outbox.rejectAll(error);
    for (const call of calls) await expect(call).rejects.toBe(error);
    expect(outbox.take(100)).toBeUndefined();
  });
});
