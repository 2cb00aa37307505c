import { z } from "zod";
import { anyBytes } from "./binary.ts";
import { equalBytes } from "./bytes.ts";
import { decodeValue, encodeValue } from "./cbor.ts";
import type { Identity } from "./identity.ts";
import { ProtocolError } from "./protocol-error.ts";

/** What a statement is about; a statement that is bound to anything else is refused. */
export interface StatementBinding {
  readonly executionId: string;
  /** The requester's node id. */
  readonly requester: string;
  /** The compute node's id. */
  readonly compute: string;
  /** {@link hashTask} of the task. */
  readonly taskHash: Uint8Array;
}

const id = z.string().min(1).max(128);
/** A standard output of which more was printed than was kept. */
const outputSchema = z.enum(["stdout", "stderr"]);
export type OutputName = z.infer<typeof outputSchema>;
/** Of a proposal: what doesn't fit is left out by its author. */
export const MAX_NOTES = 4;
export const MAX_NOTE_LENGTH = 200;
const result = { digest: z.string().max(64), cid: z.string().max(128) };

export const statementContentSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("acceptance") }),
  z.strictObject({
    kind: z.literal("proposal"),
    ...result,
    sizeBytes: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    /** Outputs that were cut off; left out where none was. */
    truncated: z.array(outputSchema).min(1).max(2).optional(),
    /** The container image that ran, by digest or id. */
    image: z.string().min(1).max(512).optional(),
    /** What else the submitter should hear of the run, in words. */
    notes: z.array(z.string().min(1).max(MAX_NOTE_LENGTH)).min(1).max(MAX_NOTES).optional(),
  }),
  z.strictObject({ kind: z.literal("verdict"), verified: z.boolean(), ...result }),
]);
/** What a statement says. In a verdict, `digest` and `cid` are those of the execution's own proposal. */
export type StatementContent = z.infer<typeof statementContentSchema>;

const statementSchema = z.strictObject({
  domain: z.literal("gadus/statement/1"),
  executionId: id,
  requester: id,
  compute: id,
  taskHash: anyBytes,
  content: statementContentSchema,
});

export const signedStatementSchema = z.strictObject({
  payload: anyBytes,
  signature: anyBytes,
});
/** A statement and its author's signature over exactly those bytes. It can be shown to others. */
export type SignedStatement = Readonly<z.infer<typeof signedStatementSchema>>;

export const MAX_STATEMENT_BYTES = 4096;

/** Signs `content` about `binding` with the key of `identity`. */
export async function signStatement(
  identity: Identity,
  binding: StatementBinding,
  content: StatementContent,
): Promise<SignedStatement> {
  const { executionId, requester, compute, taskHash } = binding;
  const payload = encodeValue({
    domain: "gadus/statement/1",
    executionId,
    requester,
    compute,
    taskHash,
    content,
  });
  return { payload, signature: await identity.sign(payload) };
}

/**
 * The content of a statement of `kind` that `author` signed about exactly `binding`.
 *
 * @throws {ProtocolError} `protocol/invalid-statement` for any other
 */
export async function openStatement<K extends StatementContent["kind"]>(
  identity: Identity,
  signed: SignedStatement,
  expected: StatementBinding & { readonly author: string; readonly kind: K },
): Promise<Extract<StatementContent, { kind: K }>> {
  const statement = decodeValue(statementSchema, signed.payload, MAX_STATEMENT_BYTES);
  const checks: readonly [string, boolean][] = [
    ["execution", statement.executionId === expected.executionId],
    ["requester", statement.requester === expected.requester],
    ["compute node", statement.compute === expected.compute],
    ["task", equalBytes(statement.taskHash, expected.taskHash)],
    ["kind", statement.content.kind === expected.kind],
  ];
  const wrong = checks.find(([, right]) => !right);
  if (wrong !== undefined) throw invalid(expected.kind, `it is about another ${wrong[0]}`);
  if (!(await identity.verify(expected.author, signed.payload, signed.signature))) {
    throw invalid(expected.kind, `${expected.author} did not sign it`);
  }
  return statement.content as Extract<StatementContent, { kind: K }>;
}

function invalid(kind: string, state: string): ProtocolError {
  return new ProtocolError("protocol/invalid-statement", `Cannot take the ${kind}: ${state}`, {
    blame: "node",
  });
}
