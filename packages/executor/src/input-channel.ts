/** What a guest wants to know of an input; `mount` counts the task's inputs from 0. */
export type InputQuestion =
  | { readonly kind: "stat"; readonly mount: number; readonly path: string }
  | { readonly kind: "list"; readonly mount: number; readonly path: string }
  | {
      readonly kind: "read";
      readonly mount: number;
      readonly path: string;
      readonly offsetBytes: number;
      readonly lengthBytes: number;
    }
  /** Like `read`, of what has no known end: fewer bytes may come, and none at the end. */
  | {
      readonly kind: "stream";
      readonly mount: number;
      readonly path: string;
      readonly offsetBytes: number;
      readonly lengthBytes: number;
    };

/** A file or a folder of an input. */
export interface InputEntry {
  readonly name: string;
  readonly kind: "file" | "folder";
  readonly sizeBytes: number;
}

/** What the volume said; `failed` where it could not say. */
export type InputAnswer =
  | { readonly kind: "stat"; readonly entry: InputEntry | undefined }
  | { readonly kind: "list"; readonly entries: readonly InputEntry[] }
  /** The bytes are the asker's own. */
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "failed" };

/** Asks for an input and waits, the whole thread, for the answer. */
export type AskInput = (question: InputQuestion) => InputAnswer;
