import { encodeValue, type TaskTerms } from "@gadus/protocol";
import type { Admission } from "@gadus/executor";
import type { Availability } from "@gadus/storage";
import type { ComputeErrorCode } from "./compute-error.ts";
import type { ComputeOptions } from "./options.ts";
import { exceeds } from "./resources.ts";

/** Why a node doesn't bid. */
export interface Decline {
  readonly code: ComputeErrorCode;
  readonly reason: string;
}

/** What a node has adapters for. */
export interface Support {
  /** Profiles by engine. */
  readonly engines: ReadonlyMap<string, readonly string[]>;
  /** Why an engine that others have isn't here. */
  readonly unavailable: ReadonlyMap<string, string>;
  readonly storage: ReadonlySet<string>;
  readonly verifiers: ReadonlySet<string>;
  readonly publishers: ReadonlySet<string>;
}

/** What engine and storage say of a task. */
export interface Findings {
  readonly admission: Admission;
  /** Of each input, in order. */
  readonly inputs: readonly Availability[];
}

/** How full a node is, as an ask finds it. */
export interface Load {
  /** Whether a place for the ask's resources can be promised. */
  readonly hasRoom: boolean;
  readonly waiting: number;
  readonly live: number;
  /** Places of this requester that it has neither accepted nor rejected. */
  readonly offeredToRequester: number;
}

/** What the operator's rules have against `terms`; undefined where nothing. */
export function checkRules(terms: TaskTerms, support: Support, options: ComputeOptions): Decline | undefined {
  return (
    checkSize(terms, options) ??
    checkSupport(terms, support) ??
    oneOf("compute/unsupported-job-type", "jobs of type", terms.jobType, options.jobTypes) ??
    oneOf("compute/network-not-allowed", "network", terms.network.type, options.networks) ??
    checkLimits(terms, options)
  );
}

/** What engine and storage have against `terms`; undefined where nothing. */
export function checkFindings(terms: TaskTerms, findings: Findings): Decline | undefined {
  const { admission, inputs } = findings;
  if (!admission.admitted) {
    return {
      code: "compute/not-admitted",
      reason: `Engine "${terms.engine}" can't take it: ${admission.reason}`,
    };
  }
  for (const [index, input] of inputs.entries()) {
    if (!input.available) return unavailable(index, input.reason);
    const declared = terms.inputs[index]?.sizeBytes;
    if (declared !== undefined && input.sizeBytes !== undefined && declared !== input.sizeBytes) {
      return unavailable(index, `it has ${input.sizeBytes} bytes and not ${declared}`);
    }
  }
  return undefined;
}

/** What speaks against one more promise now; undefined where nothing. */
export function checkLoad(load: Load, options: ComputeOptions): Decline | undefined {
  if (load.live >= options.maxLive) {
    return {
      code: "compute/overloaded",
      reason: `It has ${load.live} executions, and takes ${options.maxLive}`,
    };
  }
  if (load.offeredToRequester >= options.reservationsPerRequester) {
    const limit = `${options.reservationsPerRequester} for one requester`;
    const reason = `${load.offeredToRequester} of its bids wait for this requester's answer, and it makes ${limit}`;
    return { code: "compute/too-many-reservations", reason };
  }
  if (load.hasRoom) return undefined;
  const reason = `It has nothing free, ${load.waiting} executions wait, and its queue takes ${options.queueLimit}`;
  return { code: "compute/queue-full", reason };
}

function checkSize(terms: TaskTerms, { maxTermsBytes }: ComputeOptions): Decline | undefined {
  const sizeBytes = encodeValue(terms).length;
  if (sizeBytes <= maxTermsBytes) return undefined;
  return {
    code: "compute/invalid-ask",
    reason: `Its terms are ${sizeBytes} bytes, more than ${maxTermsBytes}`,
  };
}

function checkSupport(terms: TaskTerms, support: Support): Decline | undefined {
  const profiles = support.engines.get(terms.engine);
  if (profiles === undefined) {
    const why = support.unavailable.get(terms.engine);
    const engines = [...support.engines.keys()];
    if (why === undefined) return oneOf("compute/unsupported-engine", "engine", terms.engine, engines);
    return {
      code: "compute/unsupported-engine",
      reason: `Engine "${terms.engine}" doesn't work here: ${why}`,
    };
  }
  const sources = terms.inputs.map((input) => input.source.type);
  const missing = sources.find((type) => !support.storage.has(type));
  return (
    oneOf("compute/unsupported-profile", "profile", terms.profile, profiles) ??
    oneOf("compute/unsupported-verifier", "verifier", terms.verifier, [...support.verifiers]) ??
    oneOf("compute/unsupported-publisher", "publisher", terms.publisher, [...support.publishers]) ??
    (missing === undefined
      ? undefined
      : oneOf("compute/unsupported-source", "input of type", missing, [...support.storage]))
  );
}

function checkLimits(terms: TaskTerms, options: ComputeOptions): Decline | undefined {
  const excess = exceeds(terms.resources, options.maxExecution);
  if (excess !== undefined) {
    return {
      code: "compute/too-large",
      reason: `It asks for too much: ${excess}, the most for one execution`,
    };
  }
  const total = exceeds(terms.resources, options.capacity);
  if (total !== undefined) {
    return { code: "compute/too-large", reason: `It asks for too much: ${total}, all that this node gives` };
  }
  if ((terms.fuel ?? 0) > options.maxFuel) {
    const reason = `It asks for too much: ${terms.fuel} of fuel, more than ${options.maxFuel}`;
    return { code: "compute/too-large", reason };
  }
  if (terms.executionTimeoutMs <= options.maxExecutionTimeoutMs) return undefined;
  const limit = `its time-out of ${terms.executionTimeoutMs} ms is more than ${options.maxExecutionTimeoutMs} ms`;
  return { code: "compute/too-long", reason: `It may run for too long: ${limit}` };
}

function oneOf(
  code: ComputeErrorCode,
  what: string,
  wanted: string,
  allowed: readonly string[],
): Decline | undefined {
  if (allowed.includes(wanted)) return undefined;
  const those = allowed.length === 0 ? "none" : allowed.join(", ");
  return { code, reason: `It doesn't take ${what} "${wanted}"; it takes ${those}` };
}

function unavailable(index: number, state: string): Decline {
  return { code: "compute/input-unavailable", reason: `It can't present InputSources[${index}]: ${state}` };
}
