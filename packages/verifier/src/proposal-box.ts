import {
  type CallOptions,
  decodeValue,
  encodeValue,
  type Identity,
  isCodedError,
  messageOf,
  openStatement,
  type Randomness,
  type SignedStatement,
  signedStatementSchema,
  signStatement,
} from "@gadus/protocol";
import nacl from "tweetnacl";
import type { BoxKeys } from "./box-keys.ts";
import { createSharedKeys } from "./shared-keys.ts";
import type { OpenedProposal, Proposal, SealContext, Verifier } from "./verifier.ts";
import { VerifierError } from "./verifier-error.ts";

/** A sealed proposal is never longer; checked before it is opened. */
export const MAX_SEALED_BYTES = 8192;
const { nonceLength, overheadLength } = nacl.box;

/** What sealing and opening need of the node. */
export interface ProposalBoxOptions {
  readonly identity: Identity;
  /** This node's own; the public one is what others get in asks and bids. */
  readonly boxKeys: BoxKeys;
  /** Where nonces come from: 24 bytes a proposal. */
  readonly randomness: Randomness;
}

/** How proposals travel, whichever way they are judged. */
export type ProposalBox = Pick<Verifier, "propose" | "open">;

/**
 * Seals a signed statement of the proposal in a NaCl box (X25519, XSalsa20-Poly1305) between the two nodes.
 *
 * Sealed bytes are a nonce of 24 bytes and the box of the statement in DAG-CBOR. Only the two parties' keys open
 * it, and it holds only for the execution, requester, compute node and task that were signed: a copy from another
 * node or another job is refused.
 */
export function createProposalBox(options: ProposalBoxOptions): ProposalBox {
  const { identity, boxKeys, randomness } = options;
  const sharedKeys = createSharedKeys(boxKeys.secretKey);
  return {
    async propose(
      proposal: Proposal,
      context: SealContext,
      { signal }: CallOptions = {},
    ): Promise<Uint8Array> {
      signal?.throwIfAborted();
      const { digest, cid, sizeBytes, truncated, image, notes } = proposal;
      const content = {
        kind: "proposal" as const,
        digest,
        cid,
        sizeBytes,
        ...(truncated !== undefined && { truncated: [...truncated] }),
        ...(image !== undefined && { image }),
        ...(notes !== undefined && { notes: [...notes] }),
      };
      const { payload, signature } = await signStatement(identity, context.binding, content);
      signal?.throwIfAborted();
      const nonce = randomness.bytes(nonceLength);
      const key = sharedKeys.with(context.boxPublicKey);
      return concat(nonce, nacl.box.after(encodeValue({ payload, signature }), nonce, key));
    },

    async open(
      sealed: Uint8Array,
      context: SealContext,
      { signal }: CallOptions = {},
    ): Promise<OpenedProposal> {
      signal?.throwIfAborted();
      const statement = unseal(sealed, sharedKeys.with(context.boxPublicKey));
      const proposal = await read(identity, statement, context);
      signal?.throwIfAborted();
      return { proposal, statement };
    },
  };
}

function unseal(sealed: Uint8Array, key: Uint8Array): SignedStatement {
  if (sealed.length > MAX_SEALED_BYTES || sealed.length < nonceLength + overheadLength) {
    const range = `from ${nonceLength + overheadLength} to ${MAX_SEALED_BYTES}`;
    throw unreadable(`${sealed.length} bytes, want ${range}`);
  }
  const opened = nacl.box.open.after(sealed.slice(nonceLength), sealed.slice(0, nonceLength), key);
  if (opened === null) throw unreadable("it was not sealed with the keys of this execution");
  try {
    return decodeValue(signedStatementSchema, opened, MAX_SEALED_BYTES);
  } catch (error) {
    throw unreadable(messageOf(error), error);
  }
}

async function read(
  identity: Identity,
  statement: SignedStatement,
  { binding }: SealContext,
): Promise<Proposal> {
  try {
    const expected = { ...binding, author: binding.compute, kind: "proposal" as const };
    const content = await openStatement(identity, statement, expected);
    const { digest, cid, sizeBytes, truncated, image, notes } = content;
    return {
      digest,
      cid,
      sizeBytes,
      ...(truncated !== undefined && { truncated }),
      ...(image !== undefined && { image }),
      ...(notes !== undefined && { notes }),
    };
  } catch (error) {
    if (!isCodedError(error)) throw error;
    if (error.code !== "protocol/invalid-statement") throw unreadable(error.message, error);
    throw new VerifierError("verifier/wrong-proposal", `Cannot open the proposal: ${error.message}`, {
      blame: "node",
      cause: error,
    });
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

function unreadable(state: string, cause?: unknown): VerifierError {
  return new VerifierError("verifier/unreadable-proposal", `Cannot open the proposal: ${state}`, {
    blame: "node",
    cause,
  });
}
