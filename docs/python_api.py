"""The reference of the Python API, made from the docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any

import transpile


def python_api() -> Iterator[str]:
    """The page as Markdown."""
    yield "# Python reference\n\nMade by `python docs/generate.py` from the docstrings. Their use: [api.md](api.md).\n"
    for name in sorted(transpile.__all__, key=str.lower):
        found = getattr(transpile, name)
        if inspect.isclass(found) or callable(found):
            yield f"## {name}\n\n```python\n{_signature(name, found)}\n```\n"
            yield _prose(inspect.getdoc(found) or "")
            yield from _members(found)


def _signature(name: str, found: Any) -> str:
    """How it is called; the fields of a dataclass, the members of an enum."""
    if isinstance(found, type) and issubclass(found, Enum):
        return f"class {name}:\n" + "\n".join(f"    {one.name} = {one.value!r}" for one in found)
    if isinstance(found, type):
        kinds = inspect.get_annotations(found)
        given = _defaults(found, tuple(kinds))
        shown = (
            f"    {field}: {kind}" + (f" = {given[field]!r}" if field in given else "") for field, kind in kinds.items()
        )
        return "\n".join([f"class {name}:", *shown])
    signature = inspect.signature(found)
    parameters = list(signature.parameters.values())
    rows = list(map(_parameter, parameters))
    first = next((at for at, one in enumerate(parameters) if one.kind is one.KEYWORD_ONLY), None)
    if first is not None:
        rows.insert(first, "*")
    line = f"{name}({', '.join(rows)}) -> {signature.return_annotation}"
    return (
        line
        if len(line) <= 100
        else line.replace("(" + ", ".join(rows), "".join(["(\n", *(f"    {row},\n" for row in rows)]))
    )


def _defaults(found: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """The defaults of a record's fields (transpile/record.py), or of a dataclass's."""
    if hasattr(found, "__struct_defaults__"):  # those of the last fields
        return dict(zip(reversed(names), reversed(found.__struct_defaults__), strict=False))
    return {one.name: one.default for one in fields(found) if one.default is not MISSING} if is_dataclass(found) else {}


def _parameter(one: inspect.Parameter) -> str:
    stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
    default = "" if one.default is one.empty else f" = {one.default!r}"
    return f"{stars}{one.name}: {one.annotation}{default}"


def _members(found: Any) -> Iterator[str]:
    """The methods and properties that a class adds to its fields."""
    if not isinstance(found, type) or issubclass(found, Enum):
        return
    for name, member in vars(found).items():
        if name.startswith("_") or not (isinstance(member, property) or inspect.isfunction(member)):
            continue
        call = "" if isinstance(member, property) else "()"
        yield f"- `{name}{call}`: {' '.join((inspect.getdoc(member) or '').split())}"
    yield ""


def _prose(doc: str) -> str:
    """A docstring as Markdown: its examples in blocks."""
    return re.sub(r"^(>>> .*(?:\n.+)*)", r"```pycon\n\1\n```", doc, flags=re.MULTILINE) + "\n"
