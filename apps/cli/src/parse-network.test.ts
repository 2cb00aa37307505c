import { describe, expect, test } from "vitest";
import { parseNetwork } from "./parse-network.ts";

describe("parseNetwork()", () => {
  test("leaves to the node what isn't given", () => {
    expect(parseNetwork({})).toBeUndefined();
  });

  test.each([
    [{ network: "none" }, { type: "None" }],
    [{ network: "full" }, { type: "Full" }],
    [{ domain: ["a.org", "b.org"] }, { type: "HTTP", domains: ["a.org", "b.org"] }],
    [
      { network: "http", domain: ["a.org"] },
      { type: "HTTP", domains: ["a.org"] },
    ],
  ] as const)("reads %j", (options, expected) => {
    expect(parseNetwork(options)).toEqual(expected);
  });

  test("refuses http without a domain, and names the fix", () => {
    expect(() => parseNetwork({ network: "http" })).toThrow(
      expect.objectContaining({ code: "cli/usage", hint: expect.stringContaining("--domain example.org") }),
    );
  });

  test.each(["none", "full"] as const)("refuses domains with %s", (network) => {
    expect(() => parseNetwork({ network, domain: ["a.org"] })).toThrow(
      `Cannot take --domain with --network ${network}`,
    );
  });
});
