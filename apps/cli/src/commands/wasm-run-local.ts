import { existsSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { ApiSpec } from "@gadus/client";
import { CodedError, type ReadableVolume } from "@gadus/protocol";
import { type LocalEnding, type LocalRun, nameResults, runLocal } from "@gadus/node/run-local";
import { CliError, usageError } from "../cli-error.ts";
import type { Context } from "../context.ts";
import { checkEmpty } from "../download.ts";
import { hostStdin } from "../host-stdin.ts";
import { parseFolder } from "../parse-folder.ts";
import { type InputOrigin, parseOrigin, parseResultPath } from "../parse-input.ts";
import { parseInputs } from "../submit-task.ts";
import { paint } from "../terminal.ts";
import { makeWasmDocument, MODULE_TARGET } from "../wasm-document.ts";
import { findGiven, NETWORK_OPTIONS, type WasmOptions } from "../wasm-options.ts";

/**
 * `gadus wasm run --local MODULE`: runs a module here, without a network, as a node would.
 *
 * Ends with the module's exit code, and with one that tells of it where there is none.
 */
export async function wasmRunLocal(
  context: Context,
  [module = "", ...parameters]: readonly string[],
  options: WasmOptions,
): Promise<number> {
  const unwanted = findGiven(options, NETWORK_OPTIONS);
  if (unwanted !== undefined) {
    throw usageError(
      `Cannot take ${unwanted.flag} with --local: there is no network`,
      "Leave one of them out.",
    );
  }
  const inputs = parseInputs(options);
  const resultPaths = (options.resultPath ?? []).map(parseResultPath);
  const folders = (options.dir ?? []).map((text) => parseFolder(text, isFolder));
  const moduleOrigin = parseOrigin(module, existsSync, `module "${module}"`);
  const sources = [{ origin: moduleOrigin, target: MODULE_TARGET }, ...inputs].map(({ origin, target }) => {
    return { Source: localSource(origin), Target: target };
  });
  if (options.get !== undefined) await checkEmpty(options.get);
  const stdin = hostStdin(() => process.stdin);
  const ending = await run(
    {
      document: makeWasmDocument(parameters, sources, resultPaths, options),
      ...(options.jobId !== undefined && { jobId: options.jobId }),
      unchanged: options.rewrite === false,
      folders: folders.map(({ path, name }) => ({ path: resolve(path), name })),
      stdin,
    },
    { signal: context.signal },
  );
  if (options.get !== undefined) await writeVolume(ending.results, options.get);
  await tell(context, ending);
  return ending.exitCode & 0xff;
}

/** An input that is still open would keep the process from ending. */
async function run(
  request: LocalRun & { readonly stdin: ReadableVolume },
  options: { readonly signal: AbortSignal },
): Promise<LocalEnding> {
  try {
    return await runLocal(request, options);
  } catch (error) {
    options.signal.throwIfAborted();
    if (!hasNoEnding(error)) throw error;
    const { message, hint } = error;
    throw new CliError("cli/not-run", message, { cause: error, ...(hint !== undefined && { hint }) });
  } finally {
    await request.stdin.close();
  }
}

/** Whether `error` is the run's own, and not that of an option or a file that was named. */
function hasNoEnding(error: unknown): error is CodedError<string> {
  return error instanceof CodedError && /^executor\/|^node\/timed-out$/.test(String(error.code));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function localSource(origin: InputOrigin): ApiSpec {
  switch (origin.kind) {
    case "data-url":
      return { Type: "inline", Params: { URL: origin.url } };
    case "file":
    case "node-folder":
      return { Type: "localDirectory", Params: { SourcePath: resolve(origin.path) } };
    case "stdin":
      throw usageError(
        "Cannot read the module or an input from standard input here: with --local that is the module's own",
        "Name a file.",
      );
    case "cid":
      throw usageError(
        `Cannot read "${origin.cid}" here: it is a CID, and there is no network`,
        "Download it first, or leave --local out.",
      );
    case "url":
      throw usageError(
        `Cannot read "${origin.url}" here: there is no network`,
        "Download it first, or leave --local out.",
      );
  }
}

async function tell(context: Context, ending: LocalEnding): Promise<void> {
  const { terminal } = context;
  const stdout = await contentOf(ending.results, "stdout");
  const stderr = await contentOf(ending.results, "stderr");
  if (context.output === "json") {
    const { exitCode, stdoutTruncated, stderrTruncated, usage } = ending;
    const text = new TextDecoder();
    const told = {
      exitCode,
      stdout: text.decode(stdout),
      stderr: text.decode(stderr),
      ...usage,
      ...(await nameResults(ending.results)),
      ...(stdoutTruncated && { stdoutTruncated }),
      ...(stderrTruncated && { stderrTruncated }),
    };
    terminal.out(JSON.stringify(told));
    return;
  }
  terminal.bytes("out", stdout);
  terminal.bytes("err", stderr);
  for (const name of ["stdout", "stderr"] as const) {
    if (!ending[`${name}Truncated`]) continue;
    const state = `${name} was cut off where a node cuts it off`;
    terminal.err(`${paint(terminal, "yellow", "warning:")} ${state}`);
  }
}

async function contentOf(volume: ReadableVolume, path: string): Promise<Uint8Array> {
  const entry = await volume.stat(path);
  return await volume.read(path, 0, entry?.sizeBytes ?? 0);
}

/** Writes the regular files of `volume`: it has nothing else, and no name in it leads up. */
async function writeVolume(volume: ReadableVolume, folder: string): Promise<void> {
  const pending = [""];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for await (const entry of volume.list(path)) {
      if (entry.kind === "folder") {
        pending.push(entry.path);
        continue;
      }
      const file = join(folder, entry.path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, await contentOf(volume, entry.path), { flag: "wx" });
    }
  }
}
