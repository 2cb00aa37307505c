import type { GuestTask } from "./guest-task.ts";
import type { AskInput, InputAnswer, InputEntry } from "./input-channel.ts";

/** A task for `runGuest`, with nothing special about it but what `wish` says. */
export function guestTask(module: Uint8Array, wish: Partial<GuestTask> = {}): GuestTask {
  return {
    module: new WebAssembly.Module(module),
    entrypoint: "_start",
    args: [""],
    environment: [],
    stdin: { text: "" },
    libraries: [],
    startFuel: 0,
    preopens: [{ name: "/", mount: undefined }],
    epochMs: 946_684_800_000,
    seed: new Uint8Array(32),
    mounts: [],
    results: [],
    live: false,
    ...wish,
    limits: {
      fuel: Number.MAX_SAFE_INTEGER,
      maxFrameSlots: 1_000_000,
      maxOutputBytes: 1024 * 1024,
      maxStdoutBytes: 65_536,
      maxStderrBytes: 65_536,
      maxOpenFiles: 32,
      maxNodes: 100,
      maxResultDepth: 256,
      outputOverflow: "truncate",
      ...wish.limits,
    },
  };
}

/** An input as a whole. */
export const FOLDER_ENTRY: InputEntry = { name: "", kind: "folder", sizeBytes: 0 };

/** Answers questions about any input from `files`, by path. */
export function askFiles(files: Readonly<Record<string, string>>): AskInput {
  const contents = new Map(
    Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)]),
  );
  const entryAt = (path: string): InputEntry | undefined => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const content = contents.get(path);
    if (content !== undefined) return { name, kind: "file", sizeBytes: content.length };
    const inside = path === "" || [...contents.keys()].some((key) => key.startsWith(`${path}/`));
    return inside ? { ...FOLDER_ENTRY, name } : undefined;
  };
  return (question): InputAnswer => {
    const { path } = question;
    if (question.kind === "stat") return { kind: "stat", entry: entryAt(path) };
    if (question.kind === "read" || question.kind === "stream") {
      const { offsetBytes, lengthBytes } = question;
      const bytes = contents.get(path)?.slice(offsetBytes, offsetBytes + lengthBytes);
      return bytes === undefined ? { kind: "failed" } : { kind: "read", bytes };
    }
    const prefix = path === "" ? "" : `${path}/`;
    const below = [...contents.keys()].filter((key) => key.startsWith(prefix));
    const names = new Set(below.map((key) => key.slice(prefix.length).split("/", 1)[0] ?? ""));
    return { kind: "list", entries: [...names].flatMap((name) => entryAt(prefix + name) ?? []) };
  };
}
