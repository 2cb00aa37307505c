export {
  createMemoryContent,
  createMemorySwarm,
  type MemoryContent,
  type MemorySwarm,
} from "./memory-content.ts";
export { createMemoryScratch, type MemoryScratchOptions } from "./memory-scratch.ts";
export { createMemorySource, type MemorySourceOptions } from "./memory-source.ts";
export { memoryVolume } from "./memory-volume.ts";
