import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { expect, test } from "vitest";
import { startServe } from "./gadus.ts";

const CHROMIUM = "/usr/bin/chromium";

test.skipIf(!existsSync(CHROMIUM))(
  "the API's page shows every operation, loads nothing from elsewhere, and tries the API out (needs Chromium)",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "gadus-docs-page-"));
    const places = ["--data-dir", join(folder, "node"), "--listen", "/ip4/127.0.0.1/tcp/0"];
    const node = await startServe("--requester", "--api-port", "0", ...places);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      const asked: string[] = [];
      const complaints: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(`${node.ready.api}/docs`);
      await page.waitForSelector(".opblock");
      const document = (await (await fetch(`${node.ready.api}/openapi.json`)).json()) as {
        readonly paths: Readonly<Record<string, object>>;
      };
      const count = Object.values(document.paths).flatMap((item) => Object.keys(item)).length;
      expect(await page.locator(".opblock").count()).toBe(count);

      const alive = page.locator("#operations-agent-isAlive");
      await alive.locator(".opblock-summary-control").click();
      await alive.locator("button.execute").click();
      const body = alive.locator(".live-responses-table .response .response-col_description");
      await body.waitFor();
      expect(await body.textContent()).toContain('"Status": "OK"');

      expect(asked.length).toBeGreaterThan(5);
      const origin = new URL(node.ready.api).origin;
      expect(asked.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith("data:"))).toEqual([]);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      await node.end();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
