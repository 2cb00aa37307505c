export type { Block, ContentStore, FolderFile } from "./content-store.ts";
export { isArchiveUrl, MAX_INLINE_BYTES, parseDataUrl } from "./data-url.ts";
export { isPublicAddress } from "./public-address.ts";
export type { ScratchFolder, ScratchSpace } from "./scratch-space.ts";
export type { Availability, StorageSource } from "./storage.ts";
export { StorageError, type StorageErrorCode } from "./storage-error.ts";
export type { UrlContent, UrlReader } from "./url-reader.ts";
export { unpackArchive } from "./unpack-archive.ts";
