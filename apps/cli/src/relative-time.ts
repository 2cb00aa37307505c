const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
  { name: "s", ms: 1000 },
] as const;

/** How long ago `atMs` was, such as `3 min ago`; `-` where it is unknown. */
export function relativeTime(atMs: number | undefined, nowMs: number): string {
  if (atMs === undefined || !Number.isFinite(atMs) || atMs <= 0) return "-";
  const age = nowMs - atMs;
  const unit = UNITS.find(({ ms }) => age >= ms);
  return unit === undefined ? "now" : `${Math.floor(age / unit.ms)} ${unit.name} ago`;
}

/** Milliseconds from the API's times: whole nanoseconds since 1970, or an ISO date. */
export function apiTimeMs(time: number | string | undefined): number | undefined {
  if (time === undefined) return undefined;
  return typeof time === "number" ? time / 1e6 : Date.parse(time);
}
