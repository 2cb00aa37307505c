import { expect, test } from "vitest";
import { makeDockerDocument } from "./docker-document.ts";

test("makeDockerDocument() leaves out what wasn't given", () => {
  const document = makeDockerDocument({ image: "busybox", command: [] }, [], [], {});
  expect(JSON.parse(JSON.stringify(document))).toEqual({
    Type: "batch",
    Deal: {},
    Tasks: [
      {
        Name: "main",
        Engine: { Type: "docker", Params: { Image: "busybox", Parameters: [] } },
        InputSources: [],
        ResultPaths: [],
        Resources: {},
        Timeouts: {},
      },
    ],
  });
});

test("makeDockerDocument() says all that was given", () => {
  const input = { Source: { Type: "ipfs", Params: { CID: "bafy" } }, Target: "/in" };
  const document = makeDockerDocument(
    { image: "app:1", command: ["-n", "5"], network: { type: "HTTP", domains: ["example.org"] } },
    [input],
    [{ name: "out", path: "/out" }],
    {
      env: { A: "b", C: "d=e" },
      workdir: "/work",
      user: "1000:1000",
      entrypoint: ["python", "-u"],
      writableRoot: true,
      cpu: "500m",
      memory: "64Mb",
      disk: "1Mb",
      timeout: 90,
      concurrency: 5,
      confidence: 3,
      minBids: 6,
      verifier: "none",
      publisher: "ipfs",
      count: 2,
      name: "words",
      label: { team: "a" },
    },
  );
  expect(document).toEqual({
    Name: "words",
    Type: "batch",
    Count: 2,
    Labels: { team: "a" },
    Deal: { Concurrency: 5, Confidence: 3, MinBids: 6 },
    Verifier: { Type: "none" },
    Tasks: [
      {
        Name: "main",
        Engine: {
          Type: "docker",
          Params: {
            Image: "app:1",
            Entrypoint: ["python", "-u"],
            Parameters: ["-n", "5"],
            EnvironmentVariables: ["A=b", "C=d=e"],
            WorkingDirectory: "/work",
            User: "1000:1000",
            WritableRoot: true,
          },
        },
        Network: { Type: "HTTP", Domains: ["example.org"] },
        InputSources: [input],
        ResultPaths: [{ Name: "out", Path: "/out" }],
        Resources: { CPU: "500m", Memory: "64Mb", Disk: "1Mb" },
        Timeouts: { ExecutionTimeout: 90 },
        Publisher: { Type: "ipfs" },
      },
    ],
  });
});
