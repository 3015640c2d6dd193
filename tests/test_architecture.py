"""The rooms' rules, held by reading the imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "transpile"

# Each room may import itself and the rooms above it.
ROOMS = (
    "record",
    "garbage",
    "user_cache",
    "source",
    "attack",
    "codes",
    "diagnostics",
    "syntax",
    "regex",
    "ir",
    "selection",
    "pipelines",
    "evaluate",
    "dialects",
    "formats",
    "restoring",
    "conversion",
    "batch",
    "lint",
    "matching",
    "verify",
    "deploy",
    "catalog",
    "project",
    "plugin",
    "report",
    "api",
    "assist",
    "faces",
    "cli",
    "dev",
)


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_imports_point_down_the_list() -> None:
    assert [wrong for path in modules() for wrong in upwards(path)] == []


def upwards(path: Path) -> Iterator[str]:
    """The imports of a module that its place in the list does not allow."""
    here = path.relative_to(PACKAGE).with_suffix("").parts
    if len(here) == 1 and here[0] in ("__init__", "__main__"):
        return
    for module in imports(path):
        there = room(module)
        if not module.startswith("transpile") or there == "":
            continue
        if ROOMS.index(there) > ROOMS.index(here[0]):
            yield f"{'.'.join(here)} imports {module}"
        parts = module.split(".")
        between = here[0] == there == "dialects" and len(here) > 2 and len(parts) > 2
        if between and parts[2] not in ("base", "kit", here[1]):
            yield f"one dialect imports another: {'.'.join(here)} imports {module}"
        if here[-1] == "print" and there == "ir":
            yield f"a printer imports IR: {'.'.join(here)} imports {module}"


# Rooms that import a language, all of which have to do with that language alone: the linter and what helps editors
# read Sigma's documents,
# and an importer's file may hold the platform's queries in a form of their own.
OWN = {
    ("lint", "sigma"),
    ("assist", "sigma"),
    ("deploy/splunk.py", "spl"),
    ("deploy/secops.py", "yaral"),
    ("deploy/elastic.py", "esql"),
    ("deploy/threshold.py", "kuery"),
    ("deploy/kusto_columns.py", "kql"),
}


def test_a_language_is_reached_by_its_record() -> None:
    assert [wrong for path in modules() for wrong in languages_named(path)] == []


def languages_named(path: Path) -> Iterator[str]:
    """The imports of a module, outside the dialects, that name a language that it has nothing to do with."""
    here = path.relative_to(PACKAGE).as_posix()
    for module in imports(path) if not here.startswith("dialects/") else ():
        parts = module.split(".")
        inside = parts[:2] == ["transpile", "dialects"] and len(parts) > 2
        named = inside and (PACKAGE / "dialects" / parts[2]).is_dir()
        if named and not {(here, parts[2]), (here.split("/")[0], parts[2])} & OWN:
            yield f"{here} imports {module}"


def test_a_module_has_at_most_400_lines() -> None:
    everywhere = [*modules(), *Path(__file__).parent.rglob("*.py")]
    assert [str(path) for path in everywhere if path.read_text(encoding="utf-8").count("\n") > 400] == []


def is_runner(path: Path) -> bool:
    """Whether a module runs queries: the runners' half of the kit, and each dialect's `run*.py` and `rows*.py`."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] == "dialects" and ("running" in parts or parts[-1].startswith(("run", "rows")))


# What a runner must not share with the writer that it checks, nor with the reference that it is compared with.
WRITERS = ("transpile.ir", "transpile.regex", "transpile.dialects.kit.writing")
WRITER_MODULES = ("lower", "lift", "patterns")
SHARED = ("transpile.evaluate", "transpile.ir.timed")  # `Unproven`, and what is exchanged: no meaning

# A rule in Sigma means what the reference says.
REFERENCE = ("sigma/run.py",)


@cache
def module(path: Path) -> str:
    """The name that a module is imported by."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


@cache
def reached(path: Path) -> dict[str, str]:
    """The modules that one imports, itself or by others of the languages' folders, each with what imports it."""
    known = {module(path): path for path in modules()}
    found = {module(path): ""}
    pending = [module(path)]
    while pending:
        here = pending.pop()
        for name in _submodules(known[here], known):
            if name not in found:
                found[name] = here
                if name in known and name.startswith("transpile.dialects.") and name != "transpile.dialects.base":
                    pending.append(name)
    return found


def _submodules(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """What a module imports, where `from folder import module` names the module."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            yield from names & known.keys()
            if names - known.keys():
                yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize(
    "path", [path for path in modules() if is_runner(path)], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_runners_are_independent(path: Path) -> None:
    """Neither a runner nor any module that it builds on shares a statement of meaning."""
    wrong = []
    for name, by in reached(path).items():
        shares_meaning = name not in SHARED and name.startswith((*WRITERS, *SHARED))
        if shares_meaning or (name.startswith("transpile.dialects") and name.rsplit(".", 1)[-1] in WRITER_MODULES):
            wrong.append(f"{by} imports {name}")
    name = "/".join(path.parts[-2:])
    assert name in REFERENCE or not wrong, f"{name} shares {wrong}"


def test_there_are_modules_to_check() -> None:
    assert len(modules()) > 10
