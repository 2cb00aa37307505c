export type { ExpectedResult, Publication, Publisher, PublishRequest } from "./publisher.ts";
export { PublisherError, type PublisherErrorCode } from "./publisher-error.ts";
export type { ContentBlock, ContentPin, ServedContent } from "./served-content.ts";
