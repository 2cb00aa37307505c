import type { OutputName } from "@gadus/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LogChunk, LogReadOptions, LogStore } from "./log-store.ts";

/** A log store to test. */
export interface LogStoreFixture {
  readonly store: LogStore;
  /** Sets the time by which ends are counted. */
  setNowMs(nowMs: number): void;
  /** The same store after its process was killed; absent where nothing survives that. */
  reopen?(): Promise<LogStore>;
  /** Settles in a later turn of the event loop. */
  turn(): Promise<void>;
  close(): Promise<void>;
}

const T0 = 1_800_000_000_000;
const ROOMY = { beforeMs: 0, maxBytes: 2 ** 40, maxJournals: 1000 };
const KEY = "12D3KooWrequester.e-1";

/** The contract of every {@link LogStore}. */
export function describeLogStore(name: string, setup: () => Promise<LogStoreFixture>): void {
  describe(`${name} is a LogStore`, () => {
    let fixture: LogStoreFixture;
    let store: LogStore;

    beforeEach(async () => {
      fixture = await setup();
      fixture.setNowMs(T0);
      store = fixture.store;
    });
    afterEach(async () => {
      await fixture.close();
    });

    const print = (text: string, stream: OutputName = "stdout", key = KEY) =>
      store.append(key, stream, new TextEncoder().encode(text));
    const later = (act: () => void): void => {
      fixture.turn().then(act, () => {});
    };
    const read = (options: Partial<LogReadOptions> = {}, key = KEY) => readAll(store, key, options);

    test("what was printed is read in its order, by stream, from any byte on", async () => {
      store.begin(KEY);
      print("out ");
      print("err ", "stderr");
      print("out again");
      expect(await read()).toEqual({ text: "out err out again", streams: "o e o", end: 17 });
      expect(await read({ fromBytes: 6 })).toEqual({ text: "r out again", streams: "e o", end: 17 });
      expect(await read({ fromBytes: 17 })).toEqual({ text: "", streams: "", end: 0 });
      expect(await read({ fromBytes: 99 })).toEqual({ text: "", streams: "", end: 0 });
    });

    test("chunks are of legal size, however large what was printed is, and lose nothing", async () => {
      store.begin(KEY);
      const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
      store.append(KEY, "stdout", bytes);
      for (let index = 0; index < 3000; index += 1)
        print(`${index}\n`, index % 3 === 0 ? "stderr" : "stdout");
      store.end(KEY);
      const chunks: LogChunk[] = [];
      for await (const chunk of store.read(KEY, options({ fromBytes: 1 }))) chunks.push(chunk);
      expect(Math.max(...chunks.map(({ bytes: { length } }) => length))).toBeLessThanOrEqual(65_536);
      const all = Buffer.concat(chunks.map((chunk) => chunk.bytes));
      const lines = Array.from({ length: 3000 }, (_, index) => `${index}\n`).join("");
      expect(all.equals(Buffer.concat([bytes.subarray(1), Buffer.from(lines)]))).toBe(true);
    });

    test("who follows hears what comes, until it has ended", async () => {
      store.begin(KEY);
      print("a");
      const heard: string[] = [];
      for await (const { bytes } of store.read(KEY, options({ follow: true }))) {
        heard.push(new TextDecoder().decode(bytes));
        if (heard.length === 1) print("b", "stderr");
        if (heard.length === 2) later(() => print("c"));
        if (heard.length === 3) later(() => store.end(KEY));
      }
      expect(heard).toEqual(["a", "b", "c"]);
    });

    test("who follows waits for the beginning, and ends where there will be none", async () => {
      const [first, other] = [read({ follow: true }), read({ follow: true }, "r.e-2")];
      await fixture.turn();
      store.begin(KEY);
      print("at last");
      store.end(KEY);
      store.end("r.e-2");
      expect((await first).text).toBe("at last");
      expect((await other).text).toBe("");
      expect(store.has(KEY)).toBe(true);
      expect(store.has("r.e-2")).toBe(false);
    });

    test("who follows goes on in a journal that begins anew, at the byte where it was", async () => {
      store.begin(KEY);
      print("same, ");
      const heard: string[] = [];
      for await (const { bytes } of store.read(KEY, options({ follow: true }))) {
        heard.push(new TextDecoder().decode(bytes));
        if (heard.length > 1) continue;
        store.begin(KEY);
        later(() => {
          print("sa");
          print("me, and more");
          store.end(KEY);
        });
      }
      expect(heard.join("")).toBe("same, and more");
      expect((await read()).text).toBe("same, and more");
    });

    test("one that has ended takes nothing more, and is the same for who follows", async () => {
      print("before it begins");
      store.begin(KEY);
      print("all");
      store.end(KEY);
      print("too late");
      store.end(KEY);
      expect((await read({ follow: true })).text).toBe("all");
    });

    test("reading ends with the signal's reason", async () => {
      store.begin(KEY);
      const stop = new AbortController();
      const reading = read({ follow: true, signal: stop.signal });
      await fixture.turn();
      stop.abort(new Error("no longer wanted"));
      await expect(reading).rejects.toBe(stop.signal.reason);
      await expect(read({ signal: AbortSignal.abort(stop.signal.reason) })).rejects.toBe(stop.signal.reason);
    });

    test("a reader that stands still holds up nobody", async () => {
      store.begin(KEY);
      print("first");
      const slow = store.read(KEY, options({ follow: true }))[Symbol.asyncIterator]();
      await slow.next();
      for (let index = 0; index < 500; index += 1) print("x".repeat(10_000));
      store.end(KEY);
      expect((await read()).end).toBe(5_000_005);
      let total = 5;
      for (let next = await slow.next(); next.done !== true; next = await slow.next())
        total += next.value.bytes.length;
      expect(total).toBe(5_000_005);
    });

    test("purge() drops what ended too long ago, and the oldest of too many or too large", async () => {
      const keys = ["r.e-1", "r.e-2", "r.e-3", "r.e-4"];
      for (const [index, key] of keys.entries()) {
        store.begin(key);
        print("x".repeat(100_000), "stdout", key);
        fixture.setNowMs(T0 + index * 1000);
        if (index < 3) store.end(key);
      }
      const here = () => keys.filter((key) => store.has(key)).join(" ");
      await store.purge(ROOMY);
      expect(here()).toBe("r.e-1 r.e-2 r.e-3 r.e-4");
      await store.purge({ ...ROOMY, beforeMs: T0 + 1000 });
      expect(here()).toBe("r.e-2 r.e-3 r.e-4");
      await store.purge({ ...ROOMY, maxBytes: 250_000 });
      expect(here()).toBe("r.e-3 r.e-4");
      await store.purge({ ...ROOMY, maxJournals: 0, maxBytes: 0 });
      expect(here()).toBe("r.e-4");
      expect((await read({}, "r.e-4")).end).toBe(100_000);
      expect((await read({}, "r.e-1")).end).toBe(0);
    });

    test("what a killed process wrote is there for the next one, and what had begun waits to begin anew", async () => {
      if (fixture.reopen === undefined) return;
      store.begin("r.e-1");
      print("all of it", "stdout", "r.e-1");
      store.end("r.e-1");
      store.begin(KEY);
      print("half ");
      store = await fixture.reopen();
      expect((await read({ follow: true }, "r.e-1")).text).toBe("all of it");
      expect((await read()).text).toBe("half ");
      const following = read({ follow: true });
      await fixture.turn();
      store.begin(KEY);
      print("half and half");
      store.end(KEY);
      expect((await following).text).toBe("half and half");
      await store.purge({ ...ROOMY, maxJournals: 1 });
      expect(store.has("r.e-1")).toBe(false);
      expect(store.has(KEY)).toBe(true);
    });
  });
}

function options(some: Partial<LogReadOptions>): LogReadOptions {
  return { fromBytes: 0, follow: false, signal: new AbortController().signal, ...some };
}

async function readAll(
  store: LogStore,
  key: string,
  some: Partial<LogReadOptions>,
): Promise<{ readonly text: string; readonly streams: string; readonly end: number }> {
  let text = "";
  let end = 0;
  const streams: string[] = [];
  for await (const { stream, offset, bytes } of store.read(key, options(some))) {
    text += new TextDecoder().decode(bytes);
    const letter = stream === "stdout" ? "o" : "e";
    if (streams.at(-1) !== letter) streams.push(letter);
    if (end > 0) expect(offset).toBe(end);
    end = offset + bytes.length;
  }
  return { text, streams: streams.join(" "), end };
}
