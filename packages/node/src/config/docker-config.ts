import { z } from "zod";
import { size } from "./config-quantity.ts";

const names = z.array(z.string().min(1).max(512)).max(256);
const count = z.number().int().min(1);

/** `docker`: this machine's Docker Engine and the images that it has, for both roles. */
export const dockerConfig = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe(
      "The engine's Unix socket, or `http://host:port`. Absent: what `DOCKER_HOST` says, otherwise `/var/run/docker.sock`.",
    ),
  pull: z
    .enum(["missing", "always", "never"])
    .default("missing")
    .describe(
      "When an image is pulled: where it isn't here, whenever a job names it by tag, or never (then archives and what is here already are run).",
    ),
  registries: names
    .optional()
    .describe(
      "Registries that images are pulled from, such as `docker.io` or `registry.example.org:5000`. Absent: all with a public address, and none with a swarm key.",
    ),
  credentialsFile: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe(
      'A JSON file of users and passwords by registry: `{"registry.example.org": {"username": "…", "password": "…"}}`. For others what `docker login` left counts.',
    ),
});

/** `compute.docker`: what containers may do. */
export const containerConfig = z.strictObject({
  networks: z
    .array(z.enum(["none", "http", "full"]))
    .max(3)
    .optional()
    .describe(
      "Networks that jobs may have: `none`, `http` (only the domains that a job names, through a proxy of this node's) and `full`, which reaches all that this machine does. Absent: `none` and `http`, and only `none` with a swarm key.",
    ),
  allowHosts: names
    .default([])
    .describe(
      "Hosts, as `host` or `host:port`, that jobs with network `http` may reach although their addresses are private.",
    ),
  allowImages: names
    .optional()
    .describe(
      "Images that jobs may name, `*` standing for any text, such as `mine/*:*` or `registry.example.org/*`. Absent: any, and without a swarm key only those that their registry gives to anyone.",
    ),
  writableRoot: z
    .boolean()
    .default(false)
    .describe("Whether a job that asks for it may write anywhere in its container."),
  maxPids: count.default(512).describe("Processes and threads in one container."),
  maxFiles: count.default(100_000).describe("Files and folders that one execution may leave."),
  tmpSize: size.prefault("64Mi").describe("What a container may write to `/tmp`, in its memory."),
  runtime: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe("An OCI runtime of the engine's, such as `runsc` of gVisor. Absent: its default."),
  stopGraceMs: z
    .number()
    .int()
    .min(0)
    .max(600_000)
    .default(2_000)
    .describe("From asking a container to stop to killing it."),
  engineTimeoutMs: z
    .number()
    .int()
    .min(0)
    .max(86_400_000)
    .default(60_000)
    .describe("How long an engine that went away has to come back before what it ran is given up."),
  maxPulls: count.default(2).describe("Images that are pulled, or loaded, at one time."),
  maxArchiveSize: size.prefault("20Gi").describe("The largest image archive that is loaded."),
});
