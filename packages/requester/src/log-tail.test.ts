import { describe, expect, test } from "vitest";
import { createLogTail } from "./log-tail.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("createLogTail()", () => {
  test("keeps the last lines of both streams in the order in which they ended", () => {
    const tail = createLogTail(3);
    tail.push({ stream: "stdout", bytes: bytesOf("a\nb") });
    tail.push({ stream: "stderr", bytes: bytesOf("x\n") });
    tail.push({ stream: "stdout", bytes: bytesOf("c\nd") });
    const { lines, skipped } = tail.end();
    const text = lines.map(({ stream, bytes }) => `${stream} ${new TextDecoder().decode(bytes)}`);
    expect(text).toEqual(["stderr x\n", "stdout bc\n", "stdout d"]);
    expect(skipped).toEqual({ stdout: 1, stderr: 0 });
  });

  test("holds no more than it needs", () => {
    const tail = createLogTail(2);
    for (let index = 0; index < 100_000; index += 1)
      tail.push({ stream: "stdout", bytes: bytesOf(`${index}\n`) });
    expect(tail.end().lines.map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual([
      "99998\n",
      "99999\n",
    ]);
    expect(tail.end().skipped).toEqual({ stdout: 99_998, stderr: 0 });
    expect(createLogTail(0).end()).toEqual({ lines: [], skipped: { stdout: 0, stderr: 0 } });
  });

  test("counts a line that isn't whole among none that were skipped: what comes next ends it", () => {
    const tail = createLogTail(0);
    tail.push({ stream: "stdout", bytes: bytesOf("a\nb") });
    expect(tail.end().skipped).toEqual({ stdout: 1, stderr: 0 });
  });
});
