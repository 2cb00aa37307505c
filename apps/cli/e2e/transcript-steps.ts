/** A part of the transcript, whose steps run one after another. */
export interface Section {
  readonly title: string;
  /**
   * When it runs: `first` and `last` with the network to themselves; between those, sections of one lane one after
   * another, beside the other lanes.
   */
  readonly lane: "first" | "jobs" | "others" | "last";
  readonly steps: readonly Step[];
}

/**
 * A line for the shell. What starts nodes of its own runs beside everything, and is interrupted once it has printed the
 * line that `until` matches; what comes after a job that waits is run once that job is `queued`.
 */
export type Step = string | { readonly line: string; readonly until?: RegExp; readonly queued?: string };

/** Files that the steps find in their folder, beside hello.wasm. */
export const FILES: Readonly<Record<string, string>> = {
  "job.yaml": `Name: greeting
Type: batch
Labels: { team: a }
Tasks:
  - Name: main
    Engine: { Type: noop, Params: { Stdout: "hello\\n" } }
`,
  "far.yaml": `Name: far
Type: batch
Constraints: [{ Key: zone, Operator: "=", Values: [moon] }]
Tasks:
  - Name: main
    Engine: { Type: noop }
    Timeouts: { QueueTimeout: 600 }
`,
  "broken.wasm": "hello",
  "words.txt": "some words\n",
};

/** Every verb, with what it prints in a pipe on a network of one compute node. */
export const SECTIONS: readonly Section[] = [
  {
    title: "A network",
    lane: "first",
    steps: [
      { line: "gadus devnet --compute 1 --api-port 0", until: /^Try: / },
      {
        line: "gadus serve --compute --data-dir data --api-port 0 --listen /ip4/127.0.0.1/tcp/0 --log-level silent",
        until: /Peers/,
      },
      "gadus version",
      "gadus id",
      "gadus node list --order-by type",
      "gadus node describe $(gadus node list --order-by type --quiet | head -1)",
    ],
  },
  {
    title: "A WebAssembly module",
    lane: "others",
    steps: [
      "gadus wasm validate hello.wasm",
      "gadus wasm run hello.wasm",
      "gadus wasm run --local hello.wasm",
      "gadus wasm run hello.wasm --concurrency 1 --name hi --dry-run --output yaml | grep -v URL",
    ],
  },
  {
    title: "A job",
    lane: "jobs",
    steps: [
      "cat job.yaml",
      "gadus job validate job.yaml",
      "gadus job run job.yaml",
      "gadus job list --labels team=a",
      "gadus job describe greeting",
      "gadus job executions greeting",
      "gadus job history greeting",
      "gadus job logs greeting",
      "gadus job placement greeting",
    ],
  },
  {
    title: "Its results",
    lane: "jobs",
    steps: [
      "gadus job get greeting -o results",
      "cat results/stdout",
      "gadus job get greeting -o one --path stdout --output yaml",
      "gadus job get greeting -o results",
    ],
  },
  {
    title: "Its versions",
    lane: "jobs",
    steps: [
      "gadus job run job.yaml",
      "sed -i s/hello/hi/ job.yaml && gadus job diff job.yaml",
      "gadus job run job.yaml --quiet",
      "gadus job rerun greeting --job-version 1",
      "gadus job versions greeting",
    ],
  },
  {
    title: "A job that waits, and jobs that fail",
    lane: "jobs",
    steps: [
      "gadus job run far.yaml --detach",
      { line: "gadus job placement far", queued: "far" },
      "gadus job describe far",
      "gadus job stop far",
      "gadus wasm run broken.wasm",
      "gadus docker run busybox:1.36 -- echo hello",
    ],
  },
  {
    title: "Containers",
    lane: "others",
    steps: ["gadus docker run busybox:1.36 --memory 64Mb --dry-run --output yaml -- echo hello"],
  },
  {
    title: "Content",
    lane: "others",
    steps: ["gadus add words.txt", "gadus get $(gadus add - --quiet < words.txt) -o words", "cat words/*"],
  },
  {
    title: "Who gets jobs",
    lane: "last",
    steps: [
      "gadus node reject $(gadus node list --order-by type --quiet | head -1) --message 'too slow'",
      "gadus node list --membership rejected",
      "gadus node approve $(gadus node list --order-by type --quiet | head -1)",
      "gadus node delete $(gadus node list --order-by type --quiet | head -1)",
    ],
  },
  {
    title: "Who may use the API",
    lane: "last",
    steps: [
      "gadus auth keys create --right full --name me > key.txt",
      "gadus auth login --api-key - < key.txt",
      "gadus auth keys list",
      "gadus auth keys revoke $(gadus auth keys list --quiet)",
      "gadus auth logout",
    ],
  },
  {
    title: "Configuration, and the key of a private network",
    lane: "others",
    steps: [
      "gadus config set labels region=eu,disk=ssd --config node.yaml",
      "gadus swarm init swarm.key --config node.yaml",
      "gadus config list --config node.yaml --compute | grep -v ' default'",
      "gadus config get labels --config node.yaml",
      "gadus swarm key --config node.yaml",
    ],
  },
  {
    title: "What is wrong",
    lane: "others",
    steps: [
      "gadus jbo",
      "gadus job list --limt 3",
      "gadus job list --limit many",
      "gadus job describe nothing",
      "gadus get nothing -o nothing",
      "gadus id --api 127.0.0.1:65001",
      "gadus wasm run nothing.wasm",
    ],
  },
  { title: "Completion", lane: "others", steps: ["gadus completion bash | head -3"] },
];
