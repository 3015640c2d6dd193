// Checks Kusto queries with Microsoft's parser (@kusto/language-service-next).
//
// Reads one JSON object a line from stdin, {"id": ..., "query": "..."}, and writes one a line, in the same order:
// {"id": ..., "diagnostics": [{"code", "severity", "message", "start", "length"}]}.
//
//   node microsoft.mjs                      syntax only
//   node microsoft.mjs --schema tables.json names too: unknown tables (KS204), columns (KS142), operand types (KS106)
//
// tables.json: {"SecurityEvent": {"EventID": "int", "Account": "string"}, "_Im_Dns(pack: bool = false)": {...}}; a name with
// parameters is a function that returns such a table. The package is looked for in the folder that TRANSPILE_NODE_MODULES
// names, then beside this file.

import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import vm from "node:vm";
import { fileURLToPath } from "node:url";

function load() {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const places = [process.env.TRANSPILE_NODE_MODULES, path.join(here, "node_modules")].filter(Boolean);
  const manifest = createRequire(import.meta.url).resolve("@kusto/language-service-next/package.json", { paths: places });
  for (const file of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
    const script = path.join(path.dirname(manifest), file);
    vm.runInThisContext(fs.readFileSync(script, "utf8"), { filename: file });
  }
  return globalThis.Kusto.Language;
}

function globalsOf(Language, tables) {
  const { TableSymbol, FunctionSymbol, DatabaseSymbol } = Language.Symbols;
  const symbols = Object.entries(tables).map(([name, columns]) => {
    const schema = Object.entries(columns).map(([column, type]) => `${bracketed(column)}: ${type}`).join(", ");
    const [, plain, parameters] = name.match(/^([^(]*)(\(.*\))?$/);
    const table = TableSymbol.From(`(${schema})`).WithName(plain);
    if (parameters === "()") return new FunctionSymbol.$ctor5(plain, table, []); // much quicker than one with a body
    return parameters ? new FunctionSymbol.$ctor16(plain, parameters, `{ datatable (${schema}) [] }`, "") : table;
  });
  return Language.GlobalState.Default.WithDatabase(new DatabaseSymbol.ctor("db", symbols));
}

function bracketed(name) {
  return `['${name.replaceAll("'", "\\'")}']`;
}

function* items(list) {
  for (let i = 0; i < list.Count; i++) yield list.getItem(i);
}

const Language = load();
const place = process.argv.indexOf("--schema");
const tables = place > 0 ? JSON.parse(fs.readFileSync(process.argv[place + 1], "utf8")) : null;
const globals = tables ? globalsOf(Language, tables) : null;

const out = [];
for (const line of fs.readFileSync(0, "utf8").split("\n")) {
  if (!line.trim()) continue;
  const { id, query } = JSON.parse(line);
  const code = globals ? Language.KustoCode.ParseAndAnalyze(query, globals) : Language.KustoCode.Parse(query);
  const diagnostics = [...items(code.GetDiagnostics())].map((one) => ({
    code: one.Code,
    severity: one.Severity,
    message: one.Message,
    start: one.Start,
    length: one.Length,
  }));
  out.push(JSON.stringify({ id, diagnostics }));
}
process.stdout.write(out.map((line) => line + "\n").join(""));
