import { expect, test } from "vitest";
import { redactConfig } from "./redact-config.ts";

test("redactConfig() leaves out what is secret, wherever it stands, and nothing else", () => {
  const config = {
    api: { port: 1234, keepLogsMs: 5, maxTokens: 3, keys: ["a"], users: [{ name: "x", password: "y" }] },
    network: { swarmKey: "/key/swarm/psk/1.0.0/", listen: ["/ip4/0.0.0.0/tcp/4001"], allowList: undefined },
    proxy: "https://user:pass@proxy.example.org/x",
    apiKey: "",
  };
  expect(redactConfig(config)).toEqual({
    api: { ...config.api, keys: ["<redacted>"], users: [{ name: "x", password: "<redacted>" }] },
    network: { ...config.network, swarmKey: "<redacted>" },
    proxy: "https://<redacted>@proxy.example.org/x",
    apiKey: "",
  });
});
