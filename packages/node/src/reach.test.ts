import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import { loadConfig } from "./config/config.ts";
import { nearnessOf, reaches, reachOf } from "./reach.ts";
import { resultsAddress } from "./results-address.ts";

describe("the reach of a host", () => {
  test.each([
    ["127.0.0.1", "machine"],
    ["[::1]", "machine"],
    ["::ffff:127.0.0.1", "machine"],
    ["localhost", "machine"],
    ["api.localhost", "machine"],
    ["10.1.2.3", "network"],
    ["192.168.0.9", "network"],
    ["100.64.0.1", "network"],
    ["[fd12::1]", "network"],
    ["::ffff:10.0.0.1", "network"],
    ["93.184.216.34", "world"],
    ["[2606:2800:220:1::1]", "world"],
    ["example.org", "world"],
    ["169.254.169.254", undefined],
    ["::ffff:169.254.169.254", undefined],
    ["fe80::1", undefined],
    ["fd00:ec2::254", undefined],
    ["0.0.0.0", undefined],
    ["::", undefined],
    ["224.0.0.1", undefined],
    ["255.255.255.255", undefined],
  ])("%s is %s", (host, reach) => {
    expect(reachOf(host)).toBe(reach);
  });
});

describe("who is near enough", () => {
  test.each([
    ["/ip4/127.0.0.1/tcp/4001", "machine"],
    ["/ip6/::1/tcp/4001", "machine"],
    ["/ip4/10.255.255.254/tcp/4001/ws", "network"],
    ["/ip4/93.184.216.34/tcp/4001", "world"],
    ["/dns4/localhost/tcp/4001", "world"],
    [undefined, "world"],
  ])("a peer at %s is on the same %s", (address, nearness) => {
    expect(nearnessOf(address)).toBe(nearness);
  });

  test("a peer at this machine's own address in a network is on this machine", () => {
    const own = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
    for (const address of own.filter((each) => !each.includes(":")))
      expect(nearnessOf(`/ip4/${address}/tcp/1`)).toBe("machine");
    expect(own.length).toBeGreaterThan(0);
  });

  test("who is nearer reaches what can be reached from farther, and not the other way round", () => {
    expect(reaches("world", "machine")).toBe(true);
    expect(reaches("network", "network")).toBe(true);
    expect(reaches("network", "world")).toBe(false);
    expect(reaches("machine", "network")).toBe(false);
  });
});

describe("the address of results", () => {
  const told = [
    "/ip6/::1/tcp/1",
    "/ip4/127.0.0.1/tcp/1",
    "/ip6/2001:db8::7/tcp/1",
    "/ip4/10.0.0.7/tcp/1/p2p/x",
  ];
  test.each([
    [{}, "http://127.0.0.1:1234", "http://127.0.0.1:1234/"],
    [{ api: { host: "::1" } }, "http://[::1]:1234", "http://[::1]:1234/"],
    [{ api: { host: "node7" } }, "https://10.0.0.7:443", "https://node7/"],
    [{ api: { host: "0.0.0.0" } }, "http://127.0.0.1:1234", "http://10.0.0.7:1234/"],
    [{ api: { host: "::" } }, "http://[::1]:1234", "http://[2001:db8::7]:1234/"],
    [
      { compute: { publishers: { local: { url: "https://example.org/node-7" } } } },
      "http://127.0.0.1:1234",
      "https://example.org/node-7",
    ],
  ])("with %j on %s is %s", async (flags, apiUrl, address) => {
    const config = await loadConfig({ flags });
    expect(resultsAddress(config, told, apiUrl).href).toBe(address);
  });

  test("is loopback's where the node tells no other", async () => {
    const config = await loadConfig({ flags: { api: { host: "0.0.0.0" } } });
    expect(resultsAddress(config, told.slice(0, 2), "http://127.0.0.1:80").href).toBe("http://127.0.0.1/");
  });

  test.each(["ftp://example.org", "example.org", "https://a:b@example.org", "https://example.org/?x=1"])(
    "can't be set to %s",
    async (url) => {
      await expect(
        loadConfig({ flags: { compute: { publishers: { local: { url } } } } }),
      ).rejects.toMatchObject({ field: "compute.publishers.local.url" });
    },
  );
});
