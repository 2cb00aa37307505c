// Takes a fresh clone to a built one, then runs something on the project's Node:
//
//   node scripts/bootstrap.mjs                 install and build
//   node scripts/bootstrap.mjs demo [args]     ... and run the demo
//   node scripts/bootstrap.mjs test [args]     ... and run the tests (args go to vitest)
//
// It needs nothing but Node 18 and npm: no dependency, no syntax newer than that.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tools = join(root, ".tools");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const pnpmVersion = manifest.packageManager.split("@")[1];
const nodeVersion = readFileSync(join(root, ".node-version"), "utf8").trim();
const nodeMajor = Number(nodeVersion.split(".")[0]);

const commands = {
  setup: undefined,
  demo: join(root, "demo", "dist", "main.js"),
  test: join(root, "node_modules", "vitest", "vitest.mjs"),
};

function fail(message) {
  process.stderr.write(`gadus: ${message}\n`);
  process.exit(1);
}

function say(message) {
  process.stderr.write(`gadus: ${message}\n`);
}

/** Runs a step quietly; what it printed is shown only if it fails. */
function step(name, command, args, env) {
  const shell = process.platform === "win32" && !command.endsWith(".exe");
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    env,
    shell,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
  const why = error ? error.message : `exit code ${status}`;
  fail(`Cannot ${name}: "${command} ${args.join(" ")}" failed (${why}); its output is above`);
}

function versionOf(packageJson) {
  return existsSync(packageJson) ? JSON.parse(readFileSync(packageJson, "utf8")).version : undefined;
}

/** The Node that came with the packages, or the one that runs this if it is new enough. */
function findNode() {
  const bundled = join(root, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  if (existsSync(bundled) && spawnSync(bundled, ["--version"]).status === 0) return bundled;
  if (Number(process.versions.node.split(".")[0]) >= nodeMajor) return process.execPath;
  return undefined;
}

function needNode() {
  const { platform, arch, versions } = process;
  fail(
    `Cannot run on Node ${versions.node}: please install Node ${nodeVersion} (none comes with the project for ${platform}-${arch})`,
  );
}

function installPnpm(env) {
  const wanted = versionOf(join(tools, "node_modules", "pnpm", "package.json")) === pnpmVersion;
  if (wanted) return;
  say(`installing pnpm ${pnpmVersion} into .tools`);
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js")
    ? [process.execPath, process.env.npm_execpath]
    : ["npm"];
  const args = ["install", "--prefix", tools, "--no-save", "--no-package-lock", "--no-audit", "--no-fund"];
  step("install pnpm", npm[0], [...npm.slice(1), ...args, `pnpm@${pnpmVersion}`], env);
}

async function run(command, args, env) {
  const child = spawn(command, args, { cwd: root, env, stdio: "inherit" });
  // Ctrl-C reaches the child by itself; we wait for it to end.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (...end) => resolve(end));
  });
  return code ?? 128 + constants.signals[signal];
}

const [name = "setup", ...rest] = process.argv.slice(2);
if (!Object.hasOwn(commands, name)) {
  fail(`Cannot run "${name}": want one of ${Object.keys(commands).join(", ")}`);
}
if (Number(process.versions.node.split(".")[0]) < 18) {
  fail(`Cannot start on Node ${process.versions.node}: please install Node ${nodeVersion}, or 18 at least`);
}
const shipped = Object.hasOwn(manifest.optionalDependencies, `node-${process.platform}-${process.arch}`);
if (!shipped && !findNode()) needNode();

const bins = [join(root, "node_modules", ".bin"), join(tools, "node_modules", ".bin")];
const env = {
  ...process.env,
  PATH: [...bins, process.env.PATH].join(delimiter),
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
};

installPnpm(process.env);
if (!existsSync(join(root, "node_modules", ".modules.yaml"))) say("installing packages");
step("install packages", join(bins[1], "pnpm"), ["install", "--frozen-lockfile"], env);

const node = findNode();
if (!node) needNode();
if (!existsSync(join(root, "apps", "cli", "dist"))) say("building");
step("build", join(bins[0], "turbo"), ["run", "build", "--output-logs=errors-only"], env);

if (commands[name] === undefined) say("ready: bin/gadus --help");
else process.exitCode = await run(node, [commands[name], ...(name === "test" ? ["run"] : []), ...rest], env);
