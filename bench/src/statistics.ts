/** The smallest of `values` that at least `share` (0 to 1) of them don't exceed; NaN for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Array.from(values).sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
