import type { KeyWish } from "@gadus/client";
import type { Context } from "../context.ts";
import { type KeyOptions, type ShownKey, withKeys } from "../node-keys.ts";
import { printList } from "../print-list.ts";
import { apiTimeMs, relativeTime } from "../relative-time.ts";

interface CreateOptions extends KeyOptions {
  readonly name: string;
  readonly right: KeyWish["right"];
  readonly expires?: number;
}

/** `gadus auth keys create`: makes an API key, and prints it this once. */
export async function authKeysCreate(
  context: Context,
  _args: readonly string[],
  options: CreateOptions,
): Promise<undefined> {
  const { terminal, output, quiet } = context;
  const { name, right, expires } = options;
  const made = await withKeys(context, options, (keys) =>
    keys.create({ name, right, lifetimeSeconds: expires }, { signal: context.signal }),
  );
  if (output === "json") terminal.out(JSON.stringify(made));
  else terminal.out(made.Key);
  if (output === "table" && !quiet)
    terminal.err(`Key ${made.ID} ("${right}", ${ending(made)}). It isn't shown again: keep it now.`);
  return undefined;
}

/** `gadus auth keys list`: lists the API keys of a node. */
export async function authKeysList(
  context: Context,
  _args: readonly string[],
  options: KeyOptions,
): Promise<undefined> {
  const keys = await withKeys(context, options, (all) => all.list({ signal: context.signal }));
  printList(context, {
    columns: [
      { title: "ID" },
      { title: "NAME", shrink: "late" },
      { title: "RIGHT" },
      { title: "CREATED" },
      { title: "STATE" },
    ],
    rows: keys.map((key) => [
      key.ID,
      key.Name,
      key.Right,
      relativeTime(apiTimeMs(key.CreateTime), context.nowMs()),
      stateOf(key, context.nowMs()),
    ]),
    ids: keys.map(({ ID }) => ID),
    json: keys,
    empty: "No API keys yet; make one with gadus auth keys create.",
  });
  return undefined;
}

/** `gadus auth keys revoke KEY`: makes an API key worthless. */
export async function authKeysRevoke(
  context: Context,
  args: readonly string[],
  options: KeyOptions,
): Promise<undefined> {
  const [id = ""] = args;
  const key = await withKeys(context, options, (keys) => keys.revoke(id, { signal: context.signal }));
  if (context.output === "json") context.terminal.out(JSON.stringify(key));
  else context.terminal.out(key.ID);
  return undefined;
}

function stateOf(key: ShownKey, nowMs: number): string {
  if (key.RevokeTime !== undefined) return `revoked ${date(key.RevokeTime)}`;
  if (key.ExpireTime !== undefined && key.ExpireTime <= nowMs * 1e6) return `expired ${date(key.ExpireTime)}`;
  return ending(key);
}

function ending({ ExpireTime }: ShownKey): string {
  return ExpireTime === undefined ? "never expires" : `expires ${date(ExpireTime)}`;
}

function date(nanoseconds: number): string {
  return new Date(nanoseconds / 1e6).toISOString().slice(0, 16).replace("T", " ");
}
