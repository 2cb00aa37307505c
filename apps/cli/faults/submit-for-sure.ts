import { setTimeout as delay } from "node:timers/promises";
import { submit } from "../e2e/jobs.ts";

const RETRY_MS = 100;
/** How often one job is posted, at most. */
const MAX_POSTS = 600;
/** Answers of a requester that is there and can't take a job now. */
const BUSY = new Set([429, 503]);

/** A job that was answered 200. */
export interface Answered {
  readonly jobId: string;
  /** How often it was posted. All but the last post may or may not have made a job of their own. */
  readonly posts: number;
}

/** The job that a post made whose answer was lost; its name is its own. Undefined where the requester is away again. */
async function idOf(api: string, document: unknown): Promise<string | undefined> {
  const { Name } = document as { readonly Name: string };
  try {
    const response = await fetch(`${api}/api/v1/orchestrator/jobs/${Name}`);
    if (!response.ok) return undefined;
    const { Job } = (await response.json()) as { readonly Job: { readonly ID: string } };
    return Job.ID;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Posts `document` until it is answered 200, however often the requester goes away meanwhile. */
export async function submitForSure(api: string, document: unknown): Promise<Answered> {
  for (let posts = 1; posts <= MAX_POSTS; posts += 1) {
    const answer = await submit(api, document).catch((error: unknown) => {
      if (error instanceof TypeError) return undefined;
      throw error;
    });
    if (answer?.status === 200) return { jobId: String(answer.body.JobID), posts };
    const isThere = answer?.status === 409 && posts > 1;
    const jobId = isThere ? await idOf(api, document) : undefined;
    if (jobId !== undefined) return { jobId, posts };
    if (answer !== undefined && !isThere && !BUSY.has(answer.status))
      throw new Error(`the requester answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    await delay(RETRY_MS);
  }
  throw new Error(`the requester answered none of ${MAX_POSTS} posts`);
}
