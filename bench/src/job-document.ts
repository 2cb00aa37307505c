/** A job document as a client would submit it: the module inline, `executions` nodes that must agree. */
export function wasmJob(module: Uint8Array, executions: number, parameters: readonly string[] = []): object {
  const url = `data:application/wasm;base64,${Buffer.from(module).toString("base64")}`;
  return {
    Type: "batch",
    Deal: { Concurrency: executions, MinBids: executions },
    Verifier: { Type: "deterministic" },
    Tasks: [
      {
        Name: "main",
        Engine: { Type: "wasm", Params: { EntryModule: "/main.wasm", Parameters: parameters } },
        InputSources: [{ Source: { Type: "inline", Params: { URL: url } }, Target: "/main.wasm" }],
        Resources: { CPU: "10m", Memory: "16Mb", Disk: "1Mb" },
        Publisher: { Type: "ipfs" },
      },
    ],
  };
}
