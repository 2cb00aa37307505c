import { once } from "node:events";
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { type JobEventRecord, type Requester, RequesterError } from "@gadus/requester";
import type { FastifyInstance, FastifyReply } from "fastify";
import { route, type SchemaTypes } from "./api-operation.ts";
import { eventShape } from "./api-shapes.ts";
import { followEvents } from "./event-operations.ts";
import { NodeError } from "../node-error.ts";

/** How often a stream without events shows that it lives. */
const HEARTBEAT_MS = 15_000;
/** Events that are read and written at one time. */
const EVENTS_A_WRITE = 200;

/** What the route of events needs. */
export interface EventRoutes {
  readonly requester: Requester;
  readonly maxStreams: number;
}

/**
 * `GET /orchestrator/events`: events as they come, of all jobs or of one (`job_id`), as server-sent events.
 *
 * Their ids are the store's numbers. A client that says `Last-Event-ID` gets every later event, once; one that doesn't
 * gets those of its job from its beginning, or of all jobs from now on. Where later ones were removed, which happens to
 * jobs that ended long ago, that is an error, and no gap.
 */
export function addEventRoute(app: FastifyInstance, { requester, maxStreams }: EventRoutes): void {
  const streams = new Set<EventStream>();
  const stopListening = requester.onEvent((event) => {
    for (const stream of streams) stream.tell(event);
  });
  app.addHook("preClose", async () => {
    stopListening();
    for (const stream of streams) stream.end();
  });

  const api = app.withTypeProvider<SchemaTypes>();
  // HEAD of a stream has no end.
  const options = { ...route(followEvents), exposeHeadRoute: false };
  api.get("/orchestrator/events", options, async ({ query: wish, headers }, reply) => {
    if (streams.size >= maxStreams) throw tooMany(maxStreams);
    const given = headers["last-event-id"];
    const jobId = wish.job_id === undefined ? undefined : (await requester.job(wish.job_id)).job.jobId;
    const lastSeq = await requester.lastSeq();
    if (given !== undefined && given > lastSeq) throw fromNowhere(given, lastSeq);
    const forgottenSeq = await requester.forgottenSeq(jobId);
    if (given !== undefined && given < forgottenSeq) throw forgotten(given, forgottenSeq);
    const fromNow = jobId === undefined ? lastSeq : 0;
    const begin = { jobId, afterSeq: given ?? fromNow, forgottenSeq };
    const stream = createEventStream(requester, begin, openReply(reply));
    streams.add(stream);
    stream.done.then(
      () => streams.delete(stream),
      () => streams.delete(stream),
    );
  });
}

/** Whoever waited for events after that one would miss those before it. */
function fromNowhere(given: number, lastSeq: number): NodeError {
  const state = `there is no event ${given} yet: the last one is ${lastSeq}`;
  return new NodeError("node/invalid-request", `Cannot use Last-Event-ID: ${state}`, {
    field: "last-event-id",
    hint: "It is of another requester, or of a data folder before it was restored: begin without it.",
  });
}

/** Whoever went on from there would miss what is gone, and not know it. */
function forgotten(given: number, forgottenSeq: number): RequesterError {
  const state = `events after ${given} were removed, up to ${forgottenSeq}, with jobs that ended long ago`;
  return new RequesterError("requester/forgotten-events", `Cannot go on after event ${given}: ${state}`, {
    field: "last-event-id",
    hint: "Begin again without Last-Event-ID, and list the jobs.",
  });
}

function tooMany(maxStreams: number): NodeError {
  return new NodeError("node/overloaded", `Cannot follow events: ${maxStreams} clients do already`, {
    hint: "Try again later, or raise api.maxEventStreams.",
  });
}

function openReply(reply: FastifyReply): ServerResponse {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  response.write(": following\n\n");
  return response;
}

interface EventStream {
  /** Says that `event` is in the store: it is written at once by a stream that has told all before it. */
  tell(event: JobEventRecord): void;
  end(): void;
  /** Settles once the stream has ended. */
  readonly done: Promise<void>;
}

interface StreamBegin {
  readonly jobId: string | undefined;
  readonly afterSeq: number;
  /** How far events were gone already. */
  readonly forgottenSeq: number;
}

/**
 * Writes to `response` what the store has after `afterSeq`, and goes on as more is told of.
 *
 * It is read from the store in its order, so nothing is missed or told twice, and a slow reader holds one page. A
 * stream that is up to date takes the next event as it is told of, without asking the store.
 */
function createEventStream(
  requester: Requester,
  { jobId, afterSeq, forgottenSeq }: StreamBegin,
  response: ServerResponse,
): EventStream {
  let position = afterSeq;
  let wake = (): void => {};
  let more = true;
  let isWaiting = false;
  let fresh = "";
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(":\n\n");
  }, HEARTBEAT_MS).unref();
  const end = (): void => {
    response.end();
    wake();
  };
  const gone = new AbortController();
  response.once("close", () => {
    gone.abort();
    wake();
  });
  const open = (): boolean => !response.writableEnded && !response.destroyed;

  /** Events of one turn of the event loop leave together. */
  function writeFresh(): void {
    const text = fresh;
    fresh = "";
    if (text !== "" && open()) response.write(text);
  }

  /** Whether `event` comes right after the last one told: of a job's own events none is between, as it tells them in order. */
  function isNext({ seq }: JobEventRecord): boolean {
    return isWaiting && !response.writableNeedDrain && (jobId !== undefined || seq === position + 1);
  }

  async function writePage(): Promise<boolean> {
    writeFresh();
    const query = { afterSeq: position, limit: EVENTS_A_WRITE, ...(jobId !== undefined && { jobId }) };
    const events = await requester.events(query);
    // What went meanwhile, and wasn't told yet, would be a gap: the client comes back, and is told so.
    const goneSeq = await requester.forgottenSeq(jobId);
    if (goneSeq > forgottenSeq && goneSeq > position) response.destroy();
    if (!open() || events.length === 0) return false;
    position = events.at(-1)?.seq ?? position;
    if (!response.write(events.map(eventText).join(""))) {
      await once(response, "drain", { signal: gone.signal });
    }
    return events.length === EVENTS_A_WRITE;
  }

  async function follow(): Promise<void> {
    while (open()) {
      if (!more) {
        isWaiting = true;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        isWaiting = false;
      }
      more = false;
      while (open() && (await writePage()));
    }
  }

  const done = follow()
    .catch(() => response.destroy())
    .then(() => clearInterval(heartbeat));
  return {
    done,
    end,
    tell: (event) => {
      if (jobId !== undefined && event.jobId !== jobId) return;
      if (event.seq <= position || more) return;
      if (isNext(event)) {
        position = event.seq;
        if (fresh === "") setImmediate(writeFresh);
        fresh += eventText(event);
        return;
      }
      more = true;
      setImmediate(wake);
    },
  };
}

function eventText(event: JobEventRecord): string {
  return `id: ${event.seq}\nevent: ${event.topic.replaceAll(/[\r\n]/g, " ")}\ndata: ${JSON.stringify(eventShape(event))}\n\n`;
}
