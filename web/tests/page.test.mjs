// The page in a browser. TRANSPILE_PLAYGROUND names a built folder, CHROMIUM the browser (/usr/bin/chromium by default).

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { chromium } from "playwright-core";

const folder = process.env.TRANSPILE_PLAYGROUND ?? "";
const browserPath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const python = process.env.TRANSPILE_PYTHON ?? "python3";
const skip = !existsSync(`${folder}/playground.json`)
  ? "TRANSPILE_PLAYGROUND names no built playground"
  : !existsSync(browserPath)
    ? "there is no Chromium"
    : false;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf-8");
const corpora = process.env.TRANSPILE_CORPORA;
const RULES = 500; // of the corpus, which the worker and the command line convert
const PATIENCE = 60_000;
const WHOAMI = `title: Whoami
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    Image|endswith: '\\whoami.exe'
    CommandLine|contains: priv
  condition: selection
`;
const QUERIES = {
  spl: 'index=main sourcetype="WinEventLog:Security" EventCode=4625',
  kql: 'SecurityEvent\n| where EventID == 4625',
  eql: 'process where process.name : "whoami.exe"',
  esql: 'FROM logs-* | WHERE process.name == "whoami.exe"',
  yaral: 'rule whoami {\n  events:\n    $e.metadata.event_type = "PROCESS_LAUNCH"\n  condition:\n    $e\n}',
};

let server, browser, address, page;
const told = [];
const outside = [];

before(async () => {
  if (skip) return;
  server = spawn(python, ["-m", "transpile", "playground", "--folder", folder, "--port", "0"], {
    cwd: new URL("../..", import.meta.url),
    stdio: ["ignore", "pipe", "inherit"],
  });
  address = await new Promise((resolve) => server.stdout.once("data", (data) => resolve(String(data).trim())));
  browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
  page = await open();
  await usable(page);
}, { timeout: 2 * PATIENCE });

after(async () => {
  await browser?.close();
  server?.kill();
});

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, permissions: ["clipboard-read", "clipboard-write"], ...options });
  const made = await context.newPage();
  made.setDefaultTimeout(PATIENCE);
  made.on("console", (message) => message.type() === "error" && told.push(message.text()));
  made.on("pageerror", (error) => told.push(String(error)));
  made.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "data:" && protocol !== "blob:" && origin !== new URL(address).origin) outside.push(request.url());
  });
  await made.goto(options.at ?? address);
  return made;
}

const usable = (one) => one.waitForSelector("html[data-ready] pre.query");

async function write(text, read = "auto") {
  await page.selectOption("#read", read);
  await page.click(".cm-content");
  await page.keyboard.press("Control+a");
  await page.evaluate((given) => navigator.clipboard.writeText(given), text);
  await page.keyboard.press("Control+v");
}

/** In the page: a worker of its own for these questions, kept for the next. */
function askWorker(question) {
  globalThis.spare ??= new Worker("./worker.js", { type: "module" });
  return new Promise((resolve) => {
    const id = Math.random();
    const hear = ({ data }) => {
      if (data.id !== id) return;
      globalThis.spare.removeEventListener("message", hear);
      resolve(JSON.parse(data.answer));
    };
    globalThis.spare.addEventListener("message", hear);
    globalThis.spare.postMessage({ id, question: JSON.stringify(question) });
  });
}

function rules(at) {
  return readdirSync(at, { recursive: true })
    .filter((name) => name.endsWith(".yml") && /rules/.test(name))
    .sort()
    .map((name) => `${at}/${name}`);
}

async function view(name) {
  await page.click(`#tab-${name}`);
}

async function query(language) {
  await view("queries");
  await page.click(`[data-language=${language}]`);
  return page.textContent("pre.query");
}

test("loads with a rule and its query", { skip }, async () => {
  assert.match(await page.textContent(".cm-content"), /title: /);
  assert.match(await query("kql"), /SecurityEvent/);
});

test("an error is shown under its characters, and its fix is one click", { skip }, async () => {
  await write(WHOAMI.replace("Image|", "Imag|"));
  await page.waitForSelector(".finding:has-text('LNT086')");
  await page.waitForFunction(() => [...document.querySelectorAll(".cm-lintRange")].some((one) => one.textContent === "Imag"));
  await page.click(".fix:has-text('Change to `Image`')");
  await page.waitForFunction(() => !document.querySelector(".cm-content").textContent.includes("Imag|"));
  await page.waitForSelector(".badge[data-status=exact]");
});

test("a keystroke reaches every language", { skip }, async () => {
  await write(WHOAMI.replace("priv", "groups"));
  const said = { kql: /groups/, spl: /CommandLine="\*groups\*"/, eql: /groups/, esql: /groups/, yaral: /groups/, lucene: /\[gG\]\[rR\]/, sigma: /groups/ };
  await page.waitForFunction(() => document.querySelector("pre.query")?.textContent.includes("groups"));
  for (const [language, words] of Object.entries(said)) assert.match(await query(language), words, language);
  await page.click("[data-language=kuery]"); // which compares case-sensitively, and says so
  await page.waitForSelector(".badge.refused");
  assert.match(await page.textContent(".why.error, .why.warning"), /KUE001/);
  await page.click("[data-language=kql]");
});

test("queries of other languages are read", { skip }, async () => {
  await write('process where host.os.type == "windows" and event.type == "start" and process.name : "cmd.exe"', "eql");
  await page.waitForFunction(() => document.querySelector("pre.query")?.textContent.includes("cmd.exe"));
  assert.match(await query("spl"), /cmd\.exe/);
});

test("completion knows the fields of the log source", { skip }, async () => {
  await write(WHOAMI.replace("    CommandLine|contains: priv\n", "    Paren\n"));
  await page.click(".cm-line:has-text('Paren')");
  await page.keyboard.press("End");
  await page.keyboard.press("Control+Space");
  await page.waitForSelector(".cm-tooltip-autocomplete li:has-text('ParentImage')");
  await page.keyboard.press("Escape");
});

test("the proof shows events and verdicts", { skip }, async () => {
  await write(WHOAMI);
  await view("proof");
  await page.waitForSelector(".badge.proven");
  assert.ok((await page.locator(".verdicts tbody tr").count()) > 10);
  assert.equal(await page.locator(".verdicts .wrong").count(), 0);
});

test("one's own events say which part failed", { skip }, async () => {
  await view("events");
  await page.fill("textarea", '{"Image": "C:\\\\whoami.exe", "CommandLine": "whoami /priv"}\n{"Image": "C:\\\\whoami.exe"}');
  await page.waitForSelector("text=1 of 2 events matched");
  assert.match(await page.textContent(".fails:has-text('CommandLine contains priv')"), /priv/);
  await page.fill("textarea", "{");
  await page.waitForSelector("#matches .why.error");
});

test("a rule on many events has a timeline", { skip }, async () => {
  await write(`${WHOAMI}name: whoami\n---\ntitle: Many\ncorrelation:\n  type: event_count\n  rules: [whoami]\n  group-by: [User]\n  timespan: 5m\n  condition: {gte: 3}\n`);
  await view("proof");
  await page.waitForSelector("svg.timeline");
});

test("explanation and deploy files", { skip }, async () => {
  await write(WHOAMI);
  await view("explain");
  await page.waitForSelector("td:has-text('process.command_line')");
  await view("deploy");
  await page.waitForSelector("pre:has-text('CommandLine')");
});

test("a share link opens the same rule", { skip }, async () => {
  await write(WHOAMI.replace("Whoami", "Shared \u{1F600}"));
  await page.click("#share");
  await page.waitForFunction(() => location.hash.startsWith("#r="));
  const other = await open({ at: page.url() });
  await usable(other);
  assert.match(await other.textContent(".cm-content"), /Shared \u{1F600}/u);
  await other.context().close();
});

/** A share link to a state. */
function link(given) {
  return `${address}#r=${deflateRawSync(Buffer.from(JSON.stringify(given))).toString("base64url")}`;
}

test("a link that a mail program lengthened opens; a damaged one says so", { skip }, async () => {
  const text = WHOAMI.replace("Whoami", "Linked");
  const other = await open({ at: `${link({ text, models: { kql: "nosuch", spl: "cim" }, read: 5 })}.&utm=1` });
  await usable(other);
  assert.match(await other.textContent(".cm-content"), /Linked/);
  assert.match(await other.textContent("#status"), /Left out of this link.* language 5, data model "nosuch"/);
  await other.evaluate((hash) => (location.hash = hash), new URL(link({ text })).hash.slice(0, 40));
  await other.waitForSelector("#status:has-text('This link is damaged')");
  await other.context().close();
});

test("pasted queries are read by their form, and files by their names", { skip }, async () => {
  await view("queries");
  for (const [language, text] of Object.entries(QUERIES)) {
    await write(text);
    await page.waitForSelector("#panel:not([aria-busy])");
    assert.equal(await page.locator(".finding:has-text('SIG')").filter({ hasText: "must be a map" }).count(), 0, language);
  }
  await write("process.name: whoami.exe AND user.name: *");
  await page.waitForSelector(".finding:has-text('choose its language under Read as')");
  await page.setInputFiles("#file", { name: "whoami.lucene", mimeType: "text/plain", buffer: Buffer.from("process.name: whoami.exe") });
  await page.waitForFunction(() => document.querySelector("#read").value === "lucene");
  assert.match(await page.textContent(".cm-content"), /^process.name: whoami.exe$/);
});

test("what is of an earlier text is grey and cannot be copied", { skip }, async () => {
  await view("queries");
  await write(WHOAMI);
  await page.waitForSelector("#panel:not([aria-busy]) .copy:enabled");
  const seen = page.evaluate(
    () =>
      new Promise((resolve) => {
        new MutationObserver((_, watching) => {
          const panel = document.querySelector("#panel");
          if (panel.getAttribute("aria-busy") !== "true") return;
          watching.disconnect();
          resolve(document.querySelector(".copy").disabled);
        }).observe(document.querySelector("#panel"), { attributes: true });
      }),
  );
  await write(WHOAMI.replace("priv", "all"));
  assert.equal(await seen, true);
  await page.waitForSelector("#panel:not([aria-busy]) .copy:enabled");
  assert.match(await page.textContent("pre.query"), /all/);
});

test("a question without an end is stopped, and the engine begins again", { skip }, async () => {
  await write(WHOAMI.replace("    CommandLine|contains: priv\n", () => "    CommandLine|re: '(a+)+$'\n"));
  await view("events");
  await page.fill("textarea", JSON.stringify({ Image: "C:\\whoami.exe", CommandLine: `${"a".repeat(40)}b` }));
  await page.waitForSelector("#matches .why.error:has-text('longer than 10 seconds')");
  await page.fill("textarea", '{"a":'.repeat(3000) + "1" + "}".repeat(3000));
  await page.waitForSelector("#matches .why.error:has-text('nested more than 100 deep')");
  await page.fill("textarea", '{"a":'.repeat(99) + "NaN" + "}".repeat(99));
  await page.waitForSelector("text=0 of 1 event matched");
});

test("the worker gives the bytes of the command line", { skip: skip || !corpora ? skip || "TRANSPILE_CORPORA is not set" : false }, async () => {
  const all = rules(`${corpora}/sigma`);
  const step = Math.max(1, Math.floor(all.length / RULES));
  const chosen = all.filter((_, at) => at % step === 0).slice(0, RULES);
  const to = ["kql", "spl", "eql", "esql", "yaral"];
  const expected = new Map();
  const output = execFileSync(python, ["-m", "transpile", "convert", ...chosen, "--to", to.join(","), "--format", "ndjson", "--quiet", "--fail-on", "none"], {
    cwd: new URL("../..", import.meta.url),
    maxBuffer: 1 << 28,
  });
  for (const line of String(output).trim().split("\n")) {
    const one = JSON.parse(line);
    expected.set(one.path, [...(expected.get(one.path) ?? []), [one.target, one.status, one.query]]);
  }
  let compared = 0;
  for (const path of chosen) {
    const found = await page.evaluate(askWorker, { ask: "analyse", text: readFileSync(path, "utf-8"), to });
    const said = found.rules.flat().map((one) => [one.target, one.status, one.query]);
    assert.deepEqual(said, expected.get(path), path);
    compared += 1;
  }
  console.log(`${compared} rules in ${to.length} languages are the same`);
});

test("nothing is against accessibility, in light and dark", { skip }, async () => {
  await write(WHOAMI.replace("Image|", "Imag|"));
  await page.waitForSelector(".finding:has-text('LNT086')");
  await page.evaluate(axe);
  for (const theme of ["light", "dark"]) {
    await page.evaluate((name) => (document.documentElement.dataset.theme = name), theme);
    for (const name of ["queries", "proof", "events", "explain", "deploy"]) {
      await view(name);
      await page.waitForSelector("#panel:not([aria-busy])");
      await page.waitForTimeout(700);
      const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      assert.deepEqual(found.violations.map((one) => `${theme} ${name} ${one.id}: ${one.nodes[0]?.html}`), []);
    }
  }
});

test("the keyboard reaches the tabs", { skip }, async () => {
  await page.focus("#tab-queries");
  await page.click("#tab-queries");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.getAttribute("#tab-proof", "aria-selected"), "true");
  await page.keyboard.press("Home");
  assert.equal(await page.getAttribute("#tab-queries", "aria-selected"), "true");
});

test("a phone shows all of it", { skip }, async () => {
  const phone = await open({ viewport: { width: 390, height: 844 } });
  await usable(phone);
  assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 390);
  for (const name of ["#tab-deploy", "#theme"]) {
    const { x, width } = await phone.locator(name).boundingBox();
    assert.ok(x >= 0 && x + width <= 390, name);
  }
  await phone.context().close();
});

test("it opens again without a network", { skip }, async () => {
  await write(WHOAMI.replace("Whoami", "Not lost"));
  await page.waitForSelector("#panel:not([aria-busy])");
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(async () => (await caches.keys()).length > 0 && (await (await caches.open((await caches.keys())[0])).keys()).length > 8);
  await page.context().setOffline(true);
  await page.reload();
  await usable(page);
  assert.match(await page.textContent(".cm-content"), /Not lost/);
  await page.context().setOffline(false);
});

test("the engine's memory is kept, and holds no rule of the user's", { skip }, async () => {
  const memory = () =>
    page.evaluate(async () => {
      const found = await caches.match(new URL("./python/memory", location.href));
      return found ? new TextDecoder("latin1").decode(await found.arrayBuffer()) : null;
    });
  let kept = await memory();
  for (let wait = 0; wait < 60 && kept === null; wait += 1) {
    await page.waitForTimeout(500);
    kept = await memory();
  }
  assert.ok(kept && !kept.includes("title: Whoami") && !kept.includes("title: Not lost"));
  await page.reload();
  await usable(page);
  const marks = await page.evaluate(() => performance.getEntriesByType("mark").map((one) => one.name));
  assert.ok(marks.includes("remembered"));
  assert.match(await query("kql"), /SecurityEvent/);
});

test("nothing left the origin, and nothing was wrong", { skip }, () => {
  assert.deepEqual(outside, []);
  assert.deepEqual(told, []);
});
