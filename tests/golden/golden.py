"""Golden files: what we print for a rule, in every language. `python tests/golden/golden.py` writes them anew.

A case is a folder with a `rule.yml`, and beside it what becomes of it: `rule.spl`, `rule.kql`, `rule.eql`,
`rule.yaral`, or `rule.kql.refused` with the reasons where there is no query. The second rule of the file is `rule-2`.
An `options.yml` may say other than the default: `model`, `allow_approximate`, `values`.

A golden shows what we print; only running it says that it is right.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from transpile import dialects
from transpile.conversion import convert_all

HERE = Path(__file__).parent
GIVEN = ("rule.yml", "options.yml")  # what people write; the rest is made


def cases() -> list[Path]:
    """The folders of all cases."""
    return sorted(path.parent for path in HERE.glob("*/rule.yml"))


def expected(case: Path) -> dict[str, str]:
    """The files that belong beside a case's rule, by name."""
    options: dict[str, Any] = {"model": "none"}
    if (case / "options.yml").exists():
        options |= yaml.safe_load((case / "options.yml").read_text(encoding="utf-8"))
    text = (case / "rule.yml").read_text(encoding="utf-8")
    names = dialects.writers()
    files = {}
    for position, found in enumerate(convert_all(text, write=names, path="rule.yml", **options)):
        number = position // len(names) + 1
        extension = dialects.load(found.target).extension
        # What is written in the language of the case itself must not take the case's own name.
        kind = f".{found.target}" if extension == ".yml" else ""
        name = f"rule{'' if number == 1 else f'-{number}'}{kind}{extension}"
        reasons = "".join(f"{one.code} {one.message}\n" for one in found.diagnostics if one.severity != "note")
        if found.query is None:
            files[f"{name}.refused"] = reasons
        else:
            files[name] = found.query.rstrip("\n") + "\n"
            if reasons:
                files[f"{name}.approximate"] = reasons
    return files


def present(case: Path) -> dict[str, str]:
    """The made files that lie in a case's folder, by name."""
    made = (path for path in case.iterdir() if path.name not in GIVEN)
    return {path.name: path.read_bytes().decode("utf-8") if path.is_file() else "" for path in made}


def refresh() -> int:
    """Make every case's folder what it should be; how many files changed."""
    changed = 0
    for case in cases():
        old, new = present(case), expected(case)
        for name in old.keys() - new.keys():
            (case / name).unlink()
        for name, text in new.items():
            if old.get(name) != text:
                (case / name).write_text(text, encoding="utf-8")
        changed += len({name for name in old.keys() | new.keys() if old.get(name) != new.get(name)})
    return changed


if __name__ == "__main__":
    sys.exit(print(f"{refresh()} files changed"))
