import { Key } from "interface-datastore/key";
import { expect, test } from "vitest";
import { BoundedDatastore } from "./bounded-datastore.ts";

const record = (content: string, peer: string): Key => new Key(`/dht/provider/${content}/${peer}`);

async function namesOf(store: BoundedDatastore, prefix: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { key } of store.query({ prefix })) names.push(key.toString());
  return names;
}

test("keeps what it is given, and finds by beginnings what is there", async () => {
  const store = new BoundedDatastore();
  store.put(new Key("/peers/a"), Uint8Array.of(1));
  store.put(record("c1", "p1"), Uint8Array.of(2));
  store.put(record("c1", "p2"), Uint8Array.of(3));
  store.put(record("c2", "p1"), Uint8Array.of(4));
  expect(store.get(new Key("/peers/a"))).toEqual(Uint8Array.of(1));
  expect(store.get(record("c1", "p2"))).toEqual(Uint8Array.of(3));
  expect(await namesOf(store, "/dht/provider/c1")).toEqual(["/dht/provider/c1/p1", "/dht/provider/c1/p2"]);
  expect(await namesOf(store, "/dht/provider/c3")).toEqual([]);
  expect(await namesOf(store, "/dht/provider")).toHaveLength(3);
  expect(await namesOf(store, "/peers")).toEqual(["/peers/a"]);
  store.delete(record("c1", "p1"));
  expect(store.has(record("c1", "p1"))).toBe(false);
  expect(() => store.get(record("c1", "p1"))).toThrow("/dht/provider/c1/p1");
  expect(await namesOf(store, "/dht/provider/c1")).toEqual(["/dht/provider/c1/p2"]);
});

test("lets the records of the DHT that were put longest ago give way, and nothing else", async () => {
  const store = new BoundedDatastore(3);
  for (let peer = 0; peer < 10; peer += 1) store.put(new Key(`/peers/${peer}`), Uint8Array.of(peer));
  for (const content of ["c1", "c2", "c3"]) store.put(record(content, "p"), Uint8Array.of(0));
  store.put(record("c1", "p"), Uint8Array.of(1));
  store.put(record("c4", "p"), Uint8Array.of(0));
  expect(await namesOf(store, "/dht")).toEqual([
    "/dht/provider/c3/p",
    "/dht/provider/c1/p",
    "/dht/provider/c4/p",
  ]);
  expect(await namesOf(store, "/dht/provider/c2")).toEqual([]);
  expect(await namesOf(store, "/peers")).toHaveLength(10);
});

test("holds none of the buffer that a value is a piece of", () => {
  const store = new BoundedDatastore();
  const buffer = new Uint8Array(65_536);
  store.put(record("c", "p"), buffer.subarray(100, 106));
  expect(store.get(record("c", "p")).buffer.byteLength).toBe(6);
});
