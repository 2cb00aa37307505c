import { existsSync } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";
import { join, posix } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Container } from "dockerode";
import { type DockerParams, MAX_NOTE_LENGTH, MAX_NOTES } from "@gadus/protocol";
import { containerName, containerOptions, type Mount } from "./docker-container.ts";
import { contentBytes, watchDisk } from "./docker-disk.ts";
import { engineDown, engineFailed, statusOf } from "./docker-error.ts";
import type { HeldImage } from "./docker-images.ts";
import { layOutInputs } from "./docker-inputs.ts";
import { type ContainerNetwork, openNetwork } from "./docker-network.ts";
import { ContainerOutput } from "./docker-output.ts";
import { checkRequest } from "./docker-request.ts";
import { collectFolders, type Dropped, type WrittenFolder } from "./docker-results.ts";
import type { DockerSite } from "./docker-site.ts";
import { startFailure } from "./docker-start-failure.ts";
import { type ContainerEnd, type StartedContainer, waitForEnd } from "./docker-wait.ts";
import { ExecutorError } from "./executor-error.ts";
import type { RunRequest, RunResult } from "./executor.ts";
import { removeTree } from "./remove-tree.ts";
import { writeResults } from "./write-results.ts";

/** How long an engine may take to stop or remove a container, beside the container's own time. */
const CLEAR_WITHIN_MS = 10_000;
/** Between two looks whether a container that is being removed is gone. */
const REMOVAL_MS = 50;

/**
 * Runs `request` in a container, or takes up the container that has run for it since before this process began.
 *
 * Once it settles, nothing of it is left on the engine or on the disk, unless the engine is away: then it is removed
 * when the engine is back.
 */
export async function runContainer(
  site: DockerSite,
  request: RunRequest,
  signal: AbortSignal,
): Promise<RunResult> {
  const run = new ContainerRun(site, request, signal);
  try {
    return await run.toEnd();
  } finally {
    await run.clear();
  }
}

class ContainerRun {
  readonly #site: DockerSite;
  readonly #request: RunRequest;
  readonly #signal: AbortSignal;
  readonly #params: DockerParams;
  readonly #folder: string;
  readonly #name: string;
  readonly #outputs: readonly WrittenFolder[];
  #image: Pick<HeldImage, "id" | "name"> | undefined;
  #network: ContainerNetwork | undefined;
  #started: StartedContainer | undefined;
  #removed: Promise<void> | undefined;
  #inputBytes: number | undefined;

  constructor(site: DockerSite, request: RunRequest, signal: AbortSignal) {
    this.#site = site;
    this.#request = request;
    this.#signal = signal;
    this.#params = checkRequest(request);
    this.#folder = site.folderOf(request.executionId);
    this.#name = containerName(site.nodeId, request.executionId);
    this.#outputs = request.task.details.resultPaths.map(({ name, path }, index) => ({
      name,
      target: path,
      hostPath: join(this.#folder, "out", String(index)),
    }));
  }

  async toEnd(): Promise<RunResult> {
    const { engine, engineTimeoutMs } = this.#site;
    if (engine.unavailable() !== undefined) await engine.back(engineTimeoutMs, { signal: this.#signal });
    // A container stands on its folder: without one there is none to look for.
    const began = existsSync(this.#folder);
    const started = (began ? await this.#takeUp() : undefined) ?? (await this.#begin());
    this.#started = started;
    const output = new ContainerOutput((stream, bytes) => this.#request.output?.(stream, bytes));
    const end = await this.#watched(started, output);
    return this.#finish(end, output);
  }

  /** Removes all that the run stands on. */
  async clear(): Promise<void> {
    this.#started?.attached?.destroy();
    try {
      await this.#remove();
      await this.#network?.close();
    } catch {
      // What may still run may still write there: the folder is removed with the container, once the engine does that.
      this.#site.engine.suspect();
      return;
    }
    await removeTree(this.#folder);
  }

  /** The container that a process before this one started for this execution; one that never ran is removed. */
  async #takeUp(): Promise<StartedContainer | undefined> {
    const signal = this.#signal;
    const container = this.#site.engine.docker.getContainer(this.#name);
    try {
      const { State, Image } = await container.inspect({ abortSignal: signal });
      const isWhole = this.#outputs.every(({ hostPath }) => existsSync(hostPath));
      if (!isWhole || (State.Status !== "running" && State.Status !== "exited")) {
        await this.#remove();
        this.#removed = undefined;
        return undefined;
      }
      this.#image = (await this.#site.images.find(Image, { signal })) ?? { id: Image, name: Image };
    } catch (error) {
      signal.throwIfAborted();
      if (statusOf(error) === 404) return undefined;
      throw engineFailed("look for a container", error);
    }
    this.#network = await openNetwork(this.#site, this.#request, this.#folder, { signal, isJoined: true });
    return { container, attached: undefined };
  }

  async #begin(): Promise<StartedContainer> {
    const { engine, images } = this.#site;
    const signal = this.#signal;
    const info = engine.info();
    if (info === undefined) throw engineDown(engine.unavailable() ?? "it was not asked yet");
    await removeTree(this.#folder);
    await mkdir(this.#folder, { recursive: true });
    const [image, inputs] = await together(
      signal,
      (within) => this.#haveImage(within),
      (within) => this.#layOut(within),
    );
    checkVolumes(image);
    this.#image = image;
    this.#network = await openNetwork(this.#site, this.#request, this.#folder, { signal });
    const options = containerOptions({
      name: this.#name,
      nodeId: this.#site.nodeId,
      request: this.#request,
      params: this.#params,
      image: image.id,
      mounts: inputs,
      volumes: image.volumes,
      networkMode: this.#network.mode,
      networkEnvironment: this.#network.environment,
      limits: { ...this.#site.limits, fileBytes: await this.#bytesLeft() },
      engine: info,
    });
    try {
      const container = await this.#create(options);
      const attach = { stream: true, stdout: true, stderr: true, logs: false, abortSignal: signal };
      const stream = await container.attach(attach);
      // What breaks it is seen by who reads it, be it later.
      stream.on("error", () => {});
      this.#started = { container, attached: stream as unknown as StartedContainer["attached"] };
      await container.start({ abortSignal: signal });
      return this.#started;
    } catch (error) {
      signal.throwIfAborted();
      const { image: named } = this.#request.task.terms;
      if (named?.from === "name") images.forget(named.reference);
      throw startFailure(this.#params, error);
    }
  }

  async #create(options: ReturnType<typeof containerOptions>): Promise<Container> {
    const { docker } = this.#site.engine;
    try {
      return await docker.createContainer({ ...options, abortSignal: this.#signal });
    } catch (error) {
      // One that was created and never started, before this process began or by a call that was given up.
      if (statusOf(error) !== 409) throw error;
      await removeContainer(this.#site, this.#name);
      return docker.createContainer({ ...options, abortSignal: this.#signal });
    }
  }

  async #haveImage(signal: AbortSignal): Promise<HeldImage> {
    const { task, inputs } = this.#request;
    const { image } = task.terms;
    const options = { signal };
    const progress = (message: string): void => this.#request.progress?.(message);
    if (image?.from === "name") return this.#site.images.have(image.reference, progress, options);
    const archive = image && inputs[image.input];
    if (archive === undefined) throw engineDown("the task names no image");
    return this.#site.images.haveArchive(archive, progress, options);
  }

  async #layOut(signal: AbortSignal): Promise<readonly Mount[]> {
    const { task, inputs } = this.#request;
    const { image, resources } = task.terms;
    const mounted = inputs.filter((_, index) => image?.from !== "input" || index !== image.input);
    const mounts = await layOutInputs(mounted, join(this.#folder, "in"), resources.diskBytes, { signal });
    for (const { hostPath } of this.#outputs) {
      signal.throwIfAborted();
      await mkdir(hostPath, { recursive: true });
      // Whoever it runs as may write there.
      await chmod(hostPath, 0o777);
    }
    const outputs = this.#outputs.map(({ hostPath, target }) => ({ hostPath, target, writable: true }));
    return [...mounts, ...outputs];
  }

  /** Waits for the end of a container that is stopped when it must be, and killed when it writes too much. */
  async #watched({ container, attached }: StartedContainer, output: ContainerOutput): Promise<ContainerEnd> {
    const { engine, engineTimeoutMs, maxFiles } = this.#site;
    const over = new AbortController();
    const { signal } = over;
    const ended = Promise.withResolvers<never>();
    ended.promise.catch(() => {});
    const layerBytes = async (): Promise<number> => {
      const options: object = { size: true, abortSignal: signal };
      const found = (await container.inspect(options)) as { SizeRw?: number };
      return found.SizeRw ?? 0;
    };
    const watch = watchDisk(
      this.#outputs.map(({ hostPath }) => hostPath),
      this.#request.task.terms.writableRoot === true ? layerBytes : undefined,
      { maxBytes: await this.#bytesLeft(), maxFiles },
      ended.reject,
    );
    const stop = (): void => {
      const stopping = this.#stop(container).catch(() => engine.suspect());
      stopping.finally(() => ended.reject(this.#signal.reason)).catch(() => {});
    };
    if (this.#signal.aborted) stop();
    this.#signal.addEventListener("abort", stop, { once: true });
    try {
      const waiting = waitForEnd(engine, { container, attached }, output, { engineTimeoutMs, signal });
      waiting.catch(() => {});
      const end = await Promise.race([waiting, ended.promise]);
      this.#signal.throwIfAborted();
      return end;
    } finally {
      watch.stop();
      over.abort(new Error("it is over"));
      this.#signal.removeEventListener("abort", stop);
    }
  }

  async #finish(end: ContainerEnd, output: ContainerOutput): Promise<RunResult> {
    const { memoryBytes } = this.#request.task.terms.resources;
    if (end.outOfMemory) {
      throw new ExecutorError(
        "executor/out-of-memory",
        `Cannot finish the execution: it ran out of memory, of which it had ${memoryBytes} bytes`,
        { blame: "job", field: "Tasks[0].Resources.Memory", hint: "Ask for more memory." },
      );
    }
    const { results } = this.#request;
    if (results.hostPath === undefined) throw engineDown("its results have no folder on this machine");
    this.#remove().catch(() => {});
    const limits = { maxBytes: await this.#bytesLeft(), maxFiles: this.#site.maxFiles };
    const dropped = await collectFolders(this.#outputs, results.hostPath, limits);
    const { stdout, stderr } = output;
    const contents = { exitCode: end.exitCode, stdout: stdout.bytes(), stderr: stderr.bytes(), files: [] };
    await writeResults(results, contents, { signal: this.#signal });
    const notes = notesOf(dropped, this.#network?.refusals() ?? []);
    return {
      exitCode: end.exitCode,
      stdoutTruncated: stdout.truncated,
      stderrTruncated: stderr.truncated,
      ...(this.#image !== undefined && { image: this.#image.name }),
      ...(notes.length > 0 && { notes }),
    };
  }

  /** What of its disk its inputs leave to a task: the same on every node. */
  async #bytesLeft(): Promise<number> {
    const { diskBytes } = this.#request.task.terms.resources;
    this.#inputBytes ??= await contentBytes(join(this.#folder, "in"));
    return Math.max(0, diskBytes - this.#inputBytes);
  }

  async #stop(container: Container): Promise<void> {
    const seconds = Math.ceil(this.#site.graceMs / 1000);
    const abortSignal = AbortSignal.timeout(this.#site.graceMs + CLEAR_WITHIN_MS);
    await container.stop({ t: seconds, abortSignal });
  }

  #remove(): Promise<void> {
    this.#removed ??= removeContainer(this.#site, this.#name);
    return this.#removed;
  }
}

/**
 * Kills and removes a container; settles once the engine has it no longer. One that isn't there is fine.
 *
 * @throws {ExecutorError} where that can't be told, or takes too long
 */
export async function removeContainer({ engine }: Pick<DockerSite, "engine">, id: string): Promise<void> {
  const signal = AbortSignal.timeout(CLEAR_WITHIN_MS);
  for (;;) {
    try {
      await engine.docker.getContainer(id).remove({ force: true, v: true, abortSignal: signal });
      return;
    } catch (error) {
      if (statusOf(error) === 404) return;
      // It is being removed already; that it is gone is told by the next answer.
      if (statusOf(error) !== 409 || signal.aborted) throw engineFailed("remove a container", error);
      await setTimeout(REMOVAL_MS, undefined, { signal });
    }
  }
}

/** What both yield; the first that fails ends the other, and both have ended by then. */
async function together<A, B>(
  signal: AbortSignal,
  first: (signal: AbortSignal) => Promise<A>,
  second: (signal: AbortSignal) => Promise<B>,
): Promise<[A, B]> {
  const failed = new AbortController();
  const within = AbortSignal.any([signal, failed.signal]);
  const orFail = (error: unknown): never => {
    failed.abort(error);
    throw error;
  };
  const [a, b] = await Promise.allSettled([first(within).catch(orFail), second(within).catch(orFail)]);
  signal.throwIfAborted();
  if (a.status === "fulfilled" && b.status === "fulfilled") return [a.value, b.value];
  throw failed.signal.reason;
}

/** An engine finds another place than we do for a volume's path that is not plain. */
function checkVolumes({ name, volumes }: HeldImage): void {
  const wrong = volumes.find((path) => !path.startsWith("/") || posix.normalize(path) !== path);
  if (wrong === undefined) return;
  throw new ExecutorError(
    "executor/invalid-params",
    `Cannot run image "${name}": it declares a volume at "${wrong}", which is no absolute path`,
    { blame: "job", field: "Tasks[0].Engine.Params.Image" },
  );
}

/** What a submitter hears of a run, in as few words as travel with a proposal. */
function notesOf(dropped: readonly Dropped[], refusals: readonly string[]): readonly string[] {
  const some = dropped
    .slice(0, MAX_NOTES - 2)
    .map(({ path, why }) => `left out of the results, as ${why}: ${path}`);
  const more = dropped.length - some.length;
  if (more > 0) some.push(`left out of the results: ${more} more`);
  if (refusals.length > 0) some.push(`refused by the network: ${refusals.join(", ")}`);
  return some.map((note) => note.replaceAll(/[\u0000-\u001f\u007f]/gu, "?").slice(0, MAX_NOTE_LENGTH));
}
