// Compiles Python sources with the very Pyodide that the page runs: node compile.mjs SITE RUNTIME KNOWN.json
//
// Python's own library in RUNTIME comes as sources; it is compiled too, which halves the time that Python takes to start.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { loadPyodide } from "pyodide";

const [site, runtime, known] = process.argv.slice(2);
const library = join(runtime, "python_stdlib.zip");

function* files(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

// The page's own copy of Python's library, so that what it lacks shows here. Code without the columns of its
// instructions, which only tracebacks show, is a quarter smaller.
const python = await loadPyodide({ stdLibURL: library, env: { PYTHONNODEBUGRANGES: "1" } });
python.FS.mkdirTree("/site");
for (const path of files(site)) {
  const target = `/site/${relative(site, path)}`;
  python.FS.mkdirTree(target.slice(0, target.lastIndexOf("/")));
  python.FS.writeFile(target, readFileSync(path));
}
python.FS.writeFile("/library.zip", readFileSync(library));
python.runPython(readFileSync(new URL("compile.py", import.meta.url), "utf-8"));
writeFileSync(known, python.FS.readFile("/known.json"));
writeFileSync(library, python.FS.readFile("/compiled.zip"));
writeFileSync(join(runtime, "packages.bin"), gzipSync(python.FS.readFile("/packages.bin"), { level: 9 }));
