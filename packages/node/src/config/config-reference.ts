import { type ConfigKey, configKeys } from "./config-keys.ts";
import { configSchema } from "./config-schema.ts";

/** Every setting in Markdown: one table a section, made from the schema. */
export function configReference(): string {
  const keys = configKeys(configSchema).filter((key) => !key.hidden);
  const sections = [...new Set(keys.map(sectionOf))];
  return `${sections.map((section) => tableOf(section, keys)).join("\n\n")}\n`;
}

function sectionOf(key: ConfigKey): string {
  return key.path.slice(0, -1).join(".");
}

function tableOf(section: string, keys: readonly ConfigKey[]): string {
  const rows = keys
    .filter((key) => sectionOf(key) === section)
    .map(
      (key) => `| \`${key.path.join(".")}\` | \`${key.variable}\` | ${valueOf(key)} | ${meaningOf(key)} |`,
    );
  return [
    `### ${section === "" ? "The node" : `\`${section}\``}`,
    "",
    "| setting | variable | default | meaning |",
    "|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function valueOf({ defaultValue }: ConfigKey): string {
  return defaultValue === undefined ? "" : `\`${JSON.stringify(defaultValue)}\``;
}

const FORMS: Readonly<Partial<Record<ConfigKey["kind"], string>>> = {
  list: " A list; in the variable, with commas between.",
  map: " A map; in the variable, `NAME=VALUE` with commas between.",
};

function meaningOf({ description, choices, kind }: ConfigKey): string {
  const values =
    choices === undefined ? "" : ` One of ${choices.map((choice) => `\`${choice}\``).join(", ")}.`;
  return `${description}${values}${FORMS[kind] ?? ""}`.replaceAll("|", "\\|");
}
