"""The catalog's questions without Typer: a question that is asked plainly is answered in a third of the time.

Only what is certainly right is answered here. Anything else, from `--help` to a wrong option, is left to the commands
of `transpile.cli.catalog`, which say what is wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

# By command: the module and the function that answers, and the options that it takes beside --db and --format.
QUESTIONS: Mapping[str, tuple[str, str, tuple[str, ...]]] = MappingProxyType(
    {
        "technique": ("pages", "technique_page", ("vendor",)),
        "rule": ("pages", "rule_page", ()),
        "field": ("queries", "field_page", ("limit",)),
        "value": ("queries", "value_page", ("limit",)),
        "event": ("queries", "event_page", ("limit",)),
        "search": ("queries", "search", ("vendor", "limit")),
    }
)
_SHORT = {"-f": "--format"}
_FORMATS = ("text", "json", "csv", "md")


def ask(arguments: Sequence[str]) -> bool:
    """Answer a question on standard output; False if it was not asked plainly, or has no answer."""
    parsed = parse(arguments)
    if parsed is None:
        return False
    name, text, options = parsed
    form, path = options.pop("format", "text"), Path(options.pop("db", "catalog.sqlite"))
    if not path.is_file():
        return False
    from importlib import import_module

    from transpile.catalog.database import CatalogError, open_catalog
    from transpile.catalog.pages import UnknownError, vendors_of

    module, function, _ = QUESTIONS[name]
    values: dict[str, Any] = dict(options)
    if "limit" in values:
        values["limit"] = int(values["limit"])
    try:
        db = open_catalog(path)
    except CatalogError:
        return False
    try:
        if values.get("vendor") not in (None, *vendors_of(db)):
            return False
        page = getattr(import_module(f"transpile.catalog.{module}"), function)(db, text, **values)
    except UnknownError:
        return False
    finally:
        db.close()
    write(page, form)
    return True


def parse(arguments: Sequence[str]) -> tuple[str, str, dict[str, str]] | None:
    """The question, its text and its options; None for anything that is not plain.

    >>> parse(["value", "net.exe", "--limit", "5"])
    ('value', 'net.exe', {'limit': '5'})
    >>> parse(["value", "--help"])
    """
    if not arguments or arguments[0] not in QUESTIONS:
        return None
    name, *rest = arguments
    known = {"--db", "--format", *(f"--{one}" for one in QUESTIONS[name][2])}
    texts: list[str] = []
    options: dict[str, str] = {}
    waiting = iter(rest)
    for one in waiting:
        if not one.startswith("-"):
            texts.append(one)
            continue
        option, sign, value = _SHORT.get(one, one).partition("=")
        if option not in known or option[2:] in options:
            return None
        options[option[2:]] = value if sign else next(waiting, "")
    right = options.get("format", "text") in _FORMATS and options.get("limit", "1").isdigit()
    if len(texts) != 1 or not right or not all(options.values()) or options.get("limit") == "0":
        return None
    return name, texts[0], options


def write(page: Mapping[str, Any], form: str) -> None:
    """Write an answer to standard output: as text, JSON, CSV or Markdown."""
    if form == "json":
        import json

        print(json.dumps(page, indent=2, ensure_ascii=True))
        return
    from transpile.catalog import tables

    match form:
        case "csv":
            sys.stdout.write(tables.comma_separated(page))
        case "md":
            sys.stdout.write(tables.markdown(page))
        case _:
            sys.stdout.write(tables.text(page))
