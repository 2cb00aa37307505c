export { configReference } from "./config/config-reference.ts";
export { type ConfigSources, loadConfig } from "./config/config.ts";
export type { ConfigPatch, NodeConfig } from "./config/config-schema.ts";
export { type RunningNode, startNode } from "./node.ts";
export { NodeError, type NodeErrorCode } from "./node-error.ts";
