import { type Client, stateOf } from "@gadus/client";

/** Waits until `count` executions of a job run, and answers on which nodes. */
export async function runningOn(api: Client, jobId: string, count: number): Promise<readonly string[]> {
  const running = Promise.withResolvers<readonly string[]>();
  const stop = new AbortController();
  const followed = api.wait(jobId, {
    all: false,
    signal: stop.signal,
    onView: ({ Executions }) => {
      const nodes = (Executions?.Items ?? []).filter((each) => stateOf(each) === "running");
      if (nodes.length >= count) running.resolve(nodes.map(({ NodeID }) => NodeID));
    },
  });
  followed.catch(() => {});
  try {
    const early = followed.then(({ Job }) => Promise.reject(new Error(`it ended: ${Job.State?.Message}`)));
    return await Promise.race([running.promise, early]);
  } finally {
    stop.abort();
  }
}
