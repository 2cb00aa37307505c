import type { CallOptions } from "@gadus/protocol";
import type { UrlReader } from "@gadus/storage";
import { describe, expect, test } from "vitest";
import { jobEnd, testNetwork } from "./test-network.ts";

/** A web whose one server says nothing until `answers`, and the signals of those that asked it. */
function slowWeb() {
  const [gate, asked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const signals: (AbortSignal | undefined)[] = [];
  const urls: UrlReader = {
    async open(_url: string, { signal }: CallOptions = {}) {
      signals.push(signal);
      asked.resolve();
      const aborted = Promise.withResolvers<never>();
      signal?.addEventListener("abort", () => aborted.reject(signal.reason));
      await Promise.race([gate.promise, aborted.promise]);
      return {
        sizeBytes: 4,
        etag: undefined,
        async *chunks() {
          yield new Uint8Array([1, 2, 3, 4]);
        },
        sha256: () => "",
        close: () => {},
      };
    },
  };
  return { urls, signals, asked: asked.promise, answer: () => gate.resolve() };
}

const DOCUMENT = {
  Type: "batch",
  Tasks: [
    {
      Engine: { Type: "noop" },
      Publisher: { Type: "memory" },
      InputSources: [
        { Source: { Type: "urlDownload", Params: { URL: "https://example.org/data" } }, Target: "/data" },
      ],
    },
  ],
};

describe("a job with an input behind a URL", () => {
  test("has it fetched anew by a requester that was stopped meanwhile", async () => {
    const web = slowWeb();
    const net = await testNetwork([{}], {}, { urls: web.urls });
    const { jobId } = await net.requester.submit(DOCUMENT);
    await web.asked;
    await net.requester.stop();
    expect(web.signals[0]?.aborted).toBe(true);
    const requester = net.newRequester();
    await requester.start();
    // Nobody announces anything anew in this test.
    await net.addNode({});
    await expect.poll(() => requester.nodes().some(({ announcement }) => announcement)).toBe(true);
    web.answer();
    const { job } = await jobEnd(requester, jobId);
    expect(job.status).toBe("Completed");
    expect(job.task?.terms.inputs).toEqual([
      { source: { type: "ipfs", params: { cid: expect.any(String) as unknown } }, sizeBytes: 4 },
    ]);
    expect(web.signals).toHaveLength(2);
    await requester.stop();
    await net.stop();
  });

  test("has it fetched no further once its owner stops it", async () => {
    const web = slowWeb();
    const net = await testNetwork([{}], {}, { urls: web.urls });
    const { jobId } = await net.requester.submit(DOCUMENT);
    await web.asked;
    await net.requester.stopJob(jobId, "no longer wanted");
    const { job } = await jobEnd(net.requester, jobId);
    expect(job).toMatchObject({ status: "Stopped", failure: undefined });
    expect(web.signals.map((signal) => signal?.aborted)).toEqual([true]);
    await net.stop();
  });

  test("fails with its own time-out, and nothing else, when its server takes too long", async () => {
    const web = slowWeb();
    const net = await testNetwork([{}], {}, { urls: web.urls });
    const Timeouts = { TotalTimeout: 1 };
    const { jobId } = await net.requester.submit({
      ...DOCUMENT,
      Tasks: DOCUMENT.Tasks.map((task) => ({ ...task, Timeouts })),
    });
    const { job } = await jobEnd(net.requester, jobId);
    expect(job).toMatchObject({ status: "Failed", failure: { code: "requester/timed-out" } });
    expect(web.signals.map((signal) => signal?.aborted)).toEqual([true]);
    await net.stop();
  });

  test("is refused where the requester fetches no URLs", async () => {
    const net = await testNetwork([{}]);
    await expect(net.requester.submit(DOCUMENT)).rejects.toMatchObject({
      code: "protocol/invalid-document",
      field: "Tasks[0].InputSources[0].Source.Type",
    });
    await net.stop();
  });
});
