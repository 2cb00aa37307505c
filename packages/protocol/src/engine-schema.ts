import { z } from "zod";
import { specDocumentSchema } from "./job-schema.ts";

const environment = z
  .union([z.record(z.string(), z.string()), z.array(z.string())])
  .nullish()
  .describe('`["KEY=VALUE"]` or a map; wins over the task\'s `Env`');
const deterministic = {
  Epoch: z
    .union([z.iso.datetime({ offset: true }), z.number().int().min(0)])
    .nullish()
    .describe("when the task's clock starts, as ISO text or milliseconds since 1970; 2000-01-01 by default"),
  Seed: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, "must be 64 hex digits")
    .nullish()
    .describe("the seed of the task's randomness, in hex; zeros by default"),
};

/** `Engine.Params` of a `wasm` task, as people write them. */
export const wasmDocumentSchema = z.object({
  EntryModule: z
    .unknown()
    .describe(
      "the path of the module, at or below the Target of an input; older clients give a source itself",
    ),
  Entrypoint: z.string().nullish().describe("an exported function; `_start` by default"),
  Parameters: z.array(z.string()).nullish().describe("the program's arguments"),
  ImportModules: z.array(z.string()).nullish().describe("paths of modules that it imports"),
  Fuel: z
    .number()
    .int()
    .nullish()
    .describe("how much it may run, nearly in instructions; the requester's default where left out or 0"),
  EnvironmentVariables: environment,
  Stdin: z.string().nullish().describe("its standard input"),
  OutputOverflow: z
    .enum(["truncate", "fail"])
    .nullish()
    .describe("what to do with a program that prints more than is kept; `truncate` by default"),
  ...deterministic,
});
export type WasmDocument = z.infer<typeof wasmDocumentSchema>;

/** `Engine.Params` of a `docker` task, as people write them. */
export const dockerDocumentSchema = z.object({
  Image: z
    .string()
    .nullish()
    .describe(
      "`name[:tag]`, `name@sha256:…`, an image id `sha256:…`, `ipfs://CID` of an archive as `docker save` writes it, or the Target of an input that is one",
    ),
  Entrypoint: z.array(z.string()).nullish().describe("instead of the image's own"),
  Parameters: z.array(z.string()).nullish().describe("the program's arguments; the image's own where absent"),
  EnvironmentVariables: environment,
  WorkingDirectory: z.string().nullish().describe("an absolute path; the image's own by default"),
  User: z.string().nullish().describe("`user`, `uid`, `user:group` or `uid:gid`; the image's own by default"),
  WritableRoot: z
    .boolean()
    .nullish()
    .describe(
      "whether it may write anywhere, and not only under its result paths and `/tmp`; false by default",
    ),
});
export type DockerDocument = z.infer<typeof dockerDocumentSchema>;

/** `Engine.Params` of a `noop` task, as people write them. */
export const noopDocumentSchema = z.object({
  Stdout: z.string().nullish().describe("what it writes"),
  ExitCode: z.number().int().nullish().describe("0 to 255; 0 by default"),
  DurationMs: z.number().int().nullish().describe("how long it takes, in milliseconds; 0 by default"),
  EnvironmentVariables: environment,
  ...deterministic,
});
export type NoopDocument = z.infer<typeof noopDocumentSchema>;

/** `EntryModule`: a path, an input source, or (the oldest form) a storage source. */
export const entryModuleSchema = z.union([
  z.string(),
  z.object({ Source: specDocumentSchema, Alias: z.string().nullish(), Target: z.string().nullish() }),
  specDocumentSchema,
]);
