/** What the API answers, as far as this client reads it: more fields may come. */

export interface ApiSpec {
  readonly Type: string;
  readonly Params?: Readonly<Record<string, unknown>>;
}

export interface ApiJob {
  readonly ID: string;
  readonly Name?: string;
  readonly Type?: string;
  readonly Count?: number;
  readonly Deal?: {
    readonly Concurrency?: number;
    readonly MinBids?: number;
    readonly Confidence?: number;
    readonly Selection?: string;
  };
  readonly State?: {
    readonly StateType: string;
    readonly Message?: string;
    /** Of a failure: its `Code`, and whom it is blamed on. */
    readonly Details?: Readonly<Record<string, unknown>>;
  };
  readonly Version?: number;
  /** Nanoseconds since 1970. */
  readonly CreateTime?: number;
  readonly ModifyTime?: number;
  readonly Tasks?: readonly {
    readonly Name?: string;
    readonly Engine?: ApiSpec;
    readonly Publisher?: ApiSpec;
  }[];
}

export interface ApiExecution {
  readonly ID: string;
  readonly NodeID: string;
  readonly JobID: string;
  readonly PartitionIndex?: number;
  readonly ComputeState: {
    readonly StateType: number;
    readonly Message?: string;
    /** Carries the exact state and the verdict. */
    readonly Details?: Readonly<Record<string, unknown>>;
  };
  readonly PublishedResult?: ApiSpec;
  readonly RunOutput?: { readonly ExitCode?: number };
  readonly CreateTime?: number;
  readonly ModifyTime?: number;
}

export interface ApiHistoryItem {
  readonly SeqNum: number;
  readonly Type: string;
  readonly ExecutionID?: string;
  readonly Event: { readonly Message: string; readonly Topic: string };
  readonly Time: number | string;
}

export interface ApiNode {
  readonly Info: {
    readonly NodeID: string;
    readonly NodeType: string;
    readonly Labels?: Readonly<Record<string, string>>;
    readonly BacalhauVersion?: { readonly GitVersion?: string };
    readonly ComputeNodeInfo?: {
      readonly ExecutionEngines?: readonly string[];
      readonly Publishers?: readonly string[];
      readonly StorageSources?: readonly string[];
      readonly MaxCapacity?: ApiResources;
      readonly AvailableCapacity?: ApiResources;
      readonly RunningExecutions?: number;
      readonly EnqueuedExecutions?: number;
      readonly address?: string;
      readonly Engines?: readonly {
        readonly Type: string;
        readonly Profiles?: readonly string[];
        /** What people may want to know of it, in words. */
        readonly Facts?: Readonly<Record<string, string>>;
      }[];
      readonly UnavailableEngines?: readonly { readonly Type: string; readonly Reason: string }[];
    };
  };
  readonly Membership?: string;
  readonly ConnectionState?: { readonly Status?: string };
  /** What the requester saw of it, older ends counting less. */
  readonly Reputation?: {
    readonly Verified?: number;
    readonly Refuted?: number;
    readonly Failed?: number;
    readonly Late?: number;
    /** From 0 to 1. */
    readonly Score?: number;
  };
}

export interface ApiResources {
  /** Cores. */
  readonly CPU?: number;
  /** Bytes. */
  readonly Memory?: number;
  readonly Disk?: number;
  readonly GPU?: number;
}

/** A page of a list; an empty `NextToken` ends it. */
export interface ApiPage<T> {
  readonly Items: readonly T[];
  readonly NextToken?: string;
}

/** A job with what belongs to it. */
export interface ApiJobView {
  readonly Job: ApiJob;
  readonly Executions?: ApiPage<ApiExecution> | null;
}

export interface ApiSubmission {
  readonly JobID: string;
  readonly EvaluationID?: string;
  readonly Warnings?: readonly string[] | null;
}

/** What submitting a document would change: unified text, a line a value; empty where it changes nothing. */
export interface ApiDiff {
  readonly Diff: string;
  readonly Warnings?: readonly string[] | null;
}

/** A job that is run once more. */
export interface ApiRerun extends ApiSubmission {
  readonly JobVersion: number;
}

/** Where a job is placed, and why not elsewhere. */
export interface ApiPlacement {
  readonly JobID: string;
  readonly JobVersion: number;
  /** Such as `0 of 40 nodes: 31 too little memory, 9 no engine docker`. */
  readonly Summary: string;
  /** Nodes that run it, or could. */
  readonly Able: number;
  readonly Known: number;
  readonly Reasons: readonly { readonly Reason: string; readonly Count: number }[];
  readonly Nodes: readonly {
    readonly NodeID: string;
    readonly Connected: boolean;
    /** From 0 to 1. */
    readonly Score: number;
    readonly Able: boolean;
    /** What became of asking it: `none`, `asked`, `declined`, `unanswered`, `offered`, `rejected`, `accepted`. */
    readonly Bid: string;
    /** In words. */
    readonly Reason: string;
    /** The ids of the job's executions on it. */
    readonly Executions: readonly string[];
  }[];
}

/** A way to log in. */
export interface ApiAuthMethod {
  readonly type: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What came of logging in. */
export interface ApiAuthentication {
  readonly success: boolean;
  readonly token?: string;
  readonly reason?: string;
}

/** Who asks, as the API sees it. */
export interface ApiCaller {
  /** `key`, `client` or `anonymous`. */
  readonly Kind: string;
  readonly Right: string;
  readonly ID?: string;
  readonly Name?: string;
}

/** An API key without its text; times are nanoseconds since 1970. */
export interface ApiKey {
  readonly ID: string;
  readonly Name: string;
  readonly Right: string;
  readonly CreateTime: number;
  readonly ExpireTime?: number;
  readonly RevokeTime?: number;
}

/** The error envelope. */
export interface ApiErrorBody {
  readonly Status?: number;
  readonly Message?: string;
  readonly RequestID?: string;
  readonly Code?: string;
  readonly Component?: string;
  readonly Hint?: string;
  readonly Details?: Readonly<Record<string, unknown>> | null;
}

/** What the node says of its version. */
export interface ApiVersion {
  readonly Major?: string;
  readonly Minor?: string;
  readonly GitVersion?: string;
  readonly GitCommit?: string;
  readonly BuildDate?: string;
}
