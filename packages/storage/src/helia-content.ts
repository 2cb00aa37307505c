export { exportCar } from "./export-car.ts";
export { createKeptSource } from "./kept-source.ts";
export type { DagScope, WalkOptions } from "./walk-dag.ts";
export { createPinnedContent } from "./pinned-content.ts";
export { createServedContent, type ServedContent } from "./served-content.ts";
