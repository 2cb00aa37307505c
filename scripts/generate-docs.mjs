// Writes the parts of the docs that are generated from the code, between two marks in a Markdown file:
//
//   <!-- generated: NAME -->
//   <!-- /generated -->
//
// With --check it writes nothing, and fails if a part is stale.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** `{ name, file, generate: async () => markdown }`, generated from the built packages. */
const parts = [];

const check = process.argv.includes("--check");
for (const { name, file, generate } of parts) {
  const url = new URL(`../${file}`, import.meta.url);
  const text = existsSync(url) ? readFileSync(url, "utf8") : "";
  const open = `<!-- generated: ${name} -->\n`;
  const start = text.indexOf(open) + open.length;
  const end = text.indexOf("<!-- /generated -->", start);
  if (!text.includes(open) || end === -1) {
    console.error(`Cannot generate "${name}": ${file} has no "${open.trim()}" and "<!-- /generated -->"`);
    process.exitCode = 1;
    continue;
  }
  const next = `${text.slice(0, start)}\n${(await generate()).trim()}\n\n${text.slice(end)}`;
  if (next === text) continue;
  if (check) {
    console.error(`Stale: "${name}" in ${file}; run "pnpm docs:generate"`);
    process.exitCode = 1;
  } else {
    writeFileSync(url, next);
    console.log(`wrote "${name}" in ${file}`);
  }
}
