import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeValue, encodeValue } from "./cbor.ts";
import type { Identity } from "./identity.ts";
import {
  MAX_STATEMENT_BYTES,
  openStatement,
  type SignedStatement,
  signedStatementSchema,
  signStatement,
  type StatementBinding,
  type StatementContent,
} from "./statement.ts";

const BINDING: StatementBinding = {
  executionId: "e-1",
  requester: "node-requester",
  compute: "node-compute",
  taskHash: new Uint8Array(32).fill(7),
};
const PROPOSAL: StatementContent = { kind: "proposal", digest: "h1:abc", cid: "bafy", sizeBytes: 3 };

describe("signStatement() and openStatement()", () => {
  test("give back what was signed, of each kind", async () => {
    const contents: StatementContent[] = [
      { kind: "acceptance" },
      PROPOSAL,
      { kind: "verdict", verified: false, digest: "h1:abc", cid: "bafy" },
    ];
    for (const content of contents) {
      const signed = await signStatement(identityOf("node-compute"), BINDING, content);
      const expected = { ...BINDING, author: "node-compute", kind: content.kind };
      expect(await openStatement(identityOf("anyone"), signed, expected)).toEqual(content);
    }
  });

  test("sign the same bytes for the same statement", async () => {
    const [first, second] = await Promise.all([sign(), sign()]);
    expect(first).toEqual(second);
  });

  test("survive a journey as a value", async () => {
    const signed = await sign();
    const received = decodeValue(signedStatementSchema, encodeValue(signed), MAX_STATEMENT_BYTES);
    await expect(open(received)).resolves.toEqual(PROPOSAL);
  });

  const others: [string, Partial<StatementBinding>][] = [
    ["execution", { executionId: "e-2" }],
    ["requester", { requester: "node-other" }],
    ["compute node", { compute: "node-other" }],
    ["task", { taskHash: new Uint8Array(32).fill(8) }],
    ["task", { taskHash: new Uint8Array(31).fill(7) }],
    ["task", { taskHash: new Uint8Array(0) }],
  ];
  test.each(others)("refuse a statement about another %s", async (what, about) => {
    const signed = await signStatement(identityOf("node-compute"), { ...BINDING, ...about }, PROPOSAL);
    await expect(open(signed)).rejects.toMatchObject({
      code: "protocol/invalid-statement",
      message: `Cannot take the proposal: it is about another ${what}`,
      blame: "node",
    });
  });

  test("refuse a statement of another kind", async () => {
    const signed = await signStatement(identityOf("node-compute"), BINDING, { kind: "acceptance" });
    await expect(open(signed)).rejects.toThrow("it is about another kind");
  });

  test("refuse what another signed, and a signature over other bytes", async () => {
    const forged = await signStatement(identityOf("node-other"), BINDING, PROPOSAL);
    await expect(open(forged)).rejects.toThrow("node-compute did not sign it");
    const signed = await sign();
    const other = await signStatement(identityOf("node-compute"), BINDING, { ...PROPOSAL, sizeBytes: 4 });
    await expect(open({ ...signed, signature: other.signature })).rejects.toThrow("did not sign it");
  });

  test("refuse a statement of another domain, or with anything beside", async () => {
    const { executionId, requester, compute, taskHash } = BINDING;
    const plain = { executionId, requester, compute, taskHash, content: PROPOSAL };
    for (const payload of [
      { ...plain, domain: "gadus/statement/2" },
      { ...plain, domain: "gadus/statement/1", more: 1 },
      { ...plain, domain: "gadus/statement/1", content: { ...PROPOSAL, sizeBytes: -1 } },
    ]) {
      await expect(open(await signRaw(encodeValue(payload)))).rejects.toMatchObject({
        code: "protocol/invalid-message",
      });
    }
  });

  test("check a statement's size before it is decoded", async () => {
    const signed = await signRaw(new Uint8Array(MAX_STATEMENT_BYTES + 1));
    await expect(open(signed)).rejects.toMatchObject({ code: "protocol/message-too-large" });
  });

  test("answer any bytes with a protocol error, never another exception", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (garbage) => {
        await expect(open(await signRaw(garbage))).rejects.toMatchObject({
          code: expect.stringMatching(/^protocol\//),
        });
      }),
    );
  });
});

function sign(): Promise<SignedStatement> {
  return signStatement(identityOf("node-compute"), BINDING, PROPOSAL);
}

async function signRaw(payload: Uint8Array): Promise<SignedStatement> {
  return { payload, signature: await identityOf("node-compute").sign(payload) };
}

function open(signed: SignedStatement): Promise<StatementContent> {
  const expected = { ...BINDING, author: "node-compute", kind: "proposal" as const };
  return openStatement(identityOf("node-requester"), signed, expected);
}

/** Signs by name: the same rules as real keys, without their cost. */
function identityOf(nodeId: string): Identity {
  const signature = (author: string, bytes: Uint8Array) =>
    Uint8Array.of(...new TextEncoder().encode(author), 0, ...bytes);
  return {
    nodeId,
    sign: async (bytes) => signature(nodeId, bytes),
    verify: async (author, bytes, given) => Buffer.from(signature(author, bytes)).equals(Buffer.from(given)),
  };
}
