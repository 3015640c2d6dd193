// Questions to the worker. Of each kind one is under way; while it is, only the newest waits.

export interface Fix {
  title: string;
  proved: boolean;
  edits: { from: number; to: number; insert: string }[];
}

export interface Finding {
  key: string;
  from: number;
  to: number;
  line: number | null;
  column: number | null;
  severity: "error" | "warning" | "note";
  code: string;
  message: string;
  hint: string | null;
  targets: string[];
  explanation: string;
  fixes: Fix[];
}

export interface Diagnostic {
  code: string;
  severity: "error" | "warning" | "note";
  message: string;
  line: number | null;
  column: number | null;
  hint: string | null;
}

export interface Conversion {
  id: string | null;
  title: string | null;
  target: string;
  model: string;
  status: "exact" | "approximate" | "refused" | "error";
  query: string | null;
  diagnostics: Diagnostic[];
  pieces: [string, string][];
}

export interface Analysis {
  language: string;
  findings: Finding[];
  rules: Conversion[][];
}

export interface Language {
  name: string;
  title: string;
  extension: string;
  read: boolean;
  default: boolean;
  model: string;
  models: string[];
}

export interface Known {
  version: string;
  languages: Language[];
  platforms: { name: string; title: string; languages: string[] }[];
}

export interface Example {
  events: { time: string | null; event: Record<string, unknown> }[];
  why: string;
  rule: boolean | string[];
  queries: Record<string, boolean | string[]>;
}

export interface Proof {
  target: string;
  verdict: "proven" | "disproven" | "unproven" | "refused" | "error";
  reason: string | null;
  direction: string;
  events: number;
  matching: number;
  streams?: number;
  counterexample: Record<string, unknown> | null;
}

export interface Proofs {
  rules: { title: string | null; proofs: Proof[]; examples: Example[] }[];
}

export interface Verdict {
  name?: string;
  line: string;
  holds: boolean;
  below: Verdict[];
}

export interface Matches {
  events: number;
  given: Record<string, unknown>[];
  hits: { rule: string | null; title: string; event: number }[];
  alerts: { title: string; group: Record<string, unknown>; first: string; last: string; events: number; records: number[] }[];
  untimed: number;
  rules: { title: string; conditions: string[]; events: Verdict[][] }[];
}

export interface Explained {
  rules: {
    title: string | null;
    logsources: string[];
    level: string | null;
    status: string | null;
    tags: string[];
    description: string | null;
    conditions: string[];
    parts: { name: string; lines: string[] }[];
    mapping: { model: string; was: string; became: string; by: string }[];
  }[];
}

export interface Deployed {
  files: { path: string; text: string }[];
  outcomes: { title: string | null; status: string; diagnostics: Diagnostic[] }[];
}

type Failed = { error: string };
type Waiting = { question: object; resolve(answer: unknown): void };

/** A question that a newer one of its kind has taken the place of. */
export class Superseded extends Error {}

export class Worker_ {
  private readonly worker = new Worker("./worker.js", { type: "module" });
  private readonly open = new Map<number, (answer: unknown) => void>();
  private readonly busy = new Map<string, Waiting | null>();
  private last = 0;

  constructor(stage: (name: string) => void, failed: (reason: string) => void) {
    this.worker.onmessage = (event: MessageEvent<{ id?: number; answer?: string; stage?: string; failed?: string }>) => {
      const { id, answer, stage: name, failed: reason } = event.data;
      if (name !== undefined) stage(name);
      else if (reason !== undefined) failed(reason);
      else if (id !== undefined && answer !== undefined) {
        this.open.get(id)?.(JSON.parse(answer));
        this.open.delete(id);
      }
    };
    this.worker.onerror = (event) => failed(event.message);
  }

  /** The answer; throws `Superseded`, or an `Error` with what was wrong with the question. */
  async ask<T>(ask: string, rest: object = {}): Promise<T> {
    const question = { ask, ...rest };
    const answer = await new Promise<unknown>((resolve) => {
      const waiting = { question, resolve };
      if (this.busy.has(ask)) {
        this.busy.get(ask)?.resolve(new Superseded());
        this.busy.set(ask, waiting);
      } else {
        this.busy.set(ask, null);
        this.send(ask, waiting);
      }
    });
    if (answer instanceof Superseded) throw answer;
    if ((answer as Failed).error !== undefined) throw new Error((answer as Failed).error);
    return answer as T;
  }

  private send(kind: string, { question, resolve }: Waiting): void {
    const id = ++this.last;
    this.open.set(id, (answer) => {
      const next = this.busy.get(kind);
      if (next) {
        this.busy.set(kind, null);
        this.send(kind, next);
      } else this.busy.delete(kind);
      resolve(answer);
    });
    this.worker.postMessage({ id, question: JSON.stringify(question) });
  }
}
