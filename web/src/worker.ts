// The worker that runs Pyodide: it answers questions of the page, one after the other.

interface Python {
  unpackArchive(archive: ArrayBuffer, format: string, options: { extractDir: string }): void;
  runPython(code: string): unknown;
}

const SITE = "/lib/python3.14/site-packages";
const START = `
import sys
sys.path.insert(0, "${SITE}")
import yaml
if not hasattr(yaml, "CSafeLoader"):  # the parser in C is not there; pySigma asks for it by name
    yaml.CSafeLoader = yaml.SafeLoader
from transpile.faces.playground import answer
answer
`;

type Answer = (question: string) => string;

async function start(): Promise<Answer> {
  const runtime = new URL("./python/", self.location.href);
  const archive = fetch(new URL("packages.zip", runtime)).then((response) => response.arrayBuffer());
  const { loadPyodide } = (await import("./python/pyodide.mjs" as string)) as {
    loadPyodide(options: object): Promise<Python>;
  };
  const python = await loadPyodide({ indexURL: runtime.href });
  self.postMessage({ stage: "packages" });
  python.unpackArchive(await archive, "zip", { extractDir: SITE });
  return python.runPython(START) as Answer;
}

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
    self.postMessage({ id, answer: JSON.stringify({ error: String(error) }) });
  }
};
