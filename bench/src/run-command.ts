/**
 * Runs a benchmark's command to its end, or until it is interrupted or `timeoutMs` are over; what it fails with is
 * printed, and `false` says that it missed its goal. Sets the exit code.
 */
export async function runCommand(
  timeoutMs: number,
  command: (signal: AbortSignal) => Promise<boolean>,
): Promise<void> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => stop.abort(new Error("Interrupted")));
  const timer = setTimeout(
    () => stop.abort(new Error(`Cannot finish: it was not done within ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  try {
    if (!(await command(stop.signal))) process.exitCode = 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  } finally {
    clearTimeout(timer);
  }
}
