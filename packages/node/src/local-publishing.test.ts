import { type Identity, silentLogger } from "@gadus/protocol";
import type { TransportEvents } from "@gadus/transport";
import { describe, expect, test } from "vitest";
import { loadConfig } from "./config/config.ts";
import type { ConfigPatch } from "./config/config-schema.ts";
import { startLocalPublishing } from "./local-publishing.ts";

const CID = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
const NAME = `${CID}.${"A".repeat(43)}.tar.gz`;
/** Peers by where they are seen. */
const PEERS = {
  beside: "/ip4/127.0.0.1/tcp/5",
  near: "/ip4/10.99.99.99/tcp/5",
  far: "/ip4/93.184.216.34/tcp/5",
};

async function publishing(flags: ConfigPatch = {}) {
  const listeners: Partial<TransportEvents>[] = [];
  const viewOf = ([nodeId, address]: readonly [string, string]) => ({ nodeId, address, connectedSinceMs: 0 });
  const transport = {
    identity: { nodeId: "own" } as Identity,
    addresses: () => ["/ip4/127.0.0.1/tcp/4001/p2p/own", "/ip4/10.0.0.7/tcp/4001/p2p/own"],
    peers: () => Object.entries(PEERS).slice(0, 2).map(viewOf),
    on: (events: Partial<TransportEvents>) => {
      listeners.push(events);
      return () => {};
    },
  };
  const config = await loadConfig({ flags });
  const local = startLocalPublishing({ config, transport, secret: new Uint8Array(32), logger: silentLogger });
  for (const entry of Object.entries(PEERS).slice(2))
    for (const listener of listeners) listener.connected?.(viewOf(entry));
  return local;
}

describe("a compute node whose results are", () => {
  const onNetwork: ConfigPatch = { api: { host: "0.0.0.0" } };
  const named: ConfigPatch = { compute: { publishers: { local: { url: "https://example.org" } } } };
  test.each([
    ["on loopback", {}, ["own", "beside"], ["near", "far", "a stranger"]],
    ["on a private network", onNetwork, ["own", "beside", "near"], ["far", "a stranger"]],
    ["at a name", named, ["own", "beside", "near", "far", "a stranger"], []],
  ])(
    "%s publishes for those who can reach it, and says why not for others",
    async (_, flags, some, others) => {
      const local = await publishing(flags);
      for (const nodeId of some) expect([nodeId, local.outOfReach(nodeId)]).toEqual([nodeId, undefined]);
      for (const nodeId of others)
        expect(local.outOfReach(nodeId)).toMatch(/^its results are at ".+", which only its own .+ can reach/);
    },
  );
});

describe("a requester", () => {
  test.each([
    ["beside", "127.0.0.1:1234"],
    ["beside", "10.0.0.9"],
    ["near", "10.0.0.9"],
    ["near", "example.org"],
    ["far", "93.184.216.34:1234"],
    ["far", "example.org"],
    ["a stranger", "[2606:2800:220:1::1]"],
  ])("takes from a node that is %s a URL at %s", async (nodeId, host) => {
    const { refuseUrl } = await publishing();
    expect(refuseUrl(`http://${host}/results/${NAME}`, { cid: CID, nodeId })).toBeUndefined();
  });

  test.each([
    ["near", "127.0.0.1:1234"],
    ["far", "127.0.0.1:1234"],
    ["far", "localhost:1234"],
    ["far", "[::1]"],
    ["far", "[::ffff:7f00:1]"],
    ["far", "10.0.0.9"],
    ["a stranger", "10.0.0.9"],
    ["beside", "169.254.169.254"],
    ["far", "169.254.169.254"],
    ["far", "0.0.0.0"],
  ])("refuses from a node that is %s a URL at %s", async (nodeId, host) => {
    const { refuseUrl } = await publishing();
    const reason = refuseUrl(`http://${host}/results/${NAME}`, { cid: CID, nodeId });
    expect(reason).toMatch(/^its URL is at ".+", which (only its own .+ can reach|nobody is to be sent to)$/);
  });

  test("refuses a URL that is none of an archive of the result", async () => {
    const { refuseUrl } = await publishing();
    for (const url of [
      "http://127.0.0.1:1234/api/v1/orchestrator/jobs",
      `http://127.0.0.1/results/${NAME}?x=1`,
    ])
      expect(refuseUrl(url, { cid: CID, nodeId: "own" })).toContain("not one of an archive of that result");
  });
});
