import { z } from "zod";
import { operation } from "./api-operation.ts";
import { EXAMPLE_EVENT, historyItemSchema } from "./event-answer.ts";
import { EXAMPLE } from "./job-answer.ts";
import { JOB_ERRORS } from "./job-operations.ts";
import { textSchema } from "./read-query.ts";

export const followEvents = operation({
  operationId: "followEvents",
  methods: ["GET"],
  url: "/api/v1/orchestrator/events",
  tag: "events",
  summary: "Follow events",
  description:
    "Events of all jobs, or of one, as server-sent events: `id` is SeqNum, `event` the topic, `data` a HistoryItem in JSON. Who comes back with `Last-Event-ID` gets every later one, once; who comes without gets those of the job from its beginning, or of all jobs from now on. Where some of the later ones were removed since, which happens to jobs that ended long ago (`requester.keepFinishedMs`), the answer is 410 and not a stream with a gap. A comment every 15 seconds shows that the stream lives.",
  querystring: z.object({
    job_id: textSchema.describe("of this job only, by id or name").meta({ example: EXAMPLE.jobId }),
  }),
  headers: z.object({
    "last-event-id": z
      .string()
      .regex(/^\d{1,15}$/, "not the id of an event")
      .transform(Number)
      .optional()
      .describe("the id of the last event that was seen")
      .meta({ example: "41" }),
  }),
  answers: {
    200: {
      description: "The stream; it ends when the client leaves or the node stops.",
      mediaType: "text/event-stream",
      example: `id: 41\nevent: job/submitted\ndata: ${JSON.stringify(EXAMPLE_EVENT)}\n\n`,
      headers: { "Cache-Control": "`no-store`" },
    },
  },
  errors: [...JOB_ERRORS, "requester/forgotten-events"],
  speaks: { "x-event-data": historyItemSchema },
});
