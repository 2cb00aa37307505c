import { describe, expect, test } from "vitest";
import { createEgressRules, parseAuthority } from "./egress-rules.ts";

const target = (authority: string) => parseAuthority(authority, 80)!;

describe("parseAuthority()", () => {
  test("reads names in any case, with a dot at the end or without", () => {
    expect(parseAuthority("Example.COM.:443", undefined)).toEqual({ host: "example.com", port: 443 });
    expect(parseAuthority("xn--bcher-kva.example", 80)).toEqual({ host: "xn--bcher-kva.example", port: 80 });
    expect(parseAuthority("8.8.8.8", 80)).toEqual({ host: "8.8.8.8", port: 80 });
  });

  test.each([
    "",
    ":80",
    "example.com:0",
    "example.com:65536",
    "example.com:",
    "user@example.com",
    "a..b",
    "a b",
    "bücher.example",
    "ex%61mple.com",
    "[::1]:80",
    "[::ffff:8.8.8.8]:443",
    "::1",
    "[2606:4700::1111]:443",
    "134744072",
    "0x08080808",
    "8.8.2056",
    "010.8.8.8",
    "0x8.8.8.8",
    "8.8.8.8.8",
    "999.1.1.1",
    "example.com:80:80",
    `${"a.".repeat(127)}com`,
  ])("reads nothing from %j", (authority) => {
    expect(parseAuthority(authority, 80)).toBeUndefined();
  });

  test("reads no authority without a port where there is no default", () => {
    expect(parseAuthority("example.com", undefined)).toBeUndefined();
  });
});

describe("createEgressRules()", () => {
  const rules = createEgressRules(
    [
      "Example.com",
      "*.sub.example",
      ".dot.example",
      "8.8.8.8",
      "10.0.0.1",
      "10.0.0.2",
      "169.254.169.254",
      "in.example",
    ],
    ["10.0.0.2:8080", "169.254.169.254", "in.example:8443", "unasked.example"],
  );

  test.each([
    "example.com",
    "example.com:443",
    "EXAMPLE.com.",
    "a.sub.example",
    "a.b.sub.example",
    "a.dot.example",
    "8.8.8.8:443",
    "10.0.0.2:8080",
    "in.example:8443",
    "in.example:443",
  ])("let %s through", (authority) => {
    expect(rules.refuse(target(authority))).toBeUndefined();
  });

  test.each([
    ["www.example.com", "is not among Network.Domains"],
    ["example.com.evil.test", "is not among Network.Domains"],
    ["sub.example", "is not among Network.Domains"],
    ["evilsub.example", "is not among Network.Domains"],
    ["unasked.example", "is not among Network.Domains"],
    ["8.8.4.4", "is not among Network.Domains"],
    ["example.com:22", "is on a port other than 80 and 443, whatever Network.Domains has"],
    ["in.example:8080", "is on a port other than 80 and 443, whatever Network.Domains has"],
    ["10.0.0.1", "is no public address, whatever Network.Domains has"],
    ["10.0.0.2", "is no public address, whatever Network.Domains has"],
    ["169.254.169.254", "is no public address, whatever Network.Domains has"],
  ])("refuse %s: it %s", (authority, reason) => {
    expect(rules.refuse(target(authority))).toBe(reason);
  });

  test("allow a private address where the operator lists the host, and a metadata service's nowhere", () => {
    const inside = target("in.example:8443");
    expect(rules.allowsAddress(inside, "10.1.2.3")).toBe(true);
    expect(rules.allowsAddress(target("in.example"), "10.1.2.3")).toBe(false);
    for (const address of ["169.254.169.254", "fe80::1", "fd00:ec2::254", "100.100.100.200"]) {
      expect(rules.allowsAddress(inside, address)).toBe(false);
    }
    for (const address of [
      "127.0.0.1",
      "::1",
      "::ffff:8.8.8.8",
      "64:ff9b::a00:1",
      "0.0.0.0",
      "192.168.0.1",
    ]) {
      expect(rules.allowsAddress(target("example.com"), address)).toBe(false);
    }
    expect(rules.allowsAddress(target("example.com"), "8.8.8.8")).toBe(true);
  });

  test.each([
    "*",
    "*.",
    "",
    "https://example.com",
    "example.com:443",
    "*.8.8.8.8",
    "a.*.example",
    "[::1]",
    "2130706433",
  ])("are none for the domain %j", (domain) => {
    expect(() => createEgressRules(["example.com", domain], [])).toThrow(
      expect.objectContaining({ code: "executor/invalid-params", field: "Network.Domains[1]", blame: "job" }),
    );
  });
});
