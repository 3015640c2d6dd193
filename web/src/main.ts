// The page: its state, and what happens when something of it changes.

import { Superseded, Worker_, type Analysis, type Deployed, type Explained, type Finding, type Known, type Matches, type Proofs } from "./ask";
import { byId, el, keys } from "./dom";
import { Editor } from "./editor";
import * as panels from "./panels";
import { pack, unpack, valid, type Shared } from "./share";

interface Sample {
  title: string;
  group: string;
  read: string;
  text: string;
}

type View = "queries" | "proof" | "events" | "explain" | "deploy";

const FIRST = "Network Share Mounted With Explicit Credentials - Security 4688";
const DELAY = 10; // milliseconds after the last keystroke; while a question is under way, the newest waits
const QUIET = 2000; // milliseconds after the first queries
const LEAST_MEMORY = 4; // of the machine, in GiB
const KEPT = "transpile-page"; // in the tab's own storage: the text and its settings, until the tab is closed

const state: Required<Omit<Shared, "text">> & { view: View; events: string; platform: string } = {
  read: "auto",
  target: "kql",
  models: {},
  approximate: false,
  view: "queries",
  events: "",
  platform: "splunk",
};
let known: Known | null = null;
let analysis: Analysis | null = null;
let revision = 0; // of the text and the settings; an answer about an earlier one is not shown
let current = false; // the analysis is of the text and the settings as they are
let timer = 0;
let failed = false;
let remembered = false; // the engine began with the memory of an earlier visit

const worker = new Worker_(
  (name) => {
    performance.mark(name);
    remembered ||= name === "remembered";
    const shown = document.getElementById("stage");
    if (shown) shown.textContent = "Starting the engine";
  },
  (reason) => {
    failed = true;
    byId("panel").replaceChildren(el("p", { class: "why error" }, `The engine does not start in this browser: ${reason.trim().split("\n").at(-1)}`));
  },
);
const editor = new Editor(byId("editor"), {
  changed: () => {
    say("");
    outdated();
    keep();
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void refresh(), DELAY);
  },
  complete: async (text, at) => (isSigma() ? quietly(worker.ask("complete", { text, at })) : null),
  hover: (text, at) => quietly(worker.ask("hover", { text, at, ...asked() })),
});

function isSigma(): boolean {
  return state.read === "sigma" || (state.read === "auto" && (analysis?.language ?? "sigma") === "sigma");
}

function asked(): { read: string; models: Record<string, string>; to: string[] } {
  return { read: state.read, models: state.models, to: targets() };
}

function targets(): string[] {
  return known ? known.languages.map((one) => one.name) : [];
}

/** An answer, or null where a newer question took its place or it could not be meant. */
async function quietly<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch {
    return null;
  }
}

/** Ask about the text as it is now, and show what comes. */
async function refresh(): Promise<void> {
  const text = editor.text;
  outdated();
  keep();
  const asking = revision;
  try {
    const found = await worker.ask<Analysis>("analyse", { text, ...asked(), approximate: state.approximate });
    if (asking !== revision) return;
    analysis = found;
    current = true;
    editor.show(text, found.findings);
    showFindings(found.findings);
    void worker.ask<{ pieces: [string, string][] }>("colours", { text, read: state.read === "auto" ? found.language : state.read }).then(
      (answer) => editor.colour(text, answer.pieces),
      () => undefined,
    );
    await showView();
    document.documentElement.dataset["ready"] = "true";
  } catch (error) {
    if (!(error instanceof Superseded) && !failed) byId("panel").replaceChildren(el("p", { class: "why error" }, (error as Error).message));
  }
}

/** Show that what the panel holds is of an earlier text: it is grey, and nothing of it can be taken. */
function outdated(): void {
  revision += 1;
  current = false;
  busy();
}

function busy(): void {
  byId("panel").setAttribute("aria-busy", "true");
  for (const button of document.querySelectorAll<HTMLButtonElement>("#panel .take")) button.disabled = true;
}

function settled(): void {
  if (current) byId("panel").removeAttribute("aria-busy");
  else busy();
}

/** Keep the text for a reload of this tab. */
function keep(): void {
  if (!known) return;
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ ...state, text: editor.text, hash: location.hash }));
  } catch {
    sessionStorage.removeItem(KEPT); // too large: a reload begins anew
  }
}

/** What a reload of this tab finds, unless a link was opened in it since. */
function kept(): { state: Shared; events: string } | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    const checked = found?.hash === location.hash ? valid(found, known!) : null;
    return checked && { state: checked.state, events: String(found.events) };
  } catch {
    return null;
  }
}

function say(text: string): void {
  byId("status").textContent = text;
}

function showFindings(findings: Finding[]): void {
  const count = (severity: string) => findings.filter((one) => one.severity === severity).length;
  const words = (["error", "warning", "note"] as const).filter(count).map((one) => `${count(one)} ${one}${count(one) === 1 ? "" : "s"}`);
  byId("counts").textContent = words.join(", ") || "no findings";
  byId("problems-title").textContent = `Findings (${findings.length})`;
  const rows = findings.map((one) =>
    el(
      "div",
      { class: "finding-row" },
      el(
        "button",
        { type: "button", class: `finding ${one.severity}`, title: one.explanation, click: () => editor.go(one.from) },
        el("span", { class: "place" }, one.line === null ? "" : `${one.line}:${one.column}`),
        el("span", { class: "code" }, one.code),
        el("span", { class: "said" }, one.message, one.targets.length ? ` [${one.targets.join(", ")}]` : "", one.hint ? el("span", { class: "muted" }, ` ${one.hint}`) : null),
      ),
      ...one.fixes.map((fix) => el("button", { type: "button", class: "fix", click: () => editor.apply(fix.edits) }, fix.title)),
    ),
  );
  byId("findings").replaceChildren(...(rows.length ? rows : [el("p", { class: "none" }, editor.text.trim() ? "Nothing to say against this rule." : "Write a rule, paste one, or choose an example.")]));
}

const go = (line: number, column: number): void => {
  const at = editor.view.state.doc.line(Math.min(line, editor.view.state.doc.lines));
  editor.go(Math.min(at.from + column - 1, at.to));
};
const copied = (): void => say("Copied");

/** Show which view is chosen. */
function mark(view: View): void {
  byId("panel").setAttribute("aria-labelledby", `tab-${view}`);
  for (const tab of document.querySelectorAll<HTMLElement>("#views [role=tab]")) {
    const chosen = tab.id === `tab-${view}`;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
}

async function showView(): Promise<void> {
  if (!known) return;
  const panel = byId("panel");
  const view = state.view;
  mark(view);
  busy();
  const text = editor.text;
  switch (view) {
    case "queries":
      return showQueries(panel);
    case "events":
      return showEvents(panel);
    case "deploy":
      return showDeploy(panel);
    case "proof":
      panel.replaceChildren(el("p", { class: "muted", role: "status" }, "Running every query on events made from the rule …"));
      return put(panel, view, worker.ask<Proofs>("prove", { text, ...asked(), approximate: state.approximate }), (found) => panels.proof(found, known!));
    case "explain":
      return put(panel, view, worker.ask<Explained>("explain", { text, ...asked() }), panels.explained);
  }
}

/** Show an answer in the panel when it comes, if the panel still wants it. */
async function put<T>(panel: HTMLElement, view: View, answer: Promise<T>, show: (found: T) => HTMLElement): Promise<void> {
  const asking = revision;
  try {
    const found = await answer;
    if (asking !== revision) return;
    if (state.view === view) panel.replaceChildren(show(found));
  } catch (error) {
    if (error instanceof Superseded || asking !== revision) return;
    if (state.view === view) panel.replaceChildren(el("p", { class: "why error" }, (error as Error).message));
  }
  settled();
}

function showQueries(panel: HTMLElement): void {
  if (!known || !analysis) return;
  const language = known.languages.find((one) => one.name === state.target) ?? known.languages[0]!;
  const status = (name: string) => {
    const all = analysis!.rules.map((rule) => rule.find((one) => one.target === name)?.status ?? "error");
    return (["error", "refused", "approximate", "exact"] as const).find((one) => all.includes(one)) ?? "error";
  };
  const focused = document.activeElement?.closest(".chips") !== null && document.activeElement?.closest(".chips") !== undefined;
  const chips = el(
    "div",
    { class: "chips", role: "tablist", "aria-label": "Languages" },
    ...known.languages.map((one) => {
      const chosen = one.name === language.name;
      const worst = analysis!.rules.length ? status(one.name) : "error";
      return el(
        "button",
        {
          type: "button",
          role: "tab",
          class: `chip ${worst}`,
          "data-language": one.name,
          "aria-selected": String(chosen),
          "aria-controls": "queries",
          "aria-label": `${one.title}: ${panels.WORDS[worst]}`,
          tabindex: chosen ? "0" : "-1",
          click: () => {
            state.target = one.name;
            showQueries(panel);
          },
        },
        el("span", { class: "dot" }),
        one.title.replace(/ \(.*/, ""),
      );
    }),
  );
  keys(chips);
  const model = el(
    "select",
    {
      change: (event) => {
        state.models[language.name] = (event.target as HTMLSelectElement).value;
        void refresh();
      },
    },
    ...[...language.models, "none"].map((name) => {
      const option = el("option", { value: name }, name === "none" ? "none (keep names)" : name);
      option.selected = name === (state.models[language.name] ?? language.model);
      return option;
    }),
  );
  const loose = el("input", {
    type: "checkbox",
    change: (event) => {
      state.approximate = (event.target as HTMLInputElement).checked;
      void refresh();
    },
  });
  loose.checked = state.approximate;
  panel.replaceChildren(
    chips,
    el(
      "div",
      { id: "queries", role: "tabpanel", "aria-label": language.title },
      el(
        "div",
        { class: "row" },
        el("label", { class: "field" }, "Data model", model),
        el("label", { class: "field" }, loose, "Approximate queries too"),
      ),
      analysis.rules.length
        ? panels.queries(analysis.rules, language.name, language.extension, { go, copied })
        : el("p", { class: "muted" }, "Write a rule on the left, or choose an example."),
    ),
  );
  settled();
  if (focused) chips.querySelector<HTMLElement>("[aria-selected=true]")?.focus();
}

function showEvents(panel: HTMLElement): void {
  let area = panel.querySelector<HTMLTextAreaElement>("textarea");
  if (!area) {
    area = el("textarea", {
      "aria-label": "Your events",
      placeholder: 'Paste events or drop a file: JSON, a list of it, or JSON lines.\n{"Image": "C:\\\\Windows\\\\System32\\\\net.exe", "CommandLine": "net use ..."}',
      input: (event) => {
        state.events = (event.target as HTMLTextAreaElement).value;
        keep();
        void runEvents();
      },
    });
    area.value = state.events;
    const take = async (file: File | undefined): Promise<void> => {
      if (!file) return;
      state.events = area!.value = await file.text();
      await runEvents();
    };
    area.addEventListener("dragover", (event) => event.preventDefault());
    area.addEventListener("drop", (event) => {
      event.preventDefault();
      void take(event.dataTransfer?.files[0]);
    });
    const file = el("input", { type: "file", "aria-label": "File of events", change: (event) => void take((event.target as HTMLInputElement).files?.[0]) });
    panel.replaceChildren(
      el("p", { class: "muted" }, "Which of your own events does the rule match, and which part of it fails? They stay in your browser."),
      area,
      el("div", { class: "row" }, file),
      el("div", { id: "matches", "aria-live": "polite" }),
    );
  }
  void runEvents();
}

async function runEvents(): Promise<void> {
  const shown = document.getElementById("matches");
  if (!shown) return;
  const { events } = state;
  const asking = revision;
  const old = (): boolean => asking !== revision || events !== state.events;
  shown.setAttribute("aria-busy", "true");
  try {
    const found = events.trim() && (await worker.ask<Matches>("match", { text: editor.text, events, read: state.read }));
    if (old()) return;
    shown.replaceChildren(found ? panels.matches(found) : "");
  } catch (error) {
    if (error instanceof Superseded || old()) return;
    shown.replaceChildren(el("p", { class: "why error" }, (error as Error).message));
  }
  shown.removeAttribute("aria-busy");
  settled();
}

async function showDeploy(panel: HTMLElement): Promise<void> {
  const choice = el(
    "select",
    {
      change: (event) => {
        state.platform = (event.target as HTMLSelectElement).value;
        void showDeploy(panel);
      },
    },
    ...known!.platforms.map((one) => {
      const option = el("option", { value: one.name }, one.title);
      option.selected = one.name === state.platform;
      return option;
    }),
  );
  const files = el("div", {}, el("p", { class: "muted" }, "…"));
  panel.replaceChildren(el("div", { class: "row" }, el("label", { class: "field" }, "Platform", choice)), files);
  busy();
  await put(files, "deploy", worker.ask<Deployed>("deploy", { text: editor.text, platform: state.platform, read: state.read, models: state.models, approximate: state.approximate }), (found) => panels.deployed(found, copied, go));
}

async function share(): Promise<void> {
  const { read, target, models, approximate } = state;
  history.replaceState(null, "", await pack({ text: editor.text, read, target, models, approximate }));
  keep();
  try {
    await navigator.clipboard.writeText(location.href);
    say("Link copied. The rule is in the link itself; nothing was sent.");
  } catch {
    say("The link is in the address bar.");
  }
}

function take(shared: Shared): void {
  state.read = shared.read ?? "auto";
  state.target = shared.target ?? state.target;
  state.models = shared.models ?? {};
  state.approximate = shared.approximate ?? false;
  byId<HTMLSelectElement>("read").value = state.read;
  editor.text = shared.text;
}

/** Take what a link holds; says what of it is not known here. */
async function follow(hash: string): Promise<boolean> {
  const given = await unpack(hash);
  if (given === null) return false;
  const found = valid(given, known!);
  if (found) take(found.state);
  if (!found) say("This link is damaged: it holds no rule that can be read. Ask for it again.");
  else if (found.dropped.length) say(`Left out of this link, as they are not known here: ${found.dropped.join(", ")}`);
  return found !== null;
}

async function begin(): Promise<void> {
  const samples = fetch("./examples.json").then((response) => response.json() as Promise<Sample[]>);
  const languages = fetch("./known.json").then((response) => response.json() as Promise<Known>);
  const list = await samples;
  known = await languages;
  const examples = byId<HTMLSelectElement>("examples");
  const groups = new Map<string, HTMLOptGroupElement>();
  list.forEach((one, number) => {
    if (!groups.has(one.group)) groups.set(one.group, el("optgroup", { label: one.group }));
    groups.get(one.group)!.append(el("option", { value: String(number) }, one.title));
  });
  examples.append(el("option", { value: "" }, "Choose an example"), ...groups.values());
  const first = list.find((one) => one.title === FIRST) ?? list[0];
  examples.addEventListener("change", () => {
    const one = list[Number(examples.value)];
    if (examples.value && one) {
      take({ ...state, text: one.text, read: one.read === "sigma" ? "auto" : one.read });
      void refresh();
    }
  });
  byId("version").textContent = `transpile ${known.version}`;
  byId("read").append(...known.languages.filter((one) => one.read && one.name !== "sigma").map((one) => el("option", { value: one.name }, one.title.replace(/ \(.*/, ""))));
  const before = kept();
  if (before) {
    state.events = before.events;
    take(before.state);
  } else if (!(await follow(location.hash)) && first) {
    const damaged = byId("status").textContent!;
    editor.text = first.text;
    say(damaged);
  }
  await refresh();
  performance.mark("ready");
  if (first && !remembered) window.setTimeout(() => remember(first.text), QUIET);
}

/** Let a worker of its own keep the engine's memory for the next visit, as it is after a question about an example. */
function remember(text: string): void {
  const memory = (navigator as { deviceMemory?: number }).deviceMemory ?? LEAST_MEMORY;
  if (failed || !("caches" in window) || memory < LEAST_MEMORY) return;
  const keeper = new Worker("./worker.js", { type: "module", name: "remember" });
  keeper.postMessage(JSON.stringify({ ask: "analyse", text, ...asked() }));
}

function theme(): void {
  const root = document.documentElement;
  const kept = localStorage.getItem("theme");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const set = (name: string) => (root.dataset["theme"] = name);
  set(kept ?? (dark.matches ? "dark" : "light"));
  dark.addEventListener("change", () => localStorage.getItem("theme") ?? set(dark.matches ? "dark" : "light"));
  byId("theme").addEventListener("click", () => {
    const next = root.dataset["theme"] === "dark" ? "light" : "dark";
    set(next);
    localStorage.setItem("theme", next);
  });
}

function divider(): void {
  const bar = byId("divider");
  let width = 45;
  const set = (percent: number) => {
    width = Math.min(75, Math.max(25, percent));
    document.documentElement.style.setProperty("--left", `${width}%`);
    bar.setAttribute("aria-valuenow", String(Math.round(width)));
  };
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    const move = (moved: PointerEvent) => set((moved.clientX / window.innerWidth) * 100);
    bar.addEventListener("pointermove", move);
    bar.addEventListener("pointerup", () => bar.removeEventListener("pointermove", move), { once: true });
  });
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
    if (step) set(width + step);
  });
}

function files(): void {
  const file = byId<HTMLInputElement>("file");
  const open = async (one: File | undefined): Promise<void> => {
    if (!one) return;
    const language = known?.languages.find((each) => each.read && each.name !== "sigma" && each.extensions.some((ending) => one.name.toLowerCase().endsWith(ending)));
    take({ ...state, read: language?.name ?? "auto", text: await one.text() });
    void refresh();
    file.value = ""; // so that the same file can be opened again
  };
  byId("open").addEventListener("click", () => file.click());
  file.addEventListener("change", () => void open(file.files?.[0]));
  const pane = byId("rule-pane");
  pane.addEventListener("dragover", (event) => {
    event.preventDefault();
    pane.classList.add("drop");
  });
  pane.addEventListener("dragleave", () => pane.classList.remove("drop"));
  pane.addEventListener("drop", (event) => {
    event.preventDefault();
    pane.classList.remove("drop");
    void open(event.dataTransfer?.files[0]);
  });
}

byId("read").append(el("option", { value: "auto" }, "by its form"), el("option", { value: "sigma" }, "Sigma"));
byId("read").addEventListener("change", (event) => {
  state.read = (event.target as HTMLSelectElement).value;
  void refresh();
});
byId("share").addEventListener("click", () => void share());
byId("views").addEventListener("click", (event) => {
  const tab = (event.target as HTMLElement).closest("[role=tab]");
  if (!tab) return;
  state.view = tab.id.replace("tab-", "") as View;
  if (!analysis) return void mark(state.view); // the engine is not there yet
  byId("panel").replaceChildren();
  void showView();
});
keys(byId("views"));
window.addEventListener("hashchange", () => {
  if (known) void follow(location.hash).then((found) => void (found && refresh()));
});
theme();
divider();
files();
void begin();
if ("serviceWorker" in navigator && location.protocol !== "file:") {
  window.addEventListener("load", () => void navigator.serviceWorker.register("./service.js", { type: "classic" }));
}
