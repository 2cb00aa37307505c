import { z } from "zod";

const text = z.string().max(65_536);
const path = z.string().min(1).max(4096);

/** `details.engineParams` of a `wasm` task. */
export const wasmParamsSchema = z.strictObject({
  /** The mount target (a path) of the module. */
  entryModule: path,
  /** An exported function without parameters. */
  entrypoint: z.string().min(1).max(256),
  parameters: z.array(text).max(4096),
  importModules: z.array(path).max(16),
  /** What it may be charged, nearly the instructions that it may run; the requester's default where left out. */
  fuel: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  /** Given to the guest as its standard input. */
  stdin: text.optional(),
  /** What becomes of a guest that prints more than is kept. @default truncate */
  outputOverflow: z.enum(["truncate", "fail"]).optional(),
});
export type WasmParams = z.infer<typeof wasmParamsSchema>;

/** `details.engineParams` of a `noop` task: it writes what it is told and ends. */
export const noopParamsSchema = z.strictObject({
  stdout: text,
  exitCode: z.number().int().min(0).max(255),
  /** How long it takes, in milliseconds. */
  durationMs: z.number().int().min(0).max(86_400_000),
});
export type NoopParams = z.infer<typeof noopParamsSchema>;

/** `details.engineParams` of a `docker` task; the image that it runs is in the terms. */
export const dockerParamsSchema = z.strictObject({
  /** The image as its submitter named it: a reference, an image id, or the mount target of an archive. */
  image: z.string().min(1).max(512),
  /** Instead of the image's own entry point. */
  entrypoint: z.array(text).max(256).optional(),
  /** What the entry point is given; none: what the image says. */
  parameters: z.array(text).max(4096),
  /** Instead of the image's own. */
  workingDirectory: path.optional(),
  /** `user`, `uid`, `user:group` or `uid:gid`, instead of the image's own. */
  user: z.string().min(1).max(256).optional(),
});
export type DockerParams = z.infer<typeof dockerParamsSchema>;
