import type { ReadableVolume } from "@gadus/protocol";
import type { ExecutionRecord } from "@gadus/requester";
import { makeExecutionRecord } from "@gadus/requester/conformance";
import { memoryVolume } from "@gadus/storage/memory";
import { describe, expect, test } from "vitest";
import { createRunOutputs } from "./run-outputs.ts";

const RESULT = { stdout: "hello\n", stderr: "oh\n", exitCode: "3" };
const published = (id: string, cid: string): ExecutionRecord =>
  makeExecutionRecord("j-1", id, {
    state: "published",
    publication: { type: "ipfs", params: { cid } },
    retrievable: true,
  });

/** Opens `trees` by CID, and counts how often. */
function opener(trees: Readonly<Record<string, Parameters<typeof memoryVolume>[0]>>) {
  const opened: string[] = [];
  const openTree = async (cid: string): Promise<ReadableVolume> => {
    opened.push(cid);
    const tree = trees[cid];
    if (tree === undefined) throw new Error("nobody has it");
    return memoryVolume(tree);
  };
  return { opened, openTree };
}

describe("createRunOutputs()", () => {
  test("reads both outputs and the exit code of what was published, each result once", async () => {
    const { opened, openTree } = opener({ bafya: RESULT });
    const outputs = createRunOutputs({ openTree });
    const executions = [
      published("e-1", "bafya"),
      published("e-2", "bafya"),
      makeExecutionRecord("j-1", "e-3", { state: "running" }),
      { ...published("e-4", "bafynot-checked"), retrievable: undefined },
      { ...published("e-5", "bafynot-good"), retrievable: false },
    ];
    const expected = {
      stdout: "hello\n",
      stdoutTruncated: false,
      stderr: "oh\n",
      stderrTruncated: false,
      exitCode: 3,
    };
    expect(await outputs.of(executions)).toEqual(
      new Map([
        ["e-1", expected],
        ["e-2", expected],
      ]),
    );
    await outputs.of(executions);
    expect(opened).toEqual(["bafya"]);
  });

  test("shows the beginning of long outputs, no half character, and marks them", async () => {
    const { openTree } = opener({ bafya: { ...RESULT, stdout: `a${"ü".repeat(2000)}` } });
    const output = (await createRunOutputs({ openTree }).of([published("e-1", "bafya")])).get("e-1");
    expect(output).toMatchObject({ stdoutTruncated: true, stderrTruncated: false });
    expect(output?.stdout).toBe(`a${"ü".repeat(1023)}`);
  });

  test("leaves out what can't be had, and doesn't ask for it again at once", async () => {
    const { opened, openTree } = opener({ bafya: RESULT, bafyb: { stdout: "no exit code" } });
    const outputs = createRunOutputs({ openTree });
    const executions = [published("e-1", "bafya"), published("e-2", "bafyb"), published("e-3", "bafyc")];
    for (let round = 0; round < 2; round += 1)
      expect([...(await outputs.of(executions)).keys()]).toEqual(["e-1"]);
    expect(opened).toEqual(["bafya", "bafyb", "bafyc"]);
  });

  test.each(["", "abc", "1.5", "-1", "0x1", "1e2", "NaN", "0\n"])(
    "leaves out a result with the exit code %j, which is none",
    async (exitCode) => {
      const { openTree } = opener({ bafya: { ...RESULT, exitCode } });
      expect(await createRunOutputs({ openTree }).of([published("e-1", "bafya")])).toEqual(new Map());
    },
  );

  test("doesn't wait long for what is slow, and has it the next time", async () => {
    let arrive = (): void => {};
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const openTree = async (): Promise<ReadableVolume> => {
      await arrived;
      return memoryVolume(RESULT);
    };
    const outputs = createRunOutputs({ openTree, waitMs: 1 });
    expect(await outputs.of([published("e-1", "bafya")])).toEqual(new Map());
    arrive();
    await expect
      .poll(async () => (await outputs.of([published("e-1", "bafya")])).get("e-1")?.exitCode)
      .toBe(3);
  });

  test("reads a limited number at one time", async () => {
    const opened: string[] = [];
    const openTree = (cid: string): Promise<ReadableVolume> => {
      opened.push(cid);
      return new Promise(() => {});
    };
    const many = Array.from({ length: 100 }, (_, index) => published(`e-${index}`, `bafy${index}`));
    await createRunOutputs({ openTree, waitMs: 1 }).of(many);
    expect(opened).toHaveLength(64);
  });
});
