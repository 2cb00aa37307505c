export { type ContentStoreFixture, describeContentStore } from "./content-conformance.ts";
export { describeScratchSpace, type ScratchFixture } from "./scratch-conformance.ts";
export {
  describeStorageSource,
  patternBytes,
  type SourceFixture,
  type SourceTraits,
} from "./source-conformance.ts";
