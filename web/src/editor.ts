// The editor: colours, findings, completion and hover come from the worker.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type CompletionContext } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  hoverTooltip,
  keymap,
  lineNumbers,
  type DecorationSet,
} from "@codemirror/view";
import type { Finding } from "./ask";
import { el, markdown } from "./dom";

export interface Asks {
  changed(text: string): void;
  complete(text: string, at: number): Promise<{ from: number; options: { label: string; type: string; detail: string }[] } | null>;
  hover(text: string, at: number): Promise<{ markdown?: string; from?: number; to?: number } | null>;
}

const setColours = StateEffect.define<[string, string][]>();

const colours = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    let next = value.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(setColours)) next = decorations(effect.value, transaction.state.doc.length);
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function decorations(pieces: [string, string][], length: number): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  let at = 0;
  for (const [kind, text] of pieces) {
    const end = at + text.length;
    if (kind && end <= length && end > at) builder.add(at, end, Decoration.mark({ class: `t-${kind}` }));
    at = end;
  }
  return builder.finish();
}

const TYPES: Record<string, string> = {
  field: "property",
  key: "keyword",
  modifier: "function",
  value: "enum",
  tag: "constant",
  selection: "variable",
  operator: "keyword",
  rule: "class",
};

export class Editor {
  readonly view: EditorView;

  constructor(parent: HTMLElement, asks: Asks) {
    const completion = async (context: CompletionContext) => {
      if (!context.explicit && !context.matchBefore(/[\w.|-]$|: $|- $/)) return null;
      const found = await asks.complete(context.state.doc.toString(), context.pos);
      if (!found?.options.length) return null;
      return {
        from: found.from,
        options: found.options.map((one) => ({ label: one.label, type: TYPES[one.type], detail: one.detail })),
        validFor: /^[\w.-]*$/,
      };
    };
    const tooltip = hoverTooltip(async (view, at) => {
      const found = await asks.hover(view.state.doc.toString(), at);
      if (!found?.markdown || found.from === undefined) return null;
      return { pos: found.from, end: found.to, create: () => ({ dom: markdown(found.markdown!) }) };
    });
    this.view = new EditorView({
      parent,
      state: EditorState.create({
        extensions: [
          lineNumbers(),
          lintGutter(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          highlightSelectionMatches(),
          bracketMatching(),
          closeBrackets(),
          indentUnit.of("  "),
          EditorView.lineWrapping,
          autocompletion({ override: [completion], icons: false }),
          tooltip,
          colours,
          keymap.of([
            ...closeBracketsKeymap,
            ...defaultKeymap,
            ...searchKeymap,
            ...historyKeymap,
            ...completionKeymap,
            ...lintKeymap,
            indentWithTab,
          ]),
          EditorView.contentAttributes.of({ "aria-label": "Rule", "aria-describedby": "way-out", spellcheck: "false", autocapitalize: "off" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) asks.changed(update.state.doc.toString());
          }),
        ],
      }),
    });
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  set text(text: string) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text }, selection: { anchor: 0 } });
  }

  colour(text: string, pieces: [string, string][]): void {
    if (text === this.text) this.view.dispatch({ effects: setColours.of(pieces) });
  }

  show(text: string, findings: Finding[]): void {
    if (text !== this.text) return;
    const shown = findings.map((one): Diagnostic => {
      const end = Math.min(Math.max(one.to, one.from + 1), text.length);
      return {
        from: Math.min(one.from, end),
        to: end,
        severity: one.severity === "note" ? "info" : one.severity,
        source: one.code,
        message: one.message,
        renderMessage: () =>
          el("span", {}, el("b", {}, one.code), ` ${one.message}`, one.hint ? el("i", { class: "hint" }, one.hint) : null),
        actions: one.fixes.map((fix) => ({ name: fix.title, apply: () => this.apply(fix.edits) })),
      };
    });
    this.view.dispatch(setDiagnostics(this.view.state, shown));
  }

  apply(edits: { from: number; to: number; insert: string }[]): void {
    this.view.dispatch({ changes: edits });
    this.view.focus();
  }

  go(offset: number): void {
    const at = Math.min(offset, this.view.state.doc.length);
    this.view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
    this.view.focus();
  }
}
