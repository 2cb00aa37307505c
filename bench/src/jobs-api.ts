import { setTimeout as delay } from "node:timers/promises";
import { BenchError } from "./bench-error.ts";

const LOOK_MS = 20;

/** The jobs of a requester, as a client without any help asks for them. */
export interface JobsApi {
  /** What `GET /orchestrator/jobs` and this answer. */
  get<T>(rest: string): Promise<T>;
  /** Submits a job; answers its id once it is in that state. */
  submitUntil(document: object, state: string): Promise<string>;
}

/** The jobs of the requester at `api`. The calls throw {@link BenchError} `bench/request-refused`. */
export function openJobsApi(api: string, signal: AbortSignal): JobsApi {
  const base = `${api}/api/v1/orchestrator/jobs`;
  const call = async <T>(url: string, init: RequestInit = {}): Promise<T> => {
    const response = await fetch(url, { ...init, signal });
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as T;
    throw new BenchError("bench/request-refused", `Cannot ask for ${url}: ${response.status} ${text}`);
  };
  return {
    get: (rest) => call(`${base}${rest}`),
    submitUntil: async (document, state) => {
      const body = JSON.stringify({ Job: document });
      const headers = { "content-type": "application/json" };
      const { JobID } = await call<{ readonly JobID: string }>(base, { method: "PUT", headers, body });
      for (;;) {
        const { Job } = await call<JobAnswer>(`${base}/${JobID}`);
        if (Job.State.StateType === state) return JobID;
        await delay(LOOK_MS, undefined, { signal });
      }
    },
  };
}

interface JobAnswer {
  readonly Job: { readonly State: { readonly StateType: string } };
}
