import type { Counter, Gauge, Histogram, Metrics } from "@gadus/protocol";

/** What a compute node counts. */
export interface ComputeMetrics {
  readonly bids: Counter;
  readonly declines: Counter;
  readonly ended: Counter;
  readonly ignored: Counter;
  readonly storeFailures: Counter;
  readonly unsent: Counter;
  readonly unconfirmed: Counter;
  readonly runSeconds: Histogram;
  readonly running: Gauge;
  readonly queued: Gauge;
  readonly live: Gauge;
}

export function makeMetrics(metrics: Metrics): ComputeMetrics {
  return {
    bids: metrics.counter("gadus_compute_bids_total", "Asks that were bid on."),
    declines: metrics.counter("gadus_compute_declines_total", "Asks that were declined, by code.", ["code"]),
    ended: metrics.counter("gadus_compute_executions_total", "Executions that ended, by state.", ["state"]),
    ignored: metrics.counter("gadus_compute_ignored_messages_total", "Messages without effect, by reason.", [
      "reason",
    ]),
    storeFailures: metrics.counter("gadus_compute_store_failures_total", "Commits that the store refused."),
    unsent: metrics.counter(
      "gadus_compute_unsent_messages_total",
      "Messages that couldn't be sent, by type; what they say is told again when both sides compare.",
      ["type"],
    ),
    unconfirmed: metrics.counter(
      "gadus_compute_unconfirmed_publications_total",
      "Publications that their requester never confirmed, and that are told no more.",
    ),
    runSeconds: metrics.histogram("gadus_compute_run_seconds", "From start to proposal, by engine.", [
      "engine",
    ]),
    running: metrics.gauge("gadus_compute_running_executions", "Executions that run."),
    queued: metrics.gauge("gadus_compute_queued_executions", "Executions that wait for their turn."),
    live: metrics.gauge("gadus_compute_live_executions", "Executions that haven't ended."),
  };
}
