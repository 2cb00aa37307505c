import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { runGadus } from "./program.ts";

const CID = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
const folder = mkdtempSync(join(tmpdir(), "gadus-docker-run-"));

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `gadus docker run` with `args` in this process; answers how it ended and what it printed. */
async function dockerRun(
  ...args: readonly string[]
): Promise<{ exitCode: number; out: string; err: string }> {
  const printed = { out: "", err: "" };
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((printed.out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((printed.err += String(text)), true));
  const exitCode = await runGadus(["docker", "run", ...args]);
  vi.restoreAllMocks();
  return { exitCode, ...printed };
}

async function taskOf(...args: readonly string[]): Promise<unknown> {
  const { exitCode, out, err } = await dockerRun("--dry-run", ...args);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  return (JSON.parse(out) as { readonly Tasks: readonly unknown[] }).Tasks[0];
}

describe("gadus docker run --dry-run", () => {
  test("prints a job that reads a CID and leaves a folder, as its options say", async () => {
    const command = ["sh", "-c", "cat /file.txt > /output_folder/file.txt"];
    const input = ["-i", `${CID}:/file.txt`, "-o", "apples:/output_folder"];
    expect(await taskOf(...input, "busybox", "--", ...command)).toMatchObject({
      Engine: { Type: "docker", Params: { Image: "busybox", Parameters: command } },
      InputSources: [{ Source: { Type: "ipfs", Params: { CID } }, Target: "/file.txt" }],
      ResultPaths: [{ Name: "apples", Path: "/output_folder" }],
    });
  });

  test("takes options behind the image, and nothing for one behind the --", async () => {
    expect(await taskOf("app:1", "-w", "/work", "--domain", "a.org", "--", "-w", "--user")).toMatchObject({
      Engine: { Params: { Image: "app:1", Parameters: ["-w", "--user"], WorkingDirectory: "/work" } },
      Network: { Type: "HTTP", Domains: ["a.org"] },
    });
  });

  test("gives an archive that is here to the job as its image", async () => {
    const archive = join(folder, "app.tar");
    writeFileSync(archive, "an archive");
    expect(await taskOf(archive)).toMatchObject({
      Engine: { Params: { Image: "/gadus-image.tar" } },
      InputSources: [{ Source: { Type: "inline" }, Target: "/gadus-image.tar" }],
    });
  });

  test("sends no archive that is too large for a document, and says what to do", async () => {
    const archive = join(folder, "large.tar");
    writeFileSync(archive, Buffer.alloc(2 * 1024 * 1024));
    const { exitCode, err } = await dockerRun("--dry-run", archive);
    expect({ exitCode, err }).toEqual({ exitCode: 2, err: expect.stringContaining(`gadus add ${archive}`) });
  });
});

test.each([
  [["--network", "http", "busybox"], /Add --domain example\.org/],
  [["--network", "bridge", "busybox"], /Allowed choices are none, http, full/],
  [["--network", "none", "--domain", "a.org", "busybox"], /Cannot take --domain with --network none/],
  [["-o", "apples", "busybox"], /Cannot take result path "apples"/],
  [["-i", "nothing.txt:/file.txt", "busybox"], /no file "nothing.txt" here/],
  [["nothing.tar"], /Cannot take image "nothing.tar": no such file here/],
  [[], /missing required argument 'image'/],
])("gadus docker run %j ends with exit code 2, and says why", async (args, why) => {
  const { exitCode, err } = await dockerRun(...args);
  expect(exitCode).toBe(2);
  expect(err).toMatch(why);
});
