// A picture of the page: node web/tests/picture.mjs FOLDER PICTURE.png

import { spawn } from "node:child_process";
import { chromium } from "playwright-core";

const [folder, picture] = process.argv.slice(2);
const server = spawn(process.env.TRANSPILE_PYTHON ?? "python3", ["-m", "transpile", "playground", "--folder", folder, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
const address = await new Promise((resolve) => server.stdout.once("data", (data) => resolve(String(data).trim())));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: "light" })).newPage();
await page.goto(address);
await page.waitForSelector("html[data-ready] pre.query", { timeout: 60_000 });
await page.click("#tab-proof");
await page.waitForSelector(".badge.proven", { timeout: 60_000 });
await page.screenshot({ path: picture });
await browser.close();
server.kill();
