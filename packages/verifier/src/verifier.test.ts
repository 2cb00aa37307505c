import { generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import { encodeValue, type Identity, openStatement, type Randomness, signStatement } from "@gadus/protocol";
import nacl from "tweetnacl";
import { describe, expect, test } from "vitest";
import { type BoxKeys, boxKeysFromSecret, createBoxKeys } from "./box-keys.ts";
import { describeVerifier, type VerifierParty } from "./conformance.ts";
import { deterministicVerifier } from "./deterministic.ts";
import { noneVerifier } from "./none.ts";
import { MAX_SEALED_BYTES, type ProposalBoxOptions } from "./proposal-box.ts";
import { createSharedKeys, MAX_SHARED_KEYS } from "./shared-keys.ts";
import type { SealContext, Verifier } from "./verifier.ts";

type Factory = (options: ProposalBoxOptions) => Verifier;
const randomness: Randomness = { bytes: (count) => new Uint8Array(randomBytes(count)) };

describeVerifier("deterministicVerifier()", () => threeNodes(deterministicVerifier));
describeVerifier("noneVerifier()", () => threeNodes(noneVerifier));

describe("a sealed proposal", () => {
  const proposal = {
    digest: "h1:Z8XgvV4hw3ACc0J3ACPoRJGTlFhcwSt2Q0oTUbrEV/w=",
    cid: "bafybeia",
    sizeBytes: 15,
  };

  test("open() refuses a statement of another kind that the compute node signed", async () => {
    const { requester, compute, context } = twoNodes();
    const acceptance = await signStatement(compute.identity, context.binding, { kind: "acceptance" });
    const sealed = sealBy(compute, requester, encodeValue(acceptance));
    await expect(requester.verifier.open(sealed, context)).rejects.toMatchObject({
      code: "verifier/wrong-proposal",
    });
  });

  test("open() refuses a box whose content is no signed statement", async () => {
    const { requester, compute, context } = twoNodes();
    const contents = [
      new Uint8Array(0),
      Uint8Array.of(0xff),
      encodeValue({}),
      encodeValue({ payload: Uint8Array.of(1, 2), signature: new Uint8Array(64) }),
      encodeValue({ payload: new Uint8Array(6000), signature: new Uint8Array(64) }),
      new Uint8Array(MAX_SEALED_BYTES),
    ];
    for (const content of contents) {
      const sealed = sealBy(compute, requester, content);
      await expect(requester.verifier.open(sealed, context)).rejects.toMatchObject({
        code: "verifier/unreadable-proposal",
        blame: "node",
      });
    }
  });

  test("open() gives a statement that anyone can check", async () => {
    const { requester, compute, context } = twoNodes();
    const toRequester = { ...context, boxPublicKey: requester.boxKeys.publicKey };
    const sealed = await compute.verifier.propose(proposal, toRequester);
    const { statement } = await requester.verifier.open(sealed, context);
    const expected = { ...context.binding, author: context.binding.compute, kind: "proposal" as const };
    const opening = openStatement(ed25519Identity(), statement, expected);
    await expect(opening).resolves.toEqual({ kind: "proposal", ...proposal });
  });

  test("propose() takes its nonce from the randomness that was injected", async () => {
    const { requester, context } = twoNodes();
    const fixed = { bytes: (count: number) => new Uint8Array(count).fill(5) };
    const node = { identity: ed25519Identity(), boxKeys: createBoxKeys(randomness), randomness: fixed };
    const toRequester = { ...context, boxPublicKey: requester.boxKeys.publicKey };
    const sealed = await deterministicVerifier(node).propose(proposal, toRequester);
    expect(sealed.slice(0, 24)).toEqual(new Uint8Array(24).fill(5));
  });

  test("propose() refuses a public key that isn't 32 bytes", async () => {
    const { compute, context } = twoNodes();
    const proposing = compute.verifier.propose(proposal, { ...context, boxPublicKey: new Uint8Array(31) });
    await expect(proposing).rejects.toMatchObject({ code: "verifier/invalid-key" });
  });
});

describe("box keys", () => {
  test("boxKeysFromSecret() makes the same pair again from its 32 secret bytes", () => {
    const keys = createBoxKeys(randomness);
    expect(boxKeysFromSecret(keys.secretKey)).toEqual(keys);
  });

  test("boxKeysFromSecret() refuses a secret that isn't 32 bytes", () => {
    expect(() => boxKeysFromSecret(new Uint8Array(33))).toThrow("33 bytes, want 32");
  });

  test("createSharedKeys() computes a pair's key once and gives both sides the same", () => {
    const [a, b] = [createBoxKeys(randomness), createBoxKeys(randomness)];
    const keys = createSharedKeys(a.secretKey);
    expect(keys.with(b.publicKey)).toBe(keys.with(Uint8Array.from(b.publicKey)));
    expect(createSharedKeys(b.secretKey).with(a.publicKey)).toEqual(keys.with(b.publicKey));
  });

  test("createSharedKeys() forgets the pair that was used longest ago when it is full", {
    timeout: 60_000,
  }, () => {
    const keys = createSharedKeys(createBoxKeys(randomness).secretKey);
    const publicKeys = Array.from({ length: MAX_SHARED_KEYS }, (_, index) => publicKeyNumber(index));
    const [first, second] = [keys.with(publicKeyNumber(0)), keys.with(publicKeyNumber(1))];
    for (const publicKey of publicKeys) keys.with(publicKey);
    keys.with(publicKeyNumber(0));
    keys.with(publicKeyNumber(MAX_SHARED_KEYS));
    expect(keys.with(publicKeyNumber(0))).toBe(first);
    expect(keys.with(publicKeyNumber(1))).not.toBe(second);
  });
});

/** Any 32 bytes are a public key of X25519. */
function publicKeyNumber(index: number): Uint8Array {
  const key = new Uint8Array(32);
  key.set([9, index % 256, Math.floor(index / 256)]);
  return key;
}

function sealBy(from: { boxKeys: BoxKeys }, to: { boxKeys: BoxKeys }, content: Uint8Array): Uint8Array {
  const nonce = randomness.bytes(24);
  return Uint8Array.of(...nonce, ...nacl.box(content, nonce, to.boxKeys.publicKey, from.boxKeys.secretKey));
}

function twoNodes() {
  const [requester, compute] = [nodeOf(deterministicVerifier), nodeOf(deterministicVerifier)];
  const binding = {
    executionId: "e-1",
    requester: requester.identity.nodeId,
    compute: compute.identity.nodeId,
    taskHash: new Uint8Array(32),
  };
  const context: SealContext = { binding, boxPublicKey: compute.boxKeys.publicKey };
  return { requester, compute, context };
}

function nodeOf(factory: Factory) {
  const node = { identity: ed25519Identity(), boxKeys: createBoxKeys(randomness), randomness };
  return { ...node, verifier: factory(node) };
}

async function threeNodes(factory: Factory) {
  const party = (): VerifierParty => {
    const { identity, boxKeys, verifier } = nodeOf(factory);
    return { verifier, nodeId: identity.nodeId, boxPublicKey: boxKeys.publicKey };
  };
  return { requester: party(), compute: party(), stranger: party() };
}

/** A real Ed25519 identity, whose id is its public key. */
function ed25519Identity(): Identity {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    nodeId: String(publicKey.export({ format: "jwk" }).x),
    sign: async (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
    verify: async (nodeId, bytes, signature) =>
      verify(null, bytes, { key: { kty: "OKP", crv: "Ed25519", x: nodeId }, format: "jwk" }, signature),
  };
}
