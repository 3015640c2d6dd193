"""Writes the pages that are made from the code, and what the README's commands print. A test holds them.

python docs/generate.py [PAGE...]
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from gallery import gallery  # beside this file, as are the next
from pictures import draw
from python_api import python_api
from reading import reading
from sessions import with_sessions
from support import support

from transpile import dialects
from transpile.cli.codes import EFFECTS
from transpile.cli.main import COMMANDS, main, overview
from transpile.codes import Code, codes_of
from transpile.evaluate.open_points import OPEN_POINTS
from transpile.lint.codes import MODULES, LintCode
from transpile.lint.pysigma import VALIDATORS
from transpile.report.codes import all_codes, general_hint, meaning

HERE = Path(__file__).parent
PROJECT = HERE.parent

ROOMS = {
    "IO": "Files",
    "DIA": "All languages",
    "SIG": "Reading Sigma",
    "MAP": "Data models",
    "RUN": "Running and verifying",
    "DEP": "Deploying",
    "LNT": "Linting",
}


def titles() -> dict[str, str]:
    """What each prefix of codes is of: a room, or a language by the codes in its folder."""
    found = dict(ROOMS)
    for name in dialects.names():
        first = next(iter(codes_of(import_module(f"transpile.dialects.{name}.codes"))))
        found.setdefault(first.id.rstrip("0123456789"), dialects.load(name).title)
    return found


def command_line() -> Iterator[str]:
    """The help of every command."""
    yield "# The command line\n\nMade by `python docs/generate.py`.\n"
    yield f"```\n$ transpile --help\n{overview()}\n```\n"
    for name in COMMANDS:
        yield f"## transpile {name}\n"
        yield f"```\n{_help(name)}```\n"
        for part in _parts(name):
            yield f"```\n{_help(name, part)}```\n"


def _parts(name: str) -> tuple[str, ...]:
    """The commands below a command, in the order of its help."""
    _, found, listed = _help(name).partition("\nCommands:\n")
    return tuple(re.findall(r"^  ([a-z][a-z-]*) ", listed, re.MULTILINE)) if found else ()


def _help(*command: str) -> str:
    os.environ["COLUMNS"] = "100"
    with redirect_stdout(StringIO()) as output:
        main([*command, "--help"])
    return f"$ transpile {' '.join(command)} --help\n{output.getvalue()}"


def _kind(row: Code) -> str:
    """What a finding does to the query; of a lint rule its name and severity."""
    return f"{row.name}, {row.level}" if isinstance(row, LintCode) else row.effect.value


def codes() -> Iterator[str]:
    """Every diagnostic code with its explanation."""
    yield "# Diagnostic codes\n\nMade by `python docs/generate.py`; `transpile codes CODE` shows one.\n"
    yield from (f"- **{effect.value}**: {text}" for effect, text in EFFECTS.items())
    for room, names in groupby(all_codes(), lambda name: name.rstrip("0123456789")):
        yield f"\n## {titles()[room]}\n"
        for name in names:
            row = all_codes()[name]
            yield f"### {name}\n\n*{_kind(row)}*: {meaning(row)}\n\n{row.explanation}\n"
            if hint := general_hint(row):
                yield f"What can be done: {hint}.\n"


def lint_rules() -> Iterator[str]:
    """The page as it is up to its tables, and the tables of lint rules and of pySigma's validators."""
    heading = "## The rules\n"
    yield (HERE / "lint.md").read_text(encoding="utf-8").partition(heading)[0] + heading
    yield "Made by `python docs/generate.py` from the table in `transpile/lint/codes/`.\n"
    for module in MODULES:
        title = (module.__doc__ or "").partition(": ")[2].strip().rstrip(".")
        yield f"### {title[0].upper()}{title[1:]}\n"
        yield "| code | name | severity | what it says | fix |\n| --- | --- | --- | --- | --- |"
        for code in codes_of(module):
            if isinstance(code, LintCode):
                level = code.level if code.on else f"{code.level}, off"
                said = meaning(code).replace("|", "\\|")
                yield f"| [{code.id}](codes.md#{code.id.lower()}) | {code.name} | {level} | {said} | {code.fix} |"
        yield ""
    yield "## Coming from pySigma\n"
    yield "Each validator of pySigma and of pySigma-validators-sigmaHQ, and what looks for the same here.\n"
    yield "| validator | here |\n| --- | --- |"
    for name, found in VALIDATORS.items():
        yield f"| {name} | {', '.join(f'[{code}](codes.md#{code.lower()})' for code in found)} |"


def open_points() -> Iterator[str]:
    """The page as it is up to its table of open points, and that table."""
    heading = "## Open points\n"
    yield with_sessions((HERE / "windows.md").read_text(encoding="utf-8").partition(heading)[0]) + heading
    yield (
        "What the specification leaves open, and the readings that there are, ours first. A proof that depends on one "
        'is "unproven: open point", and names it ([proof.md](proof.md)). Made by `python docs/generate.py`.\n'
    )
    yield "| | ours | or | why it is open |\n| --- | --- | --- | --- |"
    for point in OPEN_POINTS.values():
        first, *others = point.readings
        yield f"| {point.question} | {first} | {', or '.join(others)} | {point.source} |"


def comparison() -> Iterator[str]:
    """The page as it is up to its figures, and those of the benchmarks."""
    figures = "\n## As measured"
    written = (HERE / "comparison.md").read_text(encoding="utf-8").partition(figures)[0]
    yield written + figures + (PROJECT / "benchmarks/README.md").read_text(encoding="utf-8").partition(figures)[2]


PAGES = {
    "cli.md": command_line,
    "codes.md": codes,
    "comparison.md": comparison,
    "gallery.md": gallery,
    "lint.md": lint_rules,
    "python.md": python_api,
    "reading.md": reading,
    "support.md": support,
    "windows.md": open_points,
}


def shown() -> list[Path]:
    """The pages that people write, in which blocks `console` are written anew."""
    return [PROJECT / "README.md", *(path for path in sorted(HERE.glob("*.md")) if path.name not in PAGES)]


def text(page: str) -> str:
    """What a page should hold."""
    return "\n".join(PAGES[page]()).rstrip("\n") + "\n"


if __name__ == "__main__":
    wanted = sys.argv[1:]
    for page in wanted or PAGES:
        (HERE / page).write_text(text(page), encoding="utf-8")
        print(f"docs/{page}", file=sys.stderr)
    if not wanted:
        draw(["--report"])
    for path in shown() if not wanted else ():
        before = path.read_text(encoding="utf-8")
        if (after := with_sessions(before)) != before:
            path.write_text(after, encoding="utf-8")
            print(path.relative_to(PROJECT), file=sys.stderr)
