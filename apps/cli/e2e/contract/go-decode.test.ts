import { describe, expect, test } from "vitest";
import { decodeAs } from "./go-decode.ts";

const job = (more: string) => `{"Job": {"ID": "j-1", "Tasks": [{"Engine": {"Type": "noop"}}] ${more}}}`;

describe("decodeAs() refuses what the command would", () => {
  test.each([
    ["a time that is a float", job(', "CreateTime": 1.79e18'), /CreateTime is 1.79e18/],
    ["a count that is text", job(', "Count": "1"'), /Count is "1"/],
    ["a version below zero", job(', "Version": -1'), /Version is -1/],
    [
      "an amount that is a number",
      '{"Job": {"Tasks": [{"Engine": {}, "Resources": {"CPU": 1}}]}}',
      /Resources.CPU is 1/,
    ],
    ["details that aren't texts", job(', "State": {"Details": {"a": 1}}'), /Details\[a\] is 1/],
    ["a state that isn't known", job(', "State": {"StateType": "Sleeping"}'), /StateType is "Sleeping"/],
    ["a job that isn't there", "{}", /GetJob.Job is nil/],
    ["a job without tasks", '{"Job": {"Tasks": []}}', /Tasks is empty/],
    ["a task without an engine", '{"Job": {"Tasks": [{}]}}', /Engine is nil/],
    ["a list that is a map", '{"Job": {"Tasks": {}}}', /Tasks is {}/],
  ])("%s", (_what, text, message) => {
    expect(() => decodeAs("GetJob", text)).toThrow(message);
  });

  test.each([
    [
      "a state that is text",
      '{"Items": [{"ComputeState": {"StateType": "Completed"}}]}',
      /StateType is "Completed"/,
    ],
    ["an item that is null", '{"Items": [null]}', /Items\[0\] is nil/],
  ])("%s of an execution", (_what, text, message) => {
    expect(() => decodeAs("ListExecutions", text)).toThrow(message);
  });

  test("a time that is no RFC 3339", () => {
    expect(() => decodeAs("BuildVersion", '{"BuildDate": "yesterday"}')).toThrow(/BuildDate is "yesterday"/);
  });
});

test("decodeAs() takes keys in any letter case, unknown keys, nulls and integers to the last digit", () => {
  const text = job(', "createtime": 1795909258093000001, "Colour": {"red": 1}, "Meta": null');
  expect(decodeAs("GetJob", text)["Job"]).toMatchObject({
    ID: "j-1",
    CreateTime: 1_795_909_258_093_000_001n,
    Meta: undefined,
  });
});
