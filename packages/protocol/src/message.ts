import { z } from "zod";
import { announcementSchema } from "./announcement.ts";
import { anyBytes, exactBytes } from "./binary.ts";
import { EXECUTION_STATES, type Party } from "./execution.ts";
import { signedStatementSchema } from "./statement.ts";
import { MAX_INPUTS, specSchema, taskDetailsSchema, taskTermsSchema } from "./task.ts";

/** No frame between nodes is longer; checked before decoding. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Blocks that may ride with one acceptance or publication. */
export const MAX_ATTACHED_BYTES = 256 * 1024;
/** Executions in one `sync` or `lost`; longer lists are sent in several. */
export const MAX_SYNC_EXECUTIONS = 2000;

/** Short enough that, with the requester's id before it, it names a folder on any file system. */
const id = z.string().min(1).max(96);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const reason = z.string().max(4096);
const code = z.string().min(1).max(128);
const blocks = z.array(z.strictObject({ cid: z.string().max(128), bytes: anyBytes })).max(1024);

export const messageSchema = z.discriminatedUnion("type", [
  z
    .strictObject({ type: z.literal("announcement"), announcement: announcementSchema })
    .describe("What a node is and offers, sent on connecting and now and then."),
  z
    .strictObject({
      type: z.literal("ask"),
      executionId: id,
      terms: taskTermsSchema,
      /** The salted hash of the task's details. */
      commitment: exactBytes(32),
      /** The requester's X25519 public key for this execution. */
      boxPublicKey: exactBytes(32),
      /** How long the requester waits for a bid. */
      answerWithinMs: count,
    })
    .describe("Would you run this? It carries what a node needs to decide, and a salted hash of the rest."),
  z
    .strictObject({
      type: z.literal("accept"),
      executionId: id,
      details: taskDetailsSchema,
      salt: exactBytes(32),
      statement: signedStatementSchema,
      /** Blocks of the inputs, unless the bid said that the node has them. */
      blocks,
      /** How long after this the result is worth nothing. */
      proposeWithinMs: count,
    })
    .describe("Your bid is taken: here is the rest of the task, signed for."),
  z
    .strictObject({ type: z.literal("reject"), executionId: id, reason })
    .describe("Your bid is not taken; let the reservation go."),
  z
    .strictObject({
      type: z.literal("verify"),
      executionId: id,
      statement: signedStatementSchema,
      publishWithinMs: count,
    })
    .describe("Your result is right by the verdict: publish it."),
  z
    .strictObject({ type: z.literal("refute"), executionId: id, statement: signedStatementSchema, reason })
    .describe("Your result is wrong by the verdict: drop it."),
  z
    .strictObject({ type: z.literal("cancel"), executionId: id, code, reason })
    .describe("Stop, whatever the state."),
  z
    .strictObject({
      type: z.literal("bid"),
      executionId: id,
      boxPublicKey: exactBytes(32),
      /** How long the reservation is held without an acceptance. */
      leaseMs: count,
      /** CIDs of inputs that the node has already, and the reference of the image, if it has that. */
      has: z.array(z.string().max(512)).max(MAX_INPUTS + 1),
    })
    .describe("I would, and I keep room for it as long as the lease says."),
  z.strictObject({ type: z.literal("decline"), executionId: id, code, reason }).describe("I won't, and why."),
  z.strictObject({ type: z.literal("start"), executionId: id }).describe("It runs."),
  z
    .strictObject({ type: z.literal("progress"), executionId: id, message: z.string().min(1).max(256) })
    .describe("What takes long before the task begins, in words; it changes no state."),
  z
    .strictObject({ type: z.literal("propose"), executionId: id, sealed: anyBytes })
    .describe("It has run: the sealed result."),
  z
    .strictObject({ type: z.literal("publish"), executionId: id, publication: specSchema, blocks })
    .describe("The verified result is there to be fetched."),
  z
    .strictObject({
      type: z.literal("fail"),
      executionId: id,
      code,
      reason,
      blame: z.enum(["node", "job", "nobody"]),
    })
    .describe("It ended badly, and who is to blame."),
  z
    .strictObject({
      type: z.literal("sync"),
      /** In which role the sender speaks. */
      party: z.enum(["requester", "compute"]),
      executions: z.array(z.strictObject({ id, state: z.enum(EXECUTION_STATES) })).max(MAX_SYNC_EXECUTIONS),
    })
    .describe("The live executions between us, as I see them; sent on connecting and now and then."),
  z
    .strictObject({ type: z.literal("lost"), executionIds: z.array(id).max(MAX_SYNC_EXECUTIONS) })
    .describe("Executions of your `sync` that I don't know."),
]);

/** All that one node says to another on their stream. The sender is the connection's peer, never a field. */
export type Message = z.infer<typeof messageSchema>;
export type MessageType = Message["type"];
export type MessageOf<T extends MessageType> = Extract<Message, { type: T }>;

const AUTHORS: { readonly [T in Exclude<MessageType, "announcement" | "sync">]: Party } = {
  ask: "requester",
  accept: "requester",
  reject: "requester",
  verify: "requester",
  refute: "requester",
  cancel: "requester",
  bid: "compute",
  decline: "compute",
  start: "compute",
  progress: "compute",
  propose: "compute",
  publish: "compute",
  fail: "compute",
  lost: "compute",
};

/** The role in which `message` was written; undefined for an announcement, which any node sends. */
export function authorOf(message: Message): Party | undefined {
  if (message.type === "announcement") return undefined;
  return message.type === "sync" ? message.party : AUTHORS[message.type];
}
