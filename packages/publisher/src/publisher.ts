import type { CallOptions, ReadableVolume, ResultsTree, Spec } from "@gadus/protocol";

/** A verified result to make retrievable. */
export interface PublishRequest {
  readonly executionId: string;
  readonly results: ReadableVolume;
  /** What the verdict says that `results` must be. */
  readonly tree: Pick<ResultsTree, "digest" | "cid" | "sizeBytes">;
  /** The job's parameters for this publisher. */
  readonly params: Spec["params"];
}

/** Where a result can be had, and, of a small one, all of its blocks. */
export interface Publication {
  readonly location: Spec;
  readonly blocks: readonly { readonly cid: string; readonly bytes: Uint8Array }[];
}

/** What a publication must turn out to be. */
export interface ExpectedResult {
  readonly cid: string;
  readonly sizeBytes: number;
  /** The compute node that published it. */
  readonly nodeId: string;
}

/** Makes an accepted result retrievable. */
export interface Publisher {
  readonly type: string;
  /**
   * Compute node: why what it would publish for `requester`, a node's id, couldn't be had from there; undefined where it
   * could. Asked before there is a bid.
   */
  refusal(requester: string): string | undefined;
  /**
   * Compute node: publishes; durable when it returns, so that a power loss can't take it back.
   *
   * @throws {PublisherError} `publisher/wrong-content` where `results` are not `tree`, `publisher/failed`
   */
  publish(request: PublishRequest, options?: CallOptions): Promise<Publication>;
  /** Compute node: takes back what was published for `executionId`; fine where nothing was. */
  retract(executionId: string, options?: CallOptions): Promise<void>;
  /**
   * Requester: checks that the publication is the expected result and can be had; keeps a small one.
   *
   * @throws {PublisherError} `publisher/wrong-content`, `publisher/not-retrievable`
   */
  check(publication: Publication, expected: ExpectedResult, options?: CallOptions): Promise<void>;
}
