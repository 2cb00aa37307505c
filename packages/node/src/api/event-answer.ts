import { z } from "zod";
import { EXAMPLE } from "./job-answer.ts";

/** Something that happened, as history and the stream of events tell it. */
export const historyItemSchema = z
  .strictObject({
    SeqNum: z.int().min(0).describe("grows across all jobs of the requester"),
    Type: z.enum(["JobLevel", "ExecutionLevel"]),
    JobID: z.string(),
    JobVersion: z.int(),
    ExecutionID: z.string().describe("empty where it is of the job"),
    Event: z.strictObject({
      Message: z.string(),
      Topic: z.string().describe("what happened, for programs, such as `job/submitted`"),
      Timestamp: z.iso.datetime(),
      Details: z.record(z.string(), z.string()),
    }),
    Time: z.iso.datetime(),
  })
  .meta({ id: "HistoryItem", description: "Something that happened to a job or to one of its executions." });

export const historySchema = z
  .strictObject({
    Items: z.array(historyItemSchema),
    NextToken: z
      .string()
      .describe(
        "where the next page begins; empty only once the job is over and all was read, so that who waits for a job asks on until it is",
      ),
  })
  .meta({ id: "History" });

export const EXAMPLE_EVENT = {
  SeqNum: 41,
  Type: "JobLevel",
  JobID: EXAMPLE.jobId,
  JobVersion: 1,
  ExecutionID: "",
  Event: { Message: "Submitted", Topic: "job/submitted", Timestamp: EXAMPLE.time, Details: {} },
  Time: EXAMPLE.time,
};
