import { CodedError } from "@gadus/protocol";

export type NodeErrorCode =
  | "node/invalid-config"
  | "node/data-folder-in-use"
  | "node/data-folder-unusable"
  | "node/store-newer"
  | "node/store-unusable"
  | "node/store-full"
  | "node/store-failed"
  | "node/store-closed"
  | "node/port-in-use"
  | "node/api-unusable"
  | "node/stopped"
  | "node/not-local"
  | "node/timed-out"
  | "node/unknown-route"
  | "node/unknown-node"
  | "node/no-results"
  | "node/unauthenticated"
  | "node/forbidden"
  | "node/foreign-site"
  | "node/unknown-key"
  | "node/too-many-keys"
  | "node/method-not-allowed"
  | "node/upgrade-required"
  | "node/body-too-large"
  | "node/headers-too-large"
  | "node/unmet-expectation"
  | "node/url-too-long"
  | "node/unsupported-media-type"
  | "node/invalid-request"
  | "node/too-slow"
  | "node/not-retrievable"
  | "node/overloaded"
  | "node/internal";

/** What keeps a node from starting or serving, or what a request to it did wrong. */
export class NodeError extends CodedError<NodeErrorCode> {}
