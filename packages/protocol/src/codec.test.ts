import { encode } from "@ipld/dag-cbor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeValue } from "./cbor.ts";
import { decodeMessage, encodeMessage } from "./codec.ts";
import { isCodedError } from "./coded-error.ts";
import { EXECUTION_STATES } from "./execution.ts";
import { authorOf, MAX_MESSAGE_BYTES, MAX_SYNC_EXECUTIONS, type Message } from "./message.ts";
import { commitToDetails, hashTask, type Task } from "./task.ts";

const id = fc.string({ minLength: 1, maxLength: 40, unit: "binary" });
const text = fc.string({ maxLength: 40, unit: "binary" });
const count = fc.maxSafeNat();
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const someBytes = fc.uint8Array({ maxLength: 80 });
const statement = fc.record({ payload: someBytes, signature: someBytes });
const blocks = fc.array(fc.record({ cid: text, bytes: someBytes }), { maxLength: 3 });
/** Names that break careless code, among ordinary ones. */
const key = fc.oneof(
  fc.constantFrom("constructor", "toString", "/", "bytes", "hasOwnProperty"),
  fc.string({ minLength: 1, maxLength: 8, unit: "binary" }).filter((name) => name !== "__proto__"),
);
const mapOf = <T>(value: fc.Arbitrary<T>) => fc.dictionary(key, value, { maxKeys: 6, noNullPrototype: true });
const params = mapOf(fc.oneof(text, fc.boolean(), fc.integer()));
const spec = fc.record({ type: id, params });
const resources = fc.record({ cpuMillis: count, memoryBytes: count, diskBytes: count, gpus: count });
const terms = fc.record({
  jobId: id,
  jobType: id,
  partition: count,
  partitionCount: count,
  engine: id,
  profile: id,
  inputs: fc.array(fc.record({ source: spec, sizeBytes: count }, { requiredKeys: ["source"] }), {
    maxLength: 3,
  }),
  resources,
  network: fc.record({
    type: fc.constantFrom("none", "http", "full"),
    domains: fc.array(id, { maxLength: 3 }),
  }),
  verifier: id,
  publisher: id,
  executionTimeoutMs: count,
  priority: fc.integer({ min: -1000, max: 1000 }),
});
const details = fc.record({
  name: id,
  engineParams: mapOf(fc.oneof(text, fc.array(text), params)),
  mounts: fc.array(fc.record({ target: id, alias: text }), { maxLength: 3 }),
  resultPaths: fc.array(fc.record({ name: id, path: id }), { maxLength: 3 }),
  environment: mapOf(text),
  publisherParams: params,
  epochMs: count,
  seed: bytes32,
});
const executionId = id;
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: fc.constant("ask" as const),
    executionId,
    terms,
    commitment: bytes32,
    boxPublicKey: bytes32,
    answerWithinMs: count,
  }),
  fc.record({
    type: fc.constant("accept" as const),
    executionId,
    details,
    salt: bytes32,
    statement,
    blocks,
    proposeWithinMs: count,
  }),
  fc.record({ type: fc.constant("reject" as const), executionId, reason: text }),
  fc.record({ type: fc.constant("verify" as const), executionId, statement, publishWithinMs: count }),
  fc.record({ type: fc.constant("refute" as const), executionId, statement, reason: text }),
  fc.record({ type: fc.constant("cancel" as const), executionId, code: id, reason: text }),
  fc.record({
    type: fc.constant("bid" as const),
    executionId,
    boxPublicKey: bytes32,
    leaseMs: count,
    has: fc.array(text, { maxLength: 3 }),
  }),
  fc.record({ type: fc.constant("decline" as const), executionId, code: id, reason: text }),
  fc.record({ type: fc.constant("start" as const), executionId }),
  fc.record({ type: fc.constant("progress" as const), executionId, message: id }),
  fc.record({ type: fc.constant("propose" as const), executionId, sealed: someBytes }),
  fc.record({ type: fc.constant("publish" as const), executionId, publication: spec, blocks }),
  fc.record({
    type: fc.constant("fail" as const),
    executionId,
    code: id,
    reason: text,
    blame: fc.constantFrom("node", "job", "nobody"),
  }),
  fc.record({
    type: fc.constant("sync" as const),
    party: fc.constantFrom("requester", "compute"),
    executions: fc.array(fc.record({ id, state: fc.constantFrom(...EXECUTION_STATES) }), { maxLength: 5 }),
  }),
  fc.record({ type: fc.constant("lost" as const), executionIds: fc.array(id, { maxLength: 5 }) }),
  fc.record({
    type: fc.constant("announcement" as const),
    announcement: fc.record(
      {
        sequence: count,
        ttlMs: fc.integer({ min: 1, max: 600_000 }),
        version: id,
        requester: fc.boolean(),
        labels: fc.dictionary(id, text, { maxKeys: 4, noNullPrototype: true }),
        operator: id,
        compute: fc.record({
          engines: fc.array(fc.record({ type: id, profiles: fc.array(id, { maxLength: 2 }) }), {
            maxLength: 2,
          }),
          verifiers: fc.array(id, { maxLength: 2 }),
          publishers: fc.array(id, { maxLength: 2 }),
          storage: fc.array(id, { maxLength: 2 }),
          maxCapacity: resources,
          maxExecution: resources,
          availableCapacity: resources,
          runningExecutions: count,
          queuedExecutions: count,
          queueLimit: count,
        }),
      },
      { requiredKeys: ["sequence", "ttlMs", "version", "requester", "labels"] },
    ),
  }),
);

describe("encodeMessage() and decodeMessage()", () => {
  test("give back every message as it was", () => {
    fc.assert(
      fc.property(message, (given) => {
        expect(decodeMessage(encodeMessage(given))).toEqual(given);
      }),
    );
  });

  test("yield the same bytes whatever order the keys are in", () => {
    fc.assert(
      fc.property(message, (given) => {
        expect(encodeMessage(reversed(given) as Message)).toEqual(encodeMessage(given));
      }),
    );
  });

  test("leave properties out that are undefined", () => {
    const plain = { type: "start", executionId: "e-1" } as const;
    expect(encodeMessage({ ...plain, extra: undefined } as Message)).toEqual(encodeMessage(plain));
  });

  test("refuse any bytes that are cut short", () => {
    fc.assert(
      fc.property(message, fc.nat(), (given, at) => {
        const whole = encodeMessage(given);
        expect(failureOf(whole.slice(0, at % whole.length))).toBe("protocol/invalid-message");
      }),
    );
  });

  test("answer mutated bytes with a message or a protocol error, never another exception", () => {
    fc.assert(
      fc.property(message, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1 }), (given, edits) => {
        const mutated = encodeMessage(given);
        for (const [at, byte] of edits) mutated[at % mutated.length] = byte;
        expect(["decoded", "protocol/invalid-message"]).toContain(failureOf(mutated));
      }),
      { numRuns: 500 },
    );
  });

  test("answer random bytes and random values with a message or a protocol error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        expect(["decoded", "protocol/invalid-message"]).toContain(failureOf(garbage));
      }),
    );
    fc.assert(
      fc.property(fc.object({ maxDepth: 3, values: [fc.string(), fc.integer(), fc.boolean()] }), (value) => {
        expect(failureOf(encodeValue(value))).toBe("protocol/invalid-message");
      }),
    );
  });

  test("refuse what is nested too deep to be decoded", () => {
    for (const opening of [0x81, 0xa1]) {
      expect(failureOf(new Uint8Array(MAX_MESSAGE_BYTES).fill(opening))).toBe("protocol/invalid-message");
    }
  });

  test("refuse lengths that promise more than there is", () => {
    const huge = [0x9b, 0, 0, 0, 1, 0, 0, 0, 0];
    expect(failureOf(Uint8Array.from(huge))).toBe("protocol/invalid-message");
    expect(failureOf(Uint8Array.of(0x5b, ...huge.slice(1)))).toBe("protocol/invalid-message");
  });

  test("check the size before anything is decoded", () => {
    expect(failureOf(new Uint8Array(MAX_MESSAGE_BYTES + 1))).toBe("protocol/message-too-large");
    const large = { type: "propose", executionId: "e-1", sealed: new Uint8Array(MAX_MESSAGE_BYTES) } as const;
    expect(() => encodeMessage(large)).toThrow(/Cannot send message "propose": \d+ bytes are more than/);
  });

  test("fit a sync of the most executions there may be into one message", () => {
    const executions = Array.from({ length: MAX_SYNC_EXECUTIONS }, (_, index) => ({
      id: `e-1b4e28ba-2fa1-4d3b-9a4f-${String(index).padStart(12, "0")}`,
      state: "cancelled" as const,
    }));
    const sync: Message = { type: "sync", party: "requester", executions };
    expect(decodeMessage(encodeMessage(sync))).toEqual(sync);
    const longer = { ...sync, executions: [...executions, { id: "e-1", state: "asked" }] };
    expect(failureOf(encodeValue(longer))).toBe("protocol/invalid-message");
  });

  test("refuse a field that the message doesn't have, and name one that is wrong", () => {
    expect(failureOf(encodeValue({ type: "start", executionId: "e-1", from: "someone" }))).toBe(
      "protocol/invalid-message",
    );
    expect(() => decodeMessage(encodeValue({ type: "start", executionId: 7 }))).toThrow("executionId");
    expect(() => decodeMessage(encodeValue({ type: "ask", executionId: "e-1" }))).toThrow("terms");
    expect(() => decodeMessage(encodeValue([]))).toThrow("Cannot read a message: its type");
  });

  test("refuse a field that comes from a prototype", () => {
    const bytes = encode({ ["__proto__"]: { type: "start" }, executionId: "e-1" });
    expect(failureOf(bytes)).toBe("protocol/invalid-message");
    expect(({} as Record<string, unknown>)["type"]).toBeUndefined();
  });

  test("refuse numbers that aren't whole, or are too large to be exact", () => {
    const verify = {
      type: "verify",
      executionId: "e",
      statement: { payload: new Uint8Array(), signature: new Uint8Array() },
    };
    for (const publishWithinMs of [0.5, -1, 2 ** 53, 1e300, 2n ** 60n]) {
      expect(failureOf(encode({ ...verify, publishWithinMs }))).toBe("protocol/invalid-message");
    }
  });
});

describe("hashTask() and commitToDetails()", () => {
  const task = fc.record({ terms, details }) as fc.Arbitrary<Task>;

  test("name the same task the same after a journey, whatever order its keys were in", async () => {
    await fc.assert(
      fc.asyncProperty(task, bytes32, async (given, salt) => {
        const other = reversed(given) as Task;
        expect(await hashTask(other)).toEqual(await hashTask(given));
        expect(await commitToDetails(other.details, salt)).toEqual(
          await commitToDetails(given.details, salt),
        );
      }),
      { numRuns: 30 },
    );
  });

  test("name another task, and another salt, otherwise", async () => {
    const [given] = fc.sample(task, { numRuns: 1, seed: 1 });
    if (given === undefined) throw new Error("no sample");
    const changed = { ...given, details: { ...given.details, environment: { changed: "yes" } } };
    expect(await hashTask(changed)).not.toEqual(await hashTask(given));
    const salts = [new Uint8Array(32), new Uint8Array(32).fill(1)] as const;
    const [first, second] = await Promise.all(salts.map((salt) => commitToDetails(given.details, salt)));
    expect(first).not.toEqual(second);
    expect(first).toHaveLength(32);
  });
});

describe("authorOf()", () => {
  test("tells the role in which each message is written", () => {
    expect(authorOf({ type: "start", executionId: "e" })).toBe("compute");
    expect(authorOf({ type: "progress", executionId: "e", message: "m" })).toBe("compute");
    expect(authorOf({ type: "reject", executionId: "e", reason: "" })).toBe("requester");
    expect(authorOf({ type: "sync", party: "requester", executions: [] })).toBe("requester");
    expect(authorOf({ type: "announcement", announcement: {} } as unknown as Message)).toBeUndefined();
  });
});

function failureOf(bytes: Uint8Array): string {
  try {
    decodeMessage(bytes);
    return "decoded";
  } catch (error) {
    return isCodedError(error) ? error.code : `an exception: ${String(error)}`;
  }
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, item]) => [name, reversed(item)]),
  );
}
