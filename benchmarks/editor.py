"""How long an editor waits for findings: a file of fifty rules, one keystroke after the other, each answered.

python -m benchmarks.editor [FOLDER OF SIGMA RULES] [--edits 1000]
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from tests.faces.lsp_client import Editor


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", nargs="?", default="rules")
    options.add_argument("--edits", type=int, default=1000)
    given = options.parse_args()
    paths = sorted(path for path in Path(given.folder).rglob("*.yml") if not path.name.endswith(".tests.yml"))
    step = max(1, len(paths) // 50)
    texts = [text for path in paths[::step] if "correlation:" not in (text := path.read_text())][:50]
    editor = Editor(Path("/nowhere"), debounce=0)
    started = time.perf_counter()
    editor.open("rules.yml", "\n---\n".join(texts))
    print(f"{len(texts)} rules, {sum(map(len, texts)):,} characters: first findings after {_ms(started):.0f} ms")
    waits, memory = [], []
    for count in range(given.edits):
        at = count % len(texts)
        texts[at] = texts[at].replace("title: ", "title: x", 1) if count % 2 else texts[at] + "\n"
        started = time.perf_counter()
        editor.diagnostics("rules.yml", editor.change("rules.yml", "\n---\n".join(texts)))
        waits.append(_ms(started))
        memory.append(editor.memory())
    waits.sort()
    print(
        f"{len(waits)} edits: median {statistics.median(waits):.1f} ms, 95 % {waits[len(waits) * 95 // 100]:.1f} ms, "
        f"longest {waits[-1]:.1f} ms; "
        f"memory {memory[len(memory) // 10]:,} kB after a tenth, {memory[-1]:,} kB at the end"
    )
    editor.close()


def _ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
