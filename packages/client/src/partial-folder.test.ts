import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { openPartialFolder, partialFolderOf } from "./partial-folder.ts";

let target: string;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "gadus-partial-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  target = join(folder, "results");
});

/** A process that opens the folder as soon as it may, and holds it until it is ended; what it says of that. */
async function opener(): Promise<{ readonly go: () => void; readonly said: Promise<string> }> {
  const module = JSON.stringify(new URL("./partial-folder.ts", import.meta.url).href);
  const code = `
    const { openPartialFolder } = await import(${module});
    console.log("ready");
    await new Promise((resolve) => process.stdin.once("data", resolve));
    const said = await openPartialFolder(${JSON.stringify(target)}).then(() => "open", (error) => error.code);
    console.log(said);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  const said = once(child.stdout, "data").then(([text]) => String(text).trim());
  return { go: () => void child.stdin.write("go\n"), said };
}

test("openPartialFolder() lets no two processes have a folder, also where one died that had it", async () => {
  await (await openPartialFolder(target)).close();
  await writeFile(join(partialFolderOf(target), "lock-999999999"), "");
  const openers = await Promise.all([opener(), opener(), opener()]);
  for (const { go } of openers) go();
  const said = await Promise.all(openers.map((each) => each.said));
  expect(said.filter((each) => each === "open").length).toBeLessThanOrEqual(1);
  expect(said.filter((each) => each !== "open").every((each) => each === "client/not-allowed")).toBe(true);
});

test("openPartialFolder() lets nobody have it twice, and the next one once it was closed", async () => {
  const partial = await openPartialFolder(target);
  await expect(openPartialFolder(target)).rejects.toMatchObject({ code: "client/not-allowed" });
  await partial.close();
  await (await openPartialFolder(target)).remove();
  expect(existsSync(partialFolderOf(target))).toBe(false);
});

test("a partial folder that is removed leaves what another process says there", async () => {
  const partial = await openPartialFolder(target);
  await writeFile(partial.path("blocks"), "x");
  await writeFile(partial.path(`lock-${process.ppid}`), "");
  await partial.remove();
  expect(await readdir(partialFolderOf(target))).toEqual([`lock-${process.ppid}`]);
});
