// `pnpm openapi:lint`: lints docs/reference/openapi.json by the rules in redocly.yaml; nothing leaves this machine.
import { fileURLToPath } from "node:url";
import { formatProblems, getTotals, lint, loadConfig } from "@redocly/openapi-core";

const ref = fileURLToPath(new URL("../docs/reference/openapi.json", import.meta.url));
const config = await loadConfig({ configPath: fileURLToPath(new URL("../redocly.yaml", import.meta.url)) });
const problems = await lint({ ref, config });
const totals = getTotals(problems);
formatProblems(problems, { format: "codeframe", totals, version: "" });
if (totals.errors + totals.warnings > 0) process.exitCode = 1;
