import { z } from "zod";

/** The envelope of every error. */
export const errorSchema = z
  .strictObject({
    Status: z.int().min(400).max(599).describe("the HTTP status"),
    Message: z.string().describe("what could not be done, and why: `Cannot <do> <what>: <state>`"),
    RequestID: z.string().describe("the request, as the node's log names it; also in `X-Request-ID`"),
    Code: z
      .string()
      .regex(/^[a-z]+\/[a-z-]+$/)
      .describe("what went wrong; programs branch on this"),
    Component: z.string().describe("which part of the node says so"),
    Hint: z.string().optional().describe("what to do about it"),
    Details: z.strictObject({ Field: z.string().describe("the parameter or field") }).optional(),
  })
  .meta({ id: "Error", description: "Every answer that isn't a success has this body." });
