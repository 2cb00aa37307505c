import { beforeAll, describe, expect, test } from "vitest";
import { JOBS, noop, ownNamespace, run, shown, submit, untilOver } from "./contract-jobs.ts";
import { get, REQUEST_ID, send } from "./raw-http.ts";

interface JobPage {
  readonly Items: readonly { readonly ID: string; readonly Version: number }[];
  readonly NextToken: string;
}

const idsOf = ({ Items }: JobPage): readonly string[] => Items.map(({ ID }) => ID);
const list = async (query: string): Promise<JobPage> => (await get(`${JOBS}?${query}`)) as JobPage;

describe("GET /orchestrator/jobs", () => {
  test("answers {Items, NextToken}: the jobs of a namespace, those submitted last first", async () => {
    const namespace = ownNamespace();
    const first = await run(noop({ Stdout: "1" }, { Namespace: namespace }));
    const second = await run(noop({ Stdout: "2" }, { Namespace: namespace }));
    expect(await list(`namespace=${namespace}`)).toEqual({
      Items: [
        shown(noop({ Stdout: "2" }), { ID: second, Name: second, Namespace: namespace }),
        shown(noop({ Stdout: "1" }), { ID: first, Name: first, Namespace: namespace }),
      ],
      NextToken: "",
    });
  });

  test("an absent namespace is default, and * is all", async () => {
    const namespace = ownNamespace();
    const other = await submit(noop({}, { Namespace: namespace, Labels: { [namespace]: "1" } }));
    const ours = await submit(noop({}, { Labels: { [namespace]: "1" } }));
    expect(idsOf(await list(`labels=${namespace}`))).toEqual([ours]);
    expect(idsOf(await list(`namespace=*&labels=${namespace}`)).toSorted()).toEqual([ours, other].toSorted());
    expect(await list("namespace=nobody-has-this")).toEqual({ Items: [], NextToken: "" });
  });

  test("pages by limit and next_token, which is opaque, in either direction", async () => {
    const namespace = ownNamespace();
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.push(await submit(noop({}, { Namespace: namespace })));
    const read: string[][] = [];
    let token = "";
    do {
      const page = await list(`namespace=${namespace}&limit=2&order_by=created_at&next_token=${token}`);
      read.push([...idsOf(page)]);
      token = page.NextToken;
    } while (token !== "");
    expect(read.map((page) => page.length)).toEqual([2, 2, 1]);
    const all = read.flat();
    expect(all.toSorted()).toEqual(ids.toSorted());
    const reversed = await list(`namespace=${namespace}&order_by=created_at&reverse=true`);
    expect(idsOf(reversed)).toEqual(all.toReversed());
  });

  test("a limit of 0 is as good as none", async () => {
    const namespace = ownNamespace();
    await submit(noop({}, { Namespace: namespace }));
    expect((await list(`namespace=${namespace}&limit=0`)).Items).toHaveLength(1);
  });

  test("order_by takes created_at and modified_at, and nothing else", async () => {
    const namespace = ownNamespace();
    const first = await submit(noop({ DurationMs: 600_000 }, { Namespace: namespace }));
    const second = await run(noop({}, { Namespace: namespace }));
    await send("DELETE", `${JOBS}/${first}`);
    await untilOver(first);
    expect(idsOf(await list(`namespace=${namespace}&order_by=created_at`))).toEqual([second, first]);
    expect(idsOf(await list(`namespace=${namespace}&order_by=modified_at`))).toEqual([first, second]);
    expect(idsOf(await list(`namespace=${namespace}&order_by=`))).toEqual([second, first]);
    const { status, body } = await send("GET", `${JOBS}?order_by=colour`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ Code: "node/invalid-request", Details: { Field: "order_by" } });
  });

  describe("reverse", () => {
    const namespace = ownNamespace();
    let first: string;
    let last: string;
    beforeAll(async () => {
      first = await run(noop({}, { Namespace: namespace }));
      last = await submit(noop({}, { Namespace: namespace }));
    });

    test.each(["true", "True", "1", "t"])("%s is how a client writes true", async (flag) => {
      expect(idsOf(await list(`namespace=${namespace}&limit=1&reverse=${flag}`))).toEqual([first]);
    });

    test.each(["false", "False", "0", "f"])("%s is how a client writes false", async (flag) => {
      expect(idsOf(await list(`namespace=${namespace}&limit=1&reverse=${flag}`))).toEqual([last]);
    });

    test("anything else is refused by name", async () => {
      expect(await send("GET", `${JOBS}?reverse=maybe`)).toMatchObject({
        status: 400,
        body: { Code: "node/invalid-request", Details: { Field: "reverse" } },
      });
    });
  });

  test("labels is a selector, and may be there several times", async () => {
    const namespace = ownNamespace();
    const cod = await submit(noop({}, { Namespace: namespace, Labels: { team: "cod", env: "prod" } }));
    const eel = await submit(noop({}, { Namespace: namespace, Labels: { team: "eel" } }));
    const none = await submit(noop({}, { Namespace: namespace }));
    const select = async (...selectors: readonly string[]) => {
      const query = selectors.map((selector) => `&labels=${encodeURIComponent(selector)}`).join("");
      return idsOf(await list(`namespace=${namespace}${query}`)).toSorted();
    };
    expect(await select("team=cod")).toEqual([cod]);
    expect(await select("team!=cod")).toEqual([eel, none].toSorted());
    expect(await select("team in (cod,eel)")).toEqual([cod, eel].toSorted());
    expect(await select("team notin (cod,eel)")).toEqual([none]);
    expect(await select("team")).toEqual([cod, eel].toSorted());
    expect(await select("!team")).toEqual([none]);
    expect(await select("team,env=prod")).toEqual([cod]);
    expect(await select("team", "env=prod")).toEqual([cod]);
    expect(await select("bacalhau_canary!=true")).toEqual([cod, eel, none].toSorted());
  });

  test("a token that no page gave is refused by name", async () => {
    const { status, body } = await send("GET", `${JOBS}?next_token=tampered`);
    expect([status, body]).toEqual([
      400,
      {
        Status: 400,
        Message: 'Cannot list jobs after "tampered": no page in the order of created_at ended there',
        RequestID: REQUEST_ID,
        Code: "requester/invalid-token",
        Component: "requester",
        Hint: "Pass the NextToken of the page before, unchanged.",
        Details: { Field: "next_token" },
      },
    ]);
  });
});
