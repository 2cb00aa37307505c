import { generateKeyPair } from "@libp2p/crypto/keys";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { describeTransport } from "./conformance.ts";
import { createLibp2pTransport, generateSwarmKey } from "./libp2p.ts";
import { realClock } from "./real-clock.ts";
import type { Transport } from "./transport.ts";

const networks: [name: string, listen: string, swarmKey: string | undefined][] = [
  ["TCP", "/ip4/127.0.0.1/tcp/0", undefined],
  ["TCP with a swarm key", "/ip4/127.0.0.1/tcp/0", generateSwarmKey()],
  ["WebSockets", "/ip4/127.0.0.1/tcp/0/ws", undefined],
];
for (const [name, listen, swarmKey] of networks) {
  describeTransport(`createLibp2pTransport() over ${name}`, async () => {
    const transports: Transport[] = [];
    return {
      async create() {
        const key = await generateKeyPair("Ed25519");
        const { transport } = await createLibp2pTransport({
          key,
          listen: [listen],
          swarmKey,
          clock: realClock,
        });
        transports.push(transport);
        return transport;
      },
      strangerId: peerIdFromPrivateKey(await generateKeyPair("Ed25519")).toString(),
      deadAddress: "/ip4/127.0.0.1/tcp/1",
      close: async () => {
        await Promise.all(transports.map((transport) => transport.stop()));
      },
    };
  });
}
