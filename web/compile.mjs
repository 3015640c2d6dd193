// Compiles Python sources with the very Pyodide that the page runs: node compile.mjs SITE PACKAGES.zip KNOWN.json RUNTIME
//
// Each module becomes an empty source beside its code, so that the page need neither parse nor fetch the text.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { loadPyodide } from "pyodide";

const [site, output, known, runtime] = process.argv.slice(2);

function* files(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

// The page's own copy of Python's library, so that what it lacks shows here.
const python = await loadPyodide({ stdLibURL: join(runtime, "python_stdlib.zip") });
python.FS.mkdirTree("/site");
for (const path of files(site)) {
  const target = `/site/${relative(site, path)}`;
  python.FS.mkdirTree(target.slice(0, target.lastIndexOf("/")));
  python.FS.writeFile(target, readFileSync(path));
}
python.runPython(readFileSync(new URL("compile.py", import.meta.url), "utf-8"));
writeFileSync(known, python.FS.readFile("/known.json"));
writeFileSync(output, python.FS.readFile("/packages.zip"));
