// Small pieces of the page. Text of rules only ever becomes text nodes.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | boolean | ((event: Event) => void) | undefined>;

/** An element with attributes (functions are listeners) and children. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (typeof value === "string") made.setAttribute(name, value);
  }
  made.append(...children.filter((child): child is Node | string => Boolean(child)));
  return made;
}

/** The element of the page with an id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** A query or text in coloured pieces. */
export function coloured(pieces: [string, string][]): DocumentFragment {
  const made = document.createDocumentFragment();
  for (const [kind, text] of pieces) made.append(kind ? el("span", { class: `t-${kind}` }, text) : text);
  return made;
}

/** The Markdown that hovers are written in: paragraphs, bold, code, links as text, fenced code and tables. */
export function markdown(text: string): HTMLElement {
  const made = el("div", { class: "markdown" });
  for (const block of text.split(/\n{2,}/)) {
    const fence = /^```\w*\n([\s\S]*?)\n?```$/.exec(block);
    const rows = block.split("\n").filter((line) => line.startsWith("|"));
    if (fence) made.append(el("pre", {}, fence[1]!));
    else if (rows.length > 1) made.append(table(rows));
    else made.append(el("p", {}, ...inline(block)));
  }
  return made;
}

function table(rows: string[]): HTMLElement {
  const cells = (row: string) => row.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim());
  const [head, , ...body] = rows;
  return el(
    "table",
    {},
    el("thead", {}, el("tr", {}, ...cells(head!).map((cell) => el("th", {}, ...inline(cell))))),
    el("tbody", {}, ...body.map((row) => el("tr", {}, ...cells(row).map((cell) => el("td", {}, ...inline(cell)))))),
  );
}

function inline(text: string): (Node | string)[] {
  return text.split(/(\*\*.+?\*\*|`[^`]*`)/).map((part) => {
    const plain = part.replace(/\\(.)/g, "$1").replace(/<(https:[^>]*)>/g, "$1");
    if (part.startsWith("**")) return el("strong", {}, plain.slice(2, -2));
    if (part.startsWith("`")) return el("code", {}, part.slice(1, -1).replace(/\\\|/g, "|"));
    return plain;
  });
}

/** Offer a text as a file. */
export function download(name: string, text: string): void {
  const link = el("a", { href: URL.createObjectURL(new Blob([text], { type: "text/plain" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** A tab list: arrow keys move, and the chosen tab is told. */
export function keys(list: HTMLElement): void {
  list.addEventListener("keydown", (event) => {
    const tabs = [...list.querySelectorAll<HTMLElement>("[role=tab]")];
    const at = tabs.indexOf(document.activeElement as HTMLElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -at, End: tabs.length - 1 - at }[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    const next = tabs[(at + step + tabs.length) % tabs.length]!;
    next.focus();
    next.click();
  });
}
