// The extension starts `transpile lsp` and shows what its commands answer. It holds no logic about rules.

import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions } from "vscode-languageclient/node";

const SCHEME = "transpile-queries";
const LANGUAGES = ["yaml", "spl", "kusto", "eql", "esql", "yaral"];

let client: LanguageClient | undefined;

/** Pages of queries, each shown beside its rule and replaced when it is shown again. */
class Pages implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changes.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }

  put(uri: vscode.Uri, text: string): void {
    this.texts.set(uri.toString(), text);
    this.changes.fire(uri);
  }
}

interface Shown {
  title: string;
  markdown: string;
}

interface Proof {
  target: string;
  verdict: string;
  reason: string | null;
}

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const pages = new Pages();
  context.subscriptions.push(
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, pages),
    vscode.commands.registerCommand("transpile.showQueries", () => atCursor((uri, line) => show(pages, uri, line))),
    vscode.commands.registerCommand("transpile.proveRule", () => atCursor(prove)),
    vscode.commands.registerCommand("transpile.restart", () => client?.restart()),
  );
  client = new LanguageClient("transpile", "transpile", server(), options(pages));
  try {
    await client.start();
  } catch (error) {
    const [command] = setting("command");
    void vscode.window.showErrorMessage(
      `transpile: \`${command}\` does not start. Install it with: pip install 'transpile[lsp]' (${String(error)})`,
    );
  }
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

function setting(name: "command" | "to" | "models"): string[] {
  return vscode.workspace.getConfiguration("transpile").get<string[]>(name) ?? [];
}

function server(): ServerOptions {
  const [command = "transpile", ...args] = setting("command");
  return { command, args };
}

function options(pages: Pages): LanguageClientOptions {
  return {
    documentSelector: LANGUAGES.flatMap((language) => [
      { scheme: "file", language },
      { scheme: "untitled", language },
    ]),
    initializationOptions: { to: setting("to"), models: setting("models") },
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/{transpile.toml,*.yml,*.yaml}") },
    middleware: {
      // The commands behind code lenses are the server's; what they answer is shown here.
      executeCommand: async (command, args, next) => {
        const answer: unknown = await next(command, args);
        if (command === "transpile.queries") {
          await present(pages, answer as Shown);
        } else if (command === "transpile.prove") {
          tell((answer as { proofs: Proof[] }).proofs);
        }
        return answer;
      },
    },
  };
}

async function atCursor(run: (uri: string, line: number) => Promise<unknown>): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor) {
    await run(editor.document.uri.toString(), editor.selection.active.line + 1);
  }
}

async function show(pages: Pages, uri: string, line: number): Promise<void> {
  const request = { command: "transpile.queries", arguments: [uri, line] };
  await present(pages, (await client?.sendRequest("workspace/executeCommand", request)) as Shown);
}

async function prove(uri: string, line: number): Promise<void> {
  const request = { command: "transpile.prove", arguments: [uri, line] };
  const answer = (await client?.sendRequest("workspace/executeCommand", request)) as { proofs: Proof[] };
  tell(answer.proofs);
}

/** The queries as a page of Markdown beside the rule. */
async function present(pages: Pages, shown: Shown): Promise<void> {
  const name = shown.title.replace(/[^\p{L}\p{N} ._-]/gu, "_").slice(0, 80) || "rule";
  const uri = vscode.Uri.from({ scheme: SCHEME, path: `${name}.md` });
  pages.put(uri, shown.markdown);
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true });
}

function tell(proofs: Proof[]): void {
  const told = proofs.map((one) => `${one.target} ${one.verdict}${one.reason ? ` (${one.reason})` : ""}`).join("; ");
  const wrong = proofs.some((one) => one.verdict === "disproven");
  void (wrong ? vscode.window.showWarningMessage(told) : vscode.window.showInformationMessage(told));
}
