import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Answer, startTestApi, type TestApi } from "./test-api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.stop());

const get = (url: string) => api.server.app.inject({ url });

describe("GET /docs", () => {
  test("is a page that may load nothing from elsewhere, and names nothing that is elsewhere", async () => {
    const page = await get("/docs");
    expect(page.statusCode).toBe(200);
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.headers["content-security-policy"]).toMatch(/^default-src 'self';/);
    expect(page.payload).not.toMatch(/https?:|\/\//);
    const loaded = [...page.payload.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map(([, url]) => url ?? "");
    expect(loaded).toHaveLength(4);
    for (const url of loaded) {
      const part = await get(url);
      expect([part.statusCode, url]).toEqual([200, url]);
      expect(part.headers["content-type"]).toMatch(url.endsWith(".css") ? /^text\/css/ : /^text\/javascript/);
      // Addresses in scripts are names of namespaces and links; what styles name is loaded.
      const styles = url.endsWith(".css") ? part.payload : "";
      expect(styles).not.toMatch(/url\(["']?(https?:|\/\/)|@import/);
    }
  });

  test("serves no other files", async () => {
    for (const file of ["nothing.js", "package.json", "..%2Fpackage.json", "constructor"]) {
      const { statusCode, json } = await get(`/docs/${file}`);
      expect([file, statusCode, json<Answer>().Code]).toEqual([file, 404, "node/unknown-route"]);
    }
  });
});
