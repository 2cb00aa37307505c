import { z } from "zod";

/** Bytes of any length; what holds them bounds them. */
export const anyBytes: z.ZodType<Uint8Array> = z.instanceof(Uint8Array).describe("bytes");

/** Exactly `length` bytes. */
export function exactBytes(length: number): z.ZodType<Uint8Array> {
  return z
    .instanceof(Uint8Array)
    .refine((value) => value.length === length, `must be ${length} bytes`)
    .describe(`${length} bytes`);
}
