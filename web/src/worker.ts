// The worker that runs Pyodide: it answers questions of the page, one after the other.
//
// After a first visit a second worker (named `remember`) keeps Python's memory, with every module imported, in the browser;
// later visits begin there instead of starting Python.

interface FileSystem {
  mkdirTree(path: string): void;
  writeFile(path: string, content: Uint8Array, options: { canOwn: boolean }): void;
}

interface Python {
  runPython(code: string): unknown;
  makeMemorySnapshot(): Uint8Array<ArrayBuffer>;
}

type Instantiate = (imports: object, done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void) => object;
type Create = (settings: { instantiateWasm: Instantiate }) => Promise<unknown>;

declare const RUNTIME: string; // what is in python/, as web/build.py found it

const KEPT = `transpile-memory-${RUNTIME}`;
const MEMORY = new URL("./python/memory", self.location.href);
const PAGE = 65_536; // of WebAssembly's memory, in bytes
const START = `
import sys
sys.path.insert(0, "/lib/python3.14/site-packages")
import yaml
if not hasattr(yaml, "CSafeLoader"):  # the parser in C is not there; pySigma asks for it by name
    yaml.CSafeLoader = yaml.SafeLoader
from transpile.faces.playground import answer
`;

type Answer = (question: string) => string;

/** The content of a file that may have come compressed. */
async function unpacked(response: Promise<Response>): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(await (await response).arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes; // the host has unpacked it
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Write the files of an archive: the length of an index, the index (names and sizes), the contents. */
function write(archive: Uint8Array<ArrayBuffer>, system: FileSystem, folder: string): void {
  const length = new DataView(archive.buffer).getUint32(0, true);
  const index = JSON.parse(new TextDecoder().decode(archive.subarray(4, 4 + length))) as [string, number][];
  let at = 4 + length;
  let last = "";
  for (const [name, size] of index) {
    const inside = `${folder}/${name.slice(0, Math.max(0, name.lastIndexOf("/")))}`;
    if (inside !== last) system.mkdirTree((last = inside));
    system.writeFile(`${folder}/${name}`, archive.subarray(at, at + size), { canOwn: true });
    at += size;
  }
}

/** The memory that an earlier visit kept. */
async function kept(): Promise<ArrayBuffer | null> {
  if (!("caches" in self)) return null; // not over HTTPS
  const found = await caches.match(MEMORY, { cacheName: KEPT }).catch(() => undefined);
  return found ? found.arrayBuffer() : null;
}

async function load(memory: ArrayBuffer | null, making: boolean): Promise<Python> {
  const runtime = new URL("./python/", self.location.href);
  const archive = unpacked(fetch(new URL("packages.bin", runtime)));
  const create = import("./python/pyodide.asm.mjs" as string) as Promise<{ default: Create }>;
  const { loadPyodide } = (await import("./python/pyodide.mjs" as string)) as { loadPyodide(options: object): Promise<Python> };
  return loadPyodide({
    indexURL: runtime.href,
    _makeSnapshot: making,
    ...(memory ? { _loadSnapshot: memory } : {}),
    createPyodideModule: async (settings: { instantiateWasm: Instantiate }) => (await create).default(memory ? roomy(settings, memory.byteLength) : settings),
    fsInit: async (system: FileSystem, { sitePackages }: { sitePackages: string }) => write(await archive, system, sitePackages),
  });
}

/** Settings by which Pyodide's memory is as large as the kept one from the start: it copies without growing it. */
function roomy<Settings extends { instantiateWasm: Instantiate }>(settings: Settings, size: number): Settings {
  const instantiateWasm: Instantiate = (imports, done) =>
    settings.instantiateWasm(imports, (instance, module) => {
      const memory = instance.exports["memory"] as WebAssembly.Memory;
      memory.grow(Math.max(0, Math.ceil((size - memory.buffer.byteLength) / PAGE)));
      done(instance, module);
    });
  return { ...settings, instantiateWasm };
}

async function start(): Promise<Answer> {
  const memory = await kept();
  let python = memory && (await load(memory, false).catch(() => null));
  if (!python) {
    python = await load(null, false);
    self.postMessage({ stage: "python" });
    python.runPython(START);
  }
  const answer = python.runPython("answer") as Answer;
  self.postMessage({ stage: memory ? "remembered" : "imported" });
  return answer;
}

/** Keep the memory of a Python that has answered a first question, of a text that is not the user's. */
async function remember(question: string): Promise<void> {
  if (await caches.match(MEMORY, { cacheName: KEPT })) return;
  const python = await load(null, true);
  python.runPython(`${START}\nimport gc\nanswer(${JSON.stringify(question)})\n_ = gc.collect()`);
  const memory = python.makeMemorySnapshot();
  for (const name of await caches.keys()) if (name.startsWith("transpile-memory-")) await caches.delete(name);
  await (await caches.open(KEPT)).put(MEMORY, new Response(memory));
}

if (self.name === "remember") {
  self.onmessage = async (event: MessageEvent<string>) => {
    await remember(event.data).catch(() => undefined); // the next visit starts Python as this one did
    self.close();
  };
} else {
  const started = start().catch((error: unknown) => {
    self.postMessage({ failed: String(error) });
    throw error;
  });
  self.onmessage = async (event: MessageEvent<{ id: number; question: string }>) => {
    const { id, question } = event.data;
    try {
      const answer = await started;
      self.postMessage({ id, answer: answer(question) });
    } catch (error) {
      const { name, message } = error as Error;
      const reason = message.trim().split("\n").at(-1)!; // the last line of Python's traceback
      self.postMessage({ id, answer: JSON.stringify({ error: reason }), broken: name !== "PythonError" });
    }
  };
}
