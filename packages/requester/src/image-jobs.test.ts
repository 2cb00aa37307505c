import type { ImageResolver } from "@gadus/executor";
import { CodedError } from "@gadus/protocol";
import { createMemorySource, memoryVolume } from "@gadus/storage/memory";
import { afterEach, describe, expect, test } from "vitest";
import { jobEnd, testNetwork } from "./test-network.ts";

const FIXED = `ubuntu@sha256:${"a".repeat(64)}`;
const ID = `sha256:${"b".repeat(64)}`;
const CID = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";
const FIELD = "Tasks[0].Engine.Params.Image";

let net: Awaited<ReturnType<typeof testNetwork>> | undefined;
afterEach(async () => {
  await net?.stop();
  net = undefined;
});

function documentOf(Image: string, verifier: string, task: object = {}): object {
  return {
    Verifier: { Type: verifier },
    Tasks: [{ Engine: { Type: "docker", Params: { Image } }, Publisher: { Type: "memory" }, ...task }],
  };
}

function archive(Type: string, Params: object): object {
  return { InputSources: [{ Source: { Type, Params }, Target: "/image.tar" }] };
}

/** A registry that answers `answer` to whatever it is asked. */
function registry(answer: () => Promise<string>): ImageResolver & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    resolve(reference) {
      asked.push(reference);
      return answer();
    },
  };
}

const storage = new Map(
  ["ipfs", "inline", "local"].map((type) => [
    type,
    createMemorySource({ type, find: async () => memoryVolume({ "": "an archive" }) }),
  ]),
);

/** Runs the job on one node, with what `images` asks; answers it as it ended. */
async function run(document: object, images?: ImageResolver, options = {}) {
  net = await testNetwork([{}], options, images === undefined ? { storage } : { storage, images });
  const { jobId } = await net.requester.submit(document);
  return (await jobEnd(net.requester, jobId)).job;
}

async function refusal(document: object): Promise<CodedError> {
  net = await testNetwork([{}], {}, { storage });
  return net.requester.submit(document).then(
    () => Promise.reject(new Error("it was taken")),
    (error: CodedError) => error,
  );
}

describe("an image named by tag, of a job whose results are compared,", () => {
  test.each([FIXED, ID])("is fixed before any node is asked, as %s", async (answer) => {
    const images = registry(async () => answer);
    const job = await run(documentOf("ubuntu", "deterministic"), images);
    expect(images.asked).toEqual(["ubuntu:latest"]);
    expect(job.status).toBe("Completed");
    expect(job.task?.terms).toMatchObject({
      engine: "docker",
      profile: "docker/1",
      image: { from: "name", reference: answer },
    });
    expect(job.task?.terms).not.toHaveProperty("fuel");
    expect(job.task?.details.engineParams).toMatchObject({ image: "ubuntu" });
  });

  test("fails it, in the registry's words, where the registry doesn't know it", async () => {
    const images = registry(async () => {
      throw new CodedError("executor/image-missing", "no such tag: ubuntu:99", { blame: "job" });
    });
    const { failure } = await run(documentOf("ubuntu:99", "deterministic"), images);
    expect(failure).toMatchObject({ code: "requester/not-runnable", blame: "job" });
    for (const words of [FIELD, "no such tag: ubuntu:99", "digest", "image id", "archive"]) {
      expect(failure?.message).toContain(words);
    }
  });

  test("fails it by nobody's fault where no answer comes in time, or a useless one", async () => {
    const silent = registry(() => new Promise<string>(() => {}));
    const late = await run(documentOf("ubuntu", "deterministic"), silent, { resolveTimeoutMs: 10 });
    expect(late.failure).toMatchObject({ code: "requester/not-runnable", blame: "nobody" });
    expect(late.failure?.message).toContain("resolveTimeoutMs");
    await net?.stop();
    const vague = registry(async () => "ubuntu:24.04");
    const { failure } = await run(documentOf("ubuntu", "deterministic"), vague);
    expect(failure?.message).toContain("neither a digest nor an image id");
  });

  test("is refused where this node asks no registry", async () => {
    expect(await refusal(documentOf("ubuntu:24.04", "deterministic"))).toMatchObject({
      code: "protocol/invalid-document",
      field: FIELD,
      message: expect.stringContaining("ubuntu:24.04"),
      hint: expect.stringContaining("digest"),
    });
  });
});

describe("an image", () => {
  test.each([
    ["ubuntu", "none", "ubuntu:latest"],
    [FIXED, "deterministic", FIXED],
    [FIXED.replace("@", ":1@"), "deterministic", FIXED],
    [ID, "deterministic", ID],
  ])("%s, of a job with the verifier %s, is passed on without asking", async (image, verifier, reference) => {
    const job = await run(documentOf(image, verifier));
    expect(job.status).toBe("Completed");
    expect(job.task?.terms.image).toEqual({ from: "name", reference });
  });

  test("that is an archive is that input of the task", async () => {
    const InputSources = [
      { Source: { Type: "inline", Params: { URL: "data:,a" } }, Target: "/a" },
      { Source: { Type: "inline", Params: { URL: "data:,b" } }, Target: "/image.tar" },
    ];
    const job = await run(documentOf("/image.tar", "deterministic", { InputSources }));
    expect(job.status).toBe("Completed");
    expect(job.task?.terms.image).toEqual({ from: "input", input: 1 });
  });

  test("that is another archive on each node is refused where results are compared", async () => {
    const local = archive("localDirectory", { SourcePath: "/images" });
    expect(await refusal(documentOf("/image.tar", "deterministic", local))).toMatchObject({
      code: "protocol/invalid-document",
      field: FIELD,
      message: expect.stringContaining("local source"),
    });
  });
});

describe("of bids for a job whose results aren't compared", () => {
  const seeds = [1, 2, 3, 4, 5, 6];

  test.each([
    ["its reference", "ubuntu:latest", documentOf("ubuntu", "none")],
    ["its archive's CID", CID, documentOf(`ipfs://${CID}`, "none")],
  ])("one is taken whose node has the image, by %s", async (_, name, document) => {
    net = await testNetwork([{}, {}, { has: [name] }, { has: ["another:1"] }], { askFactor: 4 }, { storage });
    for (const _seed of seeds) {
      const { jobId } = await net.requester.submit(document);
      const { executions } = await jobEnd(net.requester, jobId);
      expect(executions.filter(({ engaged }) => engaged).map(({ nodeId }) => nodeId)).toEqual(["node-2"]);
    }
  });
});
