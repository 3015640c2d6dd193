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
  extensions: string[];
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
  models: string[];
  files: { path: string; text: string }[];
  outcomes: { title: string | null; status: string; diagnostics: Diagnostic[] }[];
}

type Failed = { error: string };
type Waiting = { question: object; resolve(answer: unknown): void };
type Open = { kind: string; question: string; settle(answer: unknown): void };
type Message = { id?: number; answer?: string; stage?: string; failed?: string; broken?: boolean };

const LIMITS: Record<string, number> = { analyse: 30, prove: 30 }; // seconds that a question may take
const LIMIT = 10; // of the other kinds

/** A question that a newer one of its kind has taken the place of. */
export class Superseded extends Error {}

export class Worker_ {
  private worker: Worker;
  private readonly open = new Map<number, Open>(); // in the order in which the worker answers them
  private readonly busy = new Map<string, Waiting | null>();
  private last = 0;
  private ready = false;
  private watched = 0; // the question whose time runs
  private timer = 0;

  constructor(
    private readonly stage: (name: string) => void,
    private readonly failed: (reason: string) => void,
  ) {
    this.worker = this.start();
  }

  private start(): Worker {
    const worker = new Worker("./worker.js", { type: "module" });
    worker.onmessage = (event: MessageEvent<Message>) => {
      const { id, answer, stage, failed, broken } = event.data;
      if (stage !== undefined) {
        this.ready ||= stage === "remembered" || stage === "imported";
        this.stage(stage);
      } else if (failed !== undefined) this.failed(failed);
      else if (id !== undefined && answer !== undefined) this.settle(id, parsed(answer));
      if (broken) this.restart();
      this.watch();
    };
    worker.onerror = (event) => this.failed(event.message);
    return worker;
  }

  /** Begin again with a new engine, which is asked what the old one had not answered. */
  private restart(): void {
    this.worker.terminate();
    this.ready = false;
    this.worker = this.start();
    for (const [id, { question }] of this.open) this.worker.postMessage({ id, question });
  }

  /** Let the time of the question that the worker is at run, from when it began with it. */
  private watch(): void {
    const [id, question] = this.open.entries().next().value ?? [0, null];
    if (this.ready && id === this.watched) return;
    window.clearTimeout(this.timer);
    this.watched = this.ready ? id : 0;
    if (!this.ready || !question) return;
    const limit = LIMITS[question.kind] ?? LIMIT;
    this.timer = window.setTimeout(() => {
      this.settle(id, { error: `This took longer than ${limit} seconds and was stopped; a regular expression or a long rule may be the cause.` });
      this.restart();
      this.watch();
    }, limit * 1000);
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
    const settle = (answer: unknown): void => {
      const next = this.busy.get(kind);
      if (next) {
        this.busy.set(kind, null);
        this.send(kind, next);
      } else this.busy.delete(kind);
      resolve(answer);
    };
    const sent = JSON.stringify(question);
    this.open.set(id, { kind, question: sent, settle });
    this.worker.postMessage({ id, question: sent });
    this.watch();
  }

  private settle(id: number, answer: unknown): void {
    const asked = this.open.get(id);
    this.open.delete(id);
    asked?.settle(answer);
  }
}

function parsed(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch (error) {
    return { error: `The engine's answer cannot be read: ${String(error)}` };
  }
}
