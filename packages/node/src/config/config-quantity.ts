import { parseCpuMillis, parseSizeBytes } from "@gadus/protocol";
import { z } from "zod";

const quantity = z.union([z.string(), z.number()]);

/** A quantity by `parse`; what it refuses becomes an issue at the field. */
const quantityBy = (parse: (value: string | number, field: string) => number, example: string) =>
  quantity.transform((value, context) => {
    try {
      return parse(value, "it");
    } catch {
      context.addIssue({ code: "custom", message: `"${value}" is not a quantity, such as ${example}` });
      return z.NEVER;
    }
  });

/** Cores, in thousandths. */
export const cpu = quantityBy(parseCpuMillis, '"500m" or 2');
/** Bytes. */
export const size = quantityBy(parseSizeBytes, '"512Mi" or "2Gi"');
