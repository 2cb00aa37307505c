import { type ConfigValue, configValues } from "@gadus/node/config-values";
import type { Context } from "../context.ts";
import { printList } from "../print-list.ts";
import { serveFlags, type ServeOptions } from "../serve-flags.ts";

/** `gadus config list`: lists every setting, and where each comes from. */
export async function configList(
  context: Context,
  _args: readonly string[],
  options: ServeOptions,
): Promise<undefined> {
  const values = await readValues(context, options);
  printList(context, {
    columns: [
      { title: "SETTING" },
      { title: "VALUE", shrink: "late" },
      { title: "SOURCE" },
      { title: "WHERE", shrink: "late" },
    ],
    rows: values.map((value) => [value.name, valueText(value), value.source, value.where]),
    ids: values.map(({ name }) => name),
    json: values,
    empty: "There are no settings.",
  });
  return undefined;
}

/** The settings of a node that is served with `options` here. */
export async function readValues(context: Context, options: ServeOptions): Promise<readonly ConfigValue[]> {
  return await configValues({
    ...(options.config !== undefined && { file: options.config }),
    env: context.env,
    flags: serveFlags(options),
  });
}

/** A value as a line; a secret is not shown. */
export function valueText({ value, secret, source }: ConfigValue): string {
  if (secret) return source === "default" ? "" : "(secret)";
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
