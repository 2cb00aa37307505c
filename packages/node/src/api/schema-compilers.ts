import { isCodedError } from "@gadus/protocol";
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { readQuery } from "./read-query.ts";

/**
 * Has `app` read every part of a request by its route's schema, and check every answer in JSON against its own.
 *
 * An answer that is outside its schema is an error of ours: the client gets 500, and the log what is wrong with it.
 */
export function useSchemas(app: FastifyInstance): void {
  app.setValidatorCompiler<z.ZodType>(({ schema }) => (data) => {
    try {
      return { value: readQuery(schema, data) };
    } catch (error) {
      if (isCodedError(error)) return { error };
      throw error;
    }
  });
  app.setSerializerCompiler<z.ZodType>(({ schema, method, url }) => (data) => {
    const { error } = schema.safeParse(data);
    if (error !== undefined) throw outside(error, `${method} ${url}`);
    return JSON.stringify(data);
  });
}

/** Names what is wrong, and repeats nothing of the answer. */
function outside(error: z.ZodError, route: string): Error {
  const issues = error.issues.slice(0, 3).map(({ path, message }) => `${path.join(".")}: ${message}`);
  return new Error(`Cannot answer ${route}: the answer is outside its schema: ${issues.join("; ")}`);
}
