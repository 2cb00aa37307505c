import type { MetricLabels, Metrics } from "@gadus/protocol";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Seconds; from a memory access to a long run. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const MILLISECONDS = SECONDS.map((seconds) => seconds * 1000);
const BYTES = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536].map((kib) => kib * 1024);

/** Metrics that Prometheus can read. */
export interface PromMetrics extends Metrics {
  /** The MIME type of {@link PromMetrics.text}. */
  readonly contentType: string;
  /** Everything that was measured, in Prometheus's text format. */
  text(): Promise<string>;
  /** Forgets every metric. */
  clear(): void;
}

/** Metrics of one node, and of its process. */
export function createPromMetrics(): PromMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    clear: () => registry.clear(),
    counter: (name, help, labelNames = []) => {
      const counter =
        existing(registry, name, Counter) ?? new Counter({ name, help, labelNames, registers: [registry] });
      return { add: (amount = 1, labels: MetricLabels = {}) => counter.inc(labels, amount) };
    },
    gauge: (name, help, labelNames = []) => {
      const gauge =
        existing(registry, name, Gauge) ?? new Gauge({ name, help, labelNames, registers: [registry] });
      return { set: (value, labels: MetricLabels = {}) => gauge.set(labels, value) };
    },
    histogram: (name, help, labelNames = []) => {
      const histogram =
        existing(registry, name, Histogram) ??
        new Histogram({ name, help, labelNames, buckets: bucketsOf(name), registers: [registry] });
      return { observe: (value, labels: MetricLabels = {}) => histogram.observe(labels, value) };
    },
  };
}

function existing<T>(registry: Registry, name: string, kind: new (...options: never[]) => T): T | undefined {
  const metric: unknown = registry.getSingleMetric(name);
  return metric instanceof kind ? metric : undefined;
}

function bucketsOf(name: string): number[] {
  if (name.endsWith("_bytes")) return BYTES;
  return name.endsWith("_ms") ? MILLISECONDS : SECONDS;
}
