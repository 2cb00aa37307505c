import { generateKeyPair } from "@libp2p/crypto/keys";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { afterEach, describe, expect, test } from "vitest";
import { describeTransport } from "./conformance.ts";
import { createNode, start, startNode, stopAll } from "./libp2p-fixture.ts";
import { generateSwarmKey, type Libp2pTransportOptions } from "./libp2p.ts";

const networks: [name: string, options: Partial<Libp2pTransportOptions>][] = [
  ["TCP", {}],
  ["TCP with a swarm key", { swarmKey: generateSwarmKey() }],
  ["WebSockets", { listen: ["/ip4/127.0.0.1/tcp/0/ws"] }],
];

afterEach(async () => {
  await stopAll();
});

for (const [name, options] of networks) {
  describeTransport(`createLibp2pTransport() over ${name}`, async () => ({
    create: async () => (await createNode(options)).transport,
    strangerId: peerIdFromPrivateKey(await generateKeyPair("Ed25519")).toString(),
    deadAddress: "/ip4/127.0.0.1/tcp/1",
    close: stopAll,
  }));
}

describe("createLibp2pTransport().start()", () => {
  test("names the address and the fix where the port is busy, and can be started on another", async () => {
    const node = await startNode();
    const busy = node.address().replace(/\/p2p\/.*/, "");
    const other = await createNode({ listen: [busy] });
    const port = busy.split("/").at(-1);
    await expect(other.transport.start()).rejects.toMatchObject({
      code: "transport/address-in-use",
      message: expect.stringContaining(`127.0.0.1:${port}`),
      hint: expect.stringContaining("another port"),
    });
    await node.transport.stop();
    await other.transport.start();
    expect(other.address()).toContain(`/tcp/${port}/`);
  });

  test("names an address that this machine doesn't have", async () => {
    const node = await createNode({ listen: ["/ip4/203.0.113.1/tcp/0"] });
    await expect(node.transport.start()).rejects.toMatchObject({ code: "transport/invalid-address" });
  });

  test("names a listen or bootstrap address that can't be read", async () => {
    const invalid = { code: "transport/invalid-address" };
    await expect(createNode({ listen: ["localhost:4001"] })).rejects.toMatchObject(invalid);
    await expect(createNode({ bootstrap: ["/ip4/127.0.0.1/tcp/1"] })).rejects.toMatchObject(invalid);
  });
});

describe("createLibp2pTransport() in a private network", () => {
  test("a node without the key, or with another, can't join", async () => {
    const node = await startNode({ swarmKey: generateSwarmKey() });
    const [open, other] = [await startNode(), await startNode({ swarmKey: generateSwarmKey() })];
    const signal = AbortSignal.timeout(1500);
    const dials = [open, other].map(({ transport }) => transport.dial(node.address(), { signal }));
    for (const outcome of await Promise.allSettled(dials)) expect(outcome.status).toBe("rejected");
    expect(node.transport.peers()).toEqual([]);
  });

  test("a node that isn't on the allow-list is cut, and one that is, isn't", async () => {
    const [friend, stranger] = [await startNode(), await startNode()];
    const node = await startNode({ allow: [friend.id] });
    await friend.transport.dial(node.address());
    await friend.transport.send(node.id, start("e-1"));
    await node.heard.of("message", 1);
    await expect(stranger.transport.dial(node.address())).rejects.toMatchObject({
      code: "transport/unreachable",
    });
    await expect(node.transport.dial(stranger.address())).rejects.toMatchObject({
      code: "transport/unreachable",
    });
    expect(node.transport.peers().map(({ nodeId }) => nodeId)).toEqual([friend.id]);
  });
});
