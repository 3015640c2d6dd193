// What the right side shows: pure functions from answers to elements.

import type { Conversion, Deployed, Diagnostic, Example, Explained, Known, Matches, Proofs, Verdict } from "./ask";
import { coloured, download, el } from "./dom";

export const WORDS: Record<string, string> = {
  exact: "exact",
  approximate: "approximate",
  refused: "refused",
  error: "not read",
};

/** Why a query is not exact, or what is worth knowing. */
export function reasons(diagnostics: Diagnostic[], go: (line: number, column: number) => void): HTMLElement[] {
  return diagnostics.map((one) =>
    el(
      "p",
      { class: `why ${one.severity}` },
      el("code", {}, one.code),
      ` ${one.message} `,
      one.line !== null
        ? el("button", { type: "button", class: "go", click: () => go(one.line!, one.column ?? 1) }, `line ${one.line}`)
        : null,
      one.hint ? el("span", { class: "hint" }, one.hint) : null,
    ),
  );
}

export interface QueryActions {
  go(line: number, column: number): void;
  copied(): void;
}

/** The queries of one language, rule by rule. */
export function queries(rules: Conversion[][], target: string, extension: string, actions: QueryActions): HTMLElement {
  const chosen = rules.map((rule) => rule.find((one) => one.target === target)).filter((one) => one !== undefined);
  const made = el("div", {});
  for (const one of chosen) {
    const name = (one.title ?? "query").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, "") || "query";
    made.append(
      el(
        "div",
        { class: "row" },
        el("span", { class: `badge ${one.status}`, "data-status": one.status }, el("span", { class: "dot" }), WORDS[one.status]),
        el("span", { class: "muted grow" }, rules.length > 1 ? (one.title ?? "") : `model ${one.model}`),
        one.query !== null && el("button", { type: "button", class: "copy take", click: () => void copy(one.query!, actions.copied) }, "Copy"),
        one.query !== null &&
          el("button", { type: "button", class: "take", click: () => download(name + extension, one.query! + "\n") }, "Download"),
      ),
    );
    if (one.query !== null) made.append(el("pre", { class: "query", role: "region", tabindex: "0", "aria-label": `Query, ${target}` }, coloured(one.pieces)));
    made.append(...reasons(one.diagnostics, actions.go));
  }
  return made;
}

async function copy(text: string, done: () => void): Promise<void> {
  await navigator.clipboard.writeText(text);
  done();
}

/** The proofs: a verdict a language, then events with what rule and queries say of them. */
export function proof(found: Proofs, known: Known): HTMLElement {
  const title = (name: string) => known.languages.find((one) => one.name === name)?.title.replace(/ \(.*/, "") ?? name;
  const made = el("div", {});
  for (const rule of found.rules) {
    if (found.rules.length > 1) made.append(el("h3", { class: "rule-title" }, rule.title ?? "Rule"));
    made.append(
      el(
        "table",
        { class: "proofs" },
        el("thead", {}, el("tr", {}, el("th", {}, "Query"), el("th", {}, "Verdict"), el("th", {}, "What was compared"))),
        el(
          "tbody",
          {},
          ...rule.proofs.map((one) =>
            el(
              "tr",
              {},
              el("td", { class: "name" }, title(one.target)),
              el("td", {}, el("span", { class: `badge ${one.verdict}` }, el("span", { class: "dot" }), one.verdict)),
              el(
                "td",
                {},
                one.reason ?? "",
                one.verdict === "proven"
                  ? `the same answer on ${one.streams !== undefined ? `${one.streams} streams` : `${one.events} events`}, ${one.matching} of which match`
                  : "",
                one.direction !== "exact" ? ` (held to being ${one.direction})` : "",
              ),
            ),
          ),
        ),
      ),
    );
    if (rule.examples.length) made.append(examples(rule.examples));
  }
  return made;
}

function examples(found: Example[]): HTMLElement {
  const targets = [...new Set(found.flatMap((one) => Object.keys(one.queries)))];
  return el(
    "div",
    {},
    el("p", { class: "muted" }, "Events made from the rule: some match, others miss by one detail. Every query has to agree with the rule."),
    el(
      "div",
      { class: "wide", role: "region", tabindex: "0", "aria-label": "Events and verdicts" },
      el(
        "table",
        { class: "verdicts" },
        el("thead", {}, el("tr", {}, ...["Event", "Rule", ...targets].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, ...found.map((one) => example(one, targets))),
      ),
    ),
  );
}

function example(one: Example, targets: string[]): HTMLElement {
  const same = (verdict: unknown) => JSON.stringify(verdict) === JSON.stringify(one.rule);
  const cells = targets.map((name) => {
    const verdict = one.queries[name];
    return el("td", { class: verdict === undefined || same(verdict) ? undefined : "wrong" }, said(verdict));
  });
  const times = one.events.map((event) => event.time);
  const shown = times[0] === null ? one.events : one.events.slice(0, 6);
  return el(
    "tr",
    {},
    el(
      "td",
      {},
      times[0] === null ? null : timeline(times as string[]),
      ...shown.map((event) => eventOf(event.event, event.time)),
      one.events.length > shown.length ? el("div", { class: "group" }, `and ${one.events.length - shown.length} more events`) : null,
      el("div", { class: "group" }, one.why),
    ),
    el("td", {}, said(one.rule)),
    ...cells,
  );
}

function said(verdict: boolean | string[] | undefined): Node {
  if (verdict === undefined) return el("span", { class: "no", title: "the platform cannot hold these events, or its meaning is not documented" }, "?");
  const holds = Array.isArray(verdict) ? verdict.length > 0 : verdict;
  const words = Array.isArray(verdict) && verdict.length ? verdict.join("; ") : "";
  const sign = el("span", { role: "img", "aria-label": holds ? "matches" : "does not match" }, holds ? "✓" : "–");
  return el("span", { class: holds ? "yes" : "no" }, sign, words && words !== "all events" ? el("div", { class: "group" }, words) : null);
}

/** When the events of a stream happen, on one line. */
function timeline(times: string[]): Node {
  const moments = times.map((time) => Date.parse(time));
  const [first, last] = [Math.min(...moments), Math.max(...moments)];
  const seconds = (last - first) / 1000;
  const label = `${times.length} events within ${seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 6) / 10} min`}`;
  const space = "http://www.w3.org/2000/svg";
  const made = document.createElementNS(space, "svg");
  made.setAttribute("class", "timeline");
  made.setAttribute("viewBox", "0 0 400 30");
  made.setAttribute("preserveAspectRatio", "none");
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", label);
  const line = document.createElementNS(space, "line");
  for (const [name, value] of Object.entries({ x1: "10", x2: "390", y1: "15", y2: "15" })) line.setAttribute(name, value);
  made.append(line);
  for (const moment of moments) {
    const dot = document.createElementNS(space, "circle");
    dot.setAttribute("cx", String(10 + (last > first ? ((moment - first) / (last - first)) * 380 : 0)));
    dot.setAttribute("cy", "15");
    dot.setAttribute("r", "5");
    made.append(dot);
  }
  return el("div", {}, made, el("div", { class: "group" }, label));
}

function eventOf(event: Record<string, unknown>, time: string | null = null): HTMLElement {
  const fields = Object.entries(event);
  return el(
    "div",
    { class: "event" },
    time ? el("span", { class: "group" }, `${time.slice(11).replace("Z", "")} `) : null,
    ...(fields.length ? fields.flatMap(([name, value], at) => [at ? ", " : "", el("b", {}, name), `: ${JSON.stringify(value)}`]) : [el("span", { class: "nothing" }, "no field at all")]),
  );
}

/** What the rules said of one's own events. */
export function matches(found: Matches): HTMLElement {
  const made = el("div", {});
  const count = new Set(found.hits.map((hit) => hit.event)).size;
  made.append(el("p", {}, el("b", {}, `${count} of ${found.events} event${found.events === 1 ? "" : "s"} matched`), found.alerts.length ? `, ${found.alerts.length} alerts` : ""));
  if (found.untimed) made.append(el("p", { class: "why warning" }, `${found.untimed} events say no time and were not correlated`));
  for (const alert of found.alerts) {
    const group = Object.entries(alert.group).map(([name, value]) => `${name}: ${String(value)}`).join(", ");
    made.append(el("p", { class: "why error" }, el("b", {}, alert.title), ` ${alert.events} events, ${alert.first} to ${alert.last}${group ? ` (${group})` : ""}; events ${alert.records.join(", ")}`));
  }
  for (const rule of found.rules) {
    made.append(el("h3", { class: "rule-title" }, rule.title));
    rule.events.forEach((parts, at) => {
      const hit = found.hits.some((one) => one.event === at + 1 && one.title === rule.title);
      made.append(
        el(
          "details",
          { open: !hit && at < 3 },
          el("summary", {}, el("span", { class: hit ? "yes" : "no" }, hit ? `Event ${at + 1} matches` : `Event ${at + 1} does not match`), " ", eventOf(found.given[at] ?? {})),
          el("p", { class: "group" }, `condition: ${rule.conditions.join("; ")}`),
          ...parts.map((part) => el("div", { class: "part" }, el("h4", { class: part.holds ? "holds" : "fails" }, part.name ?? ""), el("ul", { class: "outline" }, verdict(part)))),
        ),
      );
    });
  }
  return made;
}

function verdict(one: Verdict): HTMLElement {
  return el(
    "li",
    {},
    el("span", { class: one.holds ? "holds" : "fails" }, one.line),
    one.below.length ? el("ul", {}, ...one.below.map(verdict)) : null,
  );
}

/** A rule in words, and the work of the data models. */
export function explained(found: Explained): HTMLElement {
  const made = el("div", {});
  for (const rule of found.rules) {
    made.append(
      el("h3", { class: "rule-title" }, rule.title ?? "Rule"),
      rule.description ? el("p", {}, rule.description) : "",
      el("p", { class: "muted" }, [rule.logsources.join("; "), rule.level && `level ${rule.level}`, rule.status, rule.tags.join(", ")].filter(Boolean).join(" · ")),
      el("p", {}, el("b", {}, "Matches when "), el("code", {}, rule.conditions.join("; "))),
      ...rule.parts.map((part) => el("div", { class: "part" }, el("h4", {}, part.name), el("pre", {}, part.lines.join("\n")))),
      el("h3", { class: "rule-title" }, "What the data models made of it"),
      el(
        "table",
        { class: "mapping" },
        el("thead", {}, el("tr", {}, ...["model", "in the rule", "on the platform", "by line"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, ...rule.mapping.map((row) => el("tr", {}, el("td", {}, row.model), el("td", {}, row.was), el("td", {}, el("code", {}, row.became || "the log source says it")), el("td", { class: "muted" }, row.by)))),
      ),
    );
  }
  return made;
}

/** The files of a platform's importer. */
export function deployed(found: Deployed, copied: () => void, go: (line: number, column: number) => void): HTMLElement {
  const refused = found.outcomes.filter((one) => one.status === "refused" || one.status === "error");
  return el(
    "div",
    {},
    el("p", { class: "muted" }, `Data model: ${found.models.join(", ")}`),
    ...refused.flatMap((one) => [el("p", { class: "why error" }, `${one.title ?? "Rule"}: ${one.status}`), ...reasons(one.diagnostics, go)]),
    ...found.files
      .filter((one) => one.text.trim() && !one.path.endsWith("manifest.json"))
      .map((one) =>
        el(
          "details",
          { open: found.files.length < 4 || /savedsearches|rules|detections/.test(one.path) },
          el("summary", {}, el("code", {}, one.path)),
          el(
            "div",
            { class: "row" },
            el("span", { class: "grow" }),
            el("button", { type: "button", class: "take", click: () => void copy(one.text, copied) }, "Copy"),
            el("button", { type: "button", class: "take", click: () => download(one.path.split("/").at(-1)!, one.text) }, "Download"),
          ),
          el("pre", { role: "region", tabindex: "0", "aria-label": one.path }, one.text),
        ),
      ),
  );
}
