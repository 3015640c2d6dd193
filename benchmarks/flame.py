"""Where the time goes: samples a command of transpile, and draws its stacks as a flame graph in SVG.

    python benchmarks/flame.py OUT.svg convert $TRANSPILE_CORPORA/sigma -t spl,kql,eql,yaral -j 1 -f ndjson -q

Everything runs in this process (`-j 1` and no fork), stopped a thousand times per second of processor time. Each box is
a function, as wide as its share of the samples, on top of the one that called it. `--text` lists functions instead.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path
from types import FrameType

INTERVAL = 0.001  # seconds of processor time between samples
WIDTH, ROW, LEAST = 1200, 16, 1.5  # of the picture; narrower boxes are left out
FAMILIES = ("dialects/sigma", "pipelines", "ir", "dialects", "regex", "report", "cli", "batch")  # a colour each

Stack = tuple[str, ...]


def main() -> int:
    """Run the command and write the picture; the command's exit code."""
    out, *arguments = sys.argv[1:]
    found: Counter[tuple[object, ...]] = Counter()

    def sample(_signal: int, frame: FrameType | None) -> None:
        stack = []
        while frame is not None:
            stack.append(frame.f_code)
            frame = frame.f_back
        found[tuple(stack)] += 1

    signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    sys.path.insert(0, str(Path(__file__).parent.parent))
    sys.setrecursionlimit(10_000)
    from transpile import batch
    from transpile.cli.main import main as run

    batch.run = lambda work, items, **_: map(work, items)  # in this very process, where it can be sampled
    stdout, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: SIM115, PTH123 (the queries are not wanted)
    code = run(arguments)
    signal.setitimer(signal.ITIMER_PROF, 0)
    sys.stdout = stdout
    stacks: Counter[Stack] = Counter()
    for raw, count in found.items():
        stacks[tuple(named(code) for code in reversed(raw))] += count
    if out == "--text":
        print(table(stacks))
    else:
        Path(out).write_text(picture(stacks, " ".join(["transpile", *arguments])), encoding="utf-8")
    return code


def named(code: object) -> str:
    """A function with its module: `pipelines/apply.leaf`."""
    path = Path(code.co_filename)  # type: ignore[attr-defined]
    parts = path.with_suffix("").parts
    place = parts[len(parts) - parts[::-1].index("transpile") :] if "transpile" in parts[:-1] else (path.stem,)
    return f"{'/'.join(place)}.{code.co_name}"  # type: ignore[attr-defined]


def table(stacks: Counter[Stack]) -> str:
    """Functions by their own share and by the share that they and what they call have."""
    own, whole = Counter[str](), Counter[str]()
    for stack, count in stacks.items():
        own[stack[-1]] += count
        for name in set(stack):
            whole[name] += count
    total = stacks.total()
    rows = [f"{total} samples", "    own  whole"]
    for chosen in (own, whole):
        rows += [
            f"{own[name] / total:6.1%} {whole[name] / total:6.1%}  {name}" for name, _ in chosen.most_common(70)
        ] + [""]
    return "\n".join(rows)


def picture(stacks: Counter[Stack], title: str) -> str:
    """The flame graph as SVG: callers below, callees above, siblings by name."""
    total = stacks.total()
    scale = WIDTH / total
    boxes = list(nested(sorted(stacks.items()), 0, 0.0, scale))
    height = (max(depth for depth, *_ in boxes) + 3) * ROW
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" '
        'font-size="10">',
        f'<text x="4" y="12" font-size="12">{escape(title)}: {total:,} samples</text>',
    ]
    for depth, x, width, name, count in boxes:
        y = height - (depth + 1) * ROW
        label = escape(name[: max(0, int(width / 6.1))])
        rows.append(
            f'<g><title>{escape(name)} {count / total:.1%}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" '
            f'height="{ROW - 1}" fill="{colour(name)}"/>'
            + (f'<text x="{x + 2:.1f}" y="{y + 11}">{label}</text>' if width > 30 else "")
            + "</g>"
        )
    return "\n".join([*rows, "</svg>"]) + "\n"


def nested(
    stacks: list[tuple[Stack, int]], depth: int, x: float, scale: float
) -> Iterator[tuple[int, float, float, str, int]]:
    """The boxes of stacks that are alike up to a depth: depth, place, width, function and samples."""
    groups: dict[str, list[tuple[Stack, int]]] = {}
    for stack, count in stacks:
        if len(stack) > depth:
            groups.setdefault(stack[depth], []).append((stack, count))
    for name, inside in groups.items():
        count = sum(one for _, one in inside)
        if count * scale >= LEAST:
            yield depth, x, count * scale, name, count
            yield from nested(inside, depth + 1, x, scale)
        x += count * scale


def colour(name: str) -> str:
    """A colour for each part of the program; grey for libraries."""
    place = next((i for i, family in enumerate(FAMILIES) if name.startswith(family)), None)
    return "#d5d5d5" if place is None else f"hsl({20 + 43 * place} 70% 72%)"


if __name__ == "__main__":
    sys.exit(main())
