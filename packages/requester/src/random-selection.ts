import type { SelectionStrategy } from "./selection-strategy.ts";

/** Only the seed decides: any node that can run the job is as likely as any other. */
export const randomSelection: SelectionStrategy = { type: "random", compare: () => 0 };
