const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes for people, such as `1.5 GiB`. */
export function formatSize(bytes: number): string {
  const power = Math.min(Math.max(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 0), UNITS.length - 1);
  const value = bytes / 1024 ** power;
  return `${Number(value.toFixed(value < 10 ? 1 : 0))} ${UNITS[power]}`;
}
