import type { Context } from "../context.ts";
import { printList } from "../print-list.ts";
import { apiTimeMs, relativeTime } from "../relative-time.ts";

/** `gadus job versions JOB`: lists the versions of a job that are kept. */
export async function jobVersions(context: Context, args: readonly string[]): Promise<undefined> {
  const [idOrName = ""] = args;
  const api = await context.api();
  const page = await api.jobs.versions(idOrName, { signal: context.signal });
  const nowMs = context.nowMs();
  printList(context, {
    columns: [
      { title: "VERSION" },
      { title: "ENGINE", leaveOut: 1 },
      { title: "STATE" },
      { title: "CREATED", leaveOut: 2 },
      { title: "CHANGED" },
      { title: "MESSAGE", shrink: "late", least: 16 },
    ],
    rows: page.Items.map((job) => [
      String(job.Version ?? 1),
      job.Tasks?.[0]?.Engine?.Type ?? "",
      job.State?.StateType ?? "",
      relativeTime(apiTimeMs(job.CreateTime), nowMs),
      relativeTime(apiTimeMs(job.ModifyTime), nowMs),
      job.State?.Message ?? "",
    ]),
    ids: page.Items.map(({ Version }) => String(Version ?? 1)),
    json: page,
    empty: "No versions are kept.",
  });
  return undefined;
}
