"""Every language has every part; what is missing is said in a sentence."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.contract.parts import QUERY_LANGUAGES, TESTS, conformance, contract, missing, unfinished
from transpile import dialects
from transpile.ir.stream import Events
from transpile.report.codes import all_codes

PACKAGE = TESTS.parent / "transpile"
FEWEST = 40  # conformance cases


@pytest.mark.parametrize("name", dialects.names())
def test_the_record_is_complete(name: str) -> None:
    dialect = dialects.load(name)
    assert dialect.name == name, "the name in the record is that of the folder"
    assert all(one.startswith(".") for one in dialect.extensions), "extensions begin with a dot"
    lacking = {
        "title: how the language is called in messages": not dialect.title,
        "links: the reference pages that the writer and the runner follow": not dialect.links,
        "can.stages: Events at least": Events not in dialect.can.stages,
        "highlight: cut a text into coloured pieces (highlight.py)": dialect.highlight is None,
    }
    if any(lacking.values()):
        unfinished(name, "__init__.py", "; ".join(part for part, lacks in lacking.items() if lacks))


@pytest.mark.parametrize("name", dialects.names())
def test_a_language_has_a_prefix_of_its_own_for_its_codes(name: str) -> None:
    text = (PACKAGE / "dialects" / name / "codes.py").read_text(encoding="utf-8")
    prefixes = Counter(re.findall(r"^([A-Z]+)\d{3} = Code", text, re.MULTILINE))
    assert len(prefixes) == 1, f"all codes of {name} begin alike"
    (prefix,) = prefixes
    others = [path for path in PACKAGE.rglob("codes.py") if path.parent.name != name]
    assert not [path for path in others if re.search(rf"^{prefix}\d", path.read_text(encoding="utf-8"), re.MULTILINE)]


@pytest.mark.parametrize("name", [name for name in dialects.writers() if name in dialects.readers()])
def test_what_is_written_is_read(name: str) -> None:
    dialect = dialects.load(name)
    assert dialect.lift is not None or dialect.read is not None, "lift: from the native tree to IR (lift.py)"


@pytest.mark.parametrize("name", QUERY_LANGUAGES)
def test_a_query_language_has_its_files(name: str) -> None:
    if len(conformance(name)) < FEWEST:
        missing(name, "conformance.yml", f"write {FEWEST} cases or more (query, events, matches, source)")
    if not contract(name).get("known_wrong"):
        missing(name, "contract.yml (known_wrong)", "list wrong queries (what, detection, query)")
    if not contract(name).get("mutants"):
        missing(name, "contract.yml (mutants)", "list mistakes of a writer as replacements (what, find, replace)")
    if not (TESTS / name / "trees.py").exists():
        missing(name, "trees.py", "define TREES there, a Hypothesis strategy of the trees that the printer takes")
    if not any((TESTS / "golden").glob(f"*/rule{dialects.load(name).extension}")):
        missing("golden", f"*/rule{dialects.load(name).extension}", "run python tests/golden/golden.py")


def test_every_code_has_one_id() -> None:
    assert all(name == code.id for name, code in all_codes().items())


FREE = {"dialects", "deploy", "formats"}  # rooms whose files may name a language or platform


def test_no_other_room_names_a_language() -> None:
    """All that is particular to a language reaches the rest of the house through its record."""
    names = set(dialects.names()) - {"sigma"}
    found = []
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).parts
        if parts[0] in FREE:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = _docstrings(tree)
        found += [
            f"{path.relative_to(PACKAGE)}:{node.lineno} {node.value!r}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and node.value in names
            and id(node) not in docs
            and not _is_default(tree, node)
        ]
    assert found == []


def _docstrings(tree: ast.Module) -> set[int]:
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
    firsts = (node.body[0] for node in ast.walk(tree) if isinstance(node, holders) and node.body)
    return {id(one.value) for one in firsts if isinstance(one, ast.Expr)}


def _is_default(tree: ast.Module, constant: ast.Constant) -> bool:
    """Whether a constant is the default of a parameter: the language that the Python API writes when none is named."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return any(constant in (*one.args.defaults, *one.args.kw_defaults) for one in functions)


def test_folders_of_tests_are_named_after_what_they_test() -> None:
    rooms = {path.stem for path in PACKAGE.iterdir()} | set(dialects.names()) | {"contract", "kit"}
    others = {"golden", "schemas"}
    folders = {path.name for path in TESTS.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))}
    assert folders - rooms - others == set()


def test_helpers_are_imported_and_not_put_on_the_path() -> None:
    settings = (TESTS.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert 'pythonpath = ["."]' in settings
    assert not [
        path
        for path in TESTS.rglob("*.py")
        if "sys.path" in path.read_text(encoding="utf-8") and path != Path(__file__)
    ]
