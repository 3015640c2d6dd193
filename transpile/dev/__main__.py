"""Tools for work on transpile itself.

`python -m transpile.dev new-dialect NAME`: a folder for a new language, in which everything is still refused.
`python -m transpile.dev compile-models`: data models ready to use, for a build that carries them.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from string import Template

TEMPLATES = Path(__file__).parent / "dialect"
PROJECT = Path(__file__).parent.parent.parent


def new_dialect(name: str, title: str, prefix: str, project: Path = PROJECT) -> list[Path]:
    """Write the folders of a language and of its tests; the files that were made.

    Raises `ValueError` for a name that cannot be a folder of Python modules, and `FileExistsError` for one that is
    taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*", name):
        raise ValueError(f"{name!r} is not a name for a language; use small letters and digits")
    if not re.fullmatch(r"[A-Z]{3}", prefix):
        raise ValueError(f"{prefix!r} is not a prefix for codes; use three capital letters")
    facts = {"name": name, "title": title, "prefix": prefix}
    made = []
    for template in sorted(TEMPLATES.rglob("*.txt")):
        part = template.relative_to(TEMPLATES).with_suffix("")
        folder = "tests" if part.parts[0] == "tests" else "transpile/dialects"
        place = project / folder / name / Path(*part.parts[1:])
        if place.exists():
            raise FileExistsError(f"{place} exists already")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(Template(template.read_text(encoding="utf-8")).substitute(facts), encoding="utf-8")
        made.append(place)
    return made


def compile_models() -> list[Path]:
    """Write the data models ready to use beside their YAML, for a build that carries them; the files."""
    from transpile.pipelines.compiled import write_bundled
    from transpile.pipelines.load import kinds, load, names

    return [*(write_bundled(name, load(name)) for name in names()[1:]), write_bundled("logsources", kinds())]


def main(arguments: list[str] | None = None) -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m transpile.dev", description="Tools for work on transpile itself.")
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("new-dialect", help="write the folders of a new language, in which all is refused")
    new.add_argument("name", help="the folder's name, such as 'esql'")
    new.add_argument("--title", help="the name in messages, such as 'Elastic ES|QL'; the folder's name by default")
    new.add_argument("--prefix", help="three letters for its codes; by default the first three of its name")
    commands.add_parser("compile-models", help="write the data models ready to use beside their YAML, for a build")
    chosen = parser.parse_args(arguments)
    if chosen.command == "compile-models":
        for path in compile_models():
            print(path.relative_to(PROJECT))
        return 0
    prefix = chosen.prefix or chosen.name[:3].upper().ljust(3, "X")
    try:
        made = new_dialect(chosen.name, chosen.title or chosen.name, prefix)
    except (ValueError, FileExistsError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    for path in made:
        print(path.relative_to(PROJECT))
    print(f"\nNext: ./test tests/contract -k {chosen.name}              says what is left, part by part")
    print("      .venv/bin/python docs/generate.py support.md   shows it in docs/support.md, arm by arm")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
