import type { ExecutionEvent, Failure } from "@gadus/protocol";
import type { Evidence } from "@gadus/verifier";
import type { Candidate } from "./rank-nodes.ts";

/** What has to be done for a job to become what it should be. */
export type Effect =
  /** Fix what the task's sources stand for. */
  | { readonly kind: "resolve" }
  /** Make an execution on each node, and ask it. */
  | { readonly kind: "ask"; readonly partition: number; readonly nodes: readonly Candidate[] }
  /** Move an execution on, and tell its node. */
  | {
      readonly kind: "move";
      readonly executionId: string;
      readonly event: ExecutionEvent;
      readonly failure?: Failure;
    }
  /** Have the evidence judged. `last`: nothing more can come, for that reason, so that "more" fails the job. */
  | {
      readonly kind: "judge";
      readonly partition: number;
      readonly evidence: Evidence;
      readonly last?: Failure;
    }
  /** Check that a publication is the verified result and can be had. */
  | { readonly kind: "check"; readonly executionId: string }
  /** Note which execution's publication completed a partition. */
  | { readonly kind: "complete"; readonly partition: number; readonly executionId: string }
  /** Note why the job waits for nodes, or that it doesn't any more. */
  | { readonly kind: "wait"; readonly reason: string | undefined }
  | { readonly kind: "fail-job"; readonly failure: Failure }
  /** Nothing more will happen. */
  | { readonly kind: "close" };
