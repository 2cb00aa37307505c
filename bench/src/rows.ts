/** How the jobs of a row are sent. */
export type Load =
  | { readonly kind: "submitters"; readonly submitters: number }
  /** One at a time, learning of the end by polling, as the figures to compare with were measured. */
  | { readonly kind: "polling" }
  | { readonly kind: "burst"; readonly jobs: number };

/** One line of the benchmark. */
export interface Row {
  readonly id: string;
  readonly module: "64 B" | "82 KB";
  readonly executions: 1 | 3;
  readonly load: Load;
  /** What is compared: a median in milliseconds (less is better) or jobs a second (more is better). */
  readonly figure: "p50Ms" | "jobsPerSecond";
  readonly goal?: number;
  /** What Bacalhau v1.9.3 did on such a machine, without verification. */
  readonly reference?: number;
}

/** The WASM rows of the goals; those of one module and as many executions in the order of their submitters. */
export const ROWS: readonly Row[] = [
  latency("64 B", 1, 15, 30),
  latency("82 KB", 1, 18, 92),
  latency("64 B", 3),
  latency("82 KB", 3, 30),
  {
    id: "82 KB, 1 execution, polled every 5 ms",
    module: "82 KB",
    executions: 1,
    load: { kind: "polling" },
    figure: "p50Ms",
    goal: 18,
    reference: 92,
  },
  throughput("64 B", 1, 10, 150),
  throughput("64 B", 1, 200, 150),
  burst("64 B", 150, 74),
  throughput("82 KB", 1, 10, 100, 12.7),
  throughput("82 KB", 1, 200, 100),
  burst("82 KB", 100, 12.4),
  throughput("82 KB", 3, 10),
  throughput("82 KB", 3, 200),
];

function latency(
  module: Row["module"],
  executions: Row["executions"],
  goal?: number,
  reference?: number,
): Row {
  const load = { kind: "submitters", submitters: 1 } as const;
  const id = `${describe(module, executions)}, one at a time`;
  return { id, module, executions, load, figure: "p50Ms", ...optional(goal, reference) };
}

function throughput(
  module: Row["module"],
  executions: Row["executions"],
  submitters: number,
  goal?: number,
  reference?: number,
): Row {
  const load = { kind: "submitters", submitters } as const;
  const id = `${describe(module, executions)}, ${submitters} submitters`;
  return { id, module, executions, load, figure: "jobsPerSecond", ...optional(goal, reference) };
}

function burst(module: Row["module"], goal: number, reference: number): Row {
  const load = { kind: "burst", jobs: 300 } as const;
  const id = `${describe(module, 1)}, 300 at once`;
  return { id, module, executions: 1, load, figure: "jobsPerSecond", goal, reference };
}

function describe(module: string, executions: number): string {
  return `${module}, ${executions} ${executions === 1 ? "execution" : "executions"}`;
}

function optional(goal?: number, reference?: number): Pick<Row, "goal" | "reference"> {
  return { ...(goal !== undefined && { goal }), ...(reference !== undefined && { reference }) };
}
