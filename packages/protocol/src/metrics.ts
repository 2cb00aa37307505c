export type MetricLabels = Readonly<Record<string, string>>;

/** A number that only grows. */
export interface Counter {
  add(amount?: number, labels?: MetricLabels): void;
}

/** A number that goes up and down. */
export interface Gauge {
  set(value: number, labels?: MetricLabels): void;
}

/** A distribution, in the unit that its name ends with. */
export interface Histogram {
  observe(value: number, labels?: MetricLabels): void;
}

/** Makes metrics; names are `gadus_<package>_<what>_<unit>`. The same name twice is the same metric. */
export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
  histogram(name: string, help: string, labelNames?: readonly string[]): Histogram;
}

/** Metrics that nobody reads. */
export const silentMetrics: Metrics = {
  counter: () => ({ add: () => {} }),
  gauge: () => ({ set: () => {} }),
  histogram: () => ({ observe: () => {} }),
};
