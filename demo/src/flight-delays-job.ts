/** Where the job writes its table, below the results folder. */
export const TABLE_PATH = "outputs/delays.csv";

/** Concurrency, bids and confidence of the demo's job. */
export const DEAL = { Concurrency: 5, MinBids: 5, Confidence: 3 } as const;

/** The job document: run the module over the data set on five nodes, believe what three agree on. */
export function flightDelaysJob(moduleCid: string, flightsCid: string): object {
  return {
    Name: "flight-delays",
    Type: "batch",
    Deal: DEAL,
    Verifier: { Type: "deterministic" },
    Tasks: [
      {
        Name: "main",
        Engine: {
          Type: "wasm",
          Params: {
            EntryModule: "/flight-delays.wasm",
            Parameters: ["/inputs/flights.json", `/${TABLE_PATH}`],
          },
        },
        InputSources: [
          { Source: { Type: "ipfs", Params: { CID: moduleCid } }, Target: "/flight-delays.wasm" },
          { Source: { Type: "ipfs", Params: { CID: flightsCid } }, Target: "/inputs/flights.json" },
        ],
        ResultPaths: [{ Name: "outputs", Path: "/outputs" }],
        Resources: { CPU: "100m", Memory: "128Mb", Disk: "64Mb" },
        Publisher: { Type: "ipfs" },
        Timeouts: { ExecutionTimeout: 60, TotalTimeout: 90 },
      },
    ],
  };
}
