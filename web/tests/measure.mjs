// How long the page takes: node web/tests/measure.mjs [RUNS]. Settings as in page.test.mjs.

import { spawn } from "node:child_process";
import { chromium } from "playwright-core";

const folder = process.env.TRANSPILE_PLAYGROUND;
const python = process.env.TRANSPILE_PYTHON ?? "python3";
const server = spawn(python, ["-m", "transpile", "playground", "--folder", folder, "--port", "0"], { cwd: new URL("../..", import.meta.url) });
const address = await new Promise((resolve) => server.stdout.once("data", (data) => resolve(String(data).trim())));

/** Milliseconds from the navigation to the marks of the page. */
async function load(page) {
  await page.goto(address);
  await page.waitForSelector("html[data-ready] pre.query", { timeout: 60_000 });
  return page.evaluate(() => Object.fromEntries(performance.getEntriesByType("mark").map((one) => [one.name, Math.round(one.startTime)])));
}

/** Milliseconds from a keystroke to the queries that it makes. */
async function keystroke(page, char) {
  await page.evaluate(() => {
    globalThis.typed = 0;
    document.querySelector(".cm-content").addEventListener("keydown", () => (globalThis.typed = performance.now()), { once: true, capture: true });
    globalThis.seen = new Promise((resolve) => {
      const panel = document.getElementById("panel");
      const watch = new MutationObserver(() => {
        watch.disconnect();
        resolve(performance.now() - globalThis.typed);
      });
      watch.observe(panel, { childList: true, subtree: true });
    });
  });
  await page.keyboard.type(char);
  return page.evaluate(() => globalThis.seen);
}

for (let run = 0; run < Number(process.argv[2] ?? 1); run += 1) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  const page = await (await browser.newContext()).newPage();
  console.log("cold", JSON.stringify(await load(page)));
  await page.evaluate(() => navigator.serviceWorker.ready);
  const kept = () => page.evaluate(async () => Boolean(await caches.match(new URL("./python/memory", location.href))));
  for (let wait = 0; wait < 60 && !(await kept()); wait += 1) await page.waitForTimeout(500);
  for (let again = 0; again < 2; again += 1) console.log("warm", JSON.stringify(await load(page)));
  await page.click(".cm-line:has-text('title:')");
  await page.keyboard.press("End");
  const times = [];
  for (const char of "abcdefghij") times.push(Math.round(await keystroke(page, char)));
  console.log("keys", times.join(" "));
  await browser.close();
}
server.kill();
