"""Names in a Sigma document: its outline, where selections and rules are named, and renaming them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from transpile.dialects.sigma import condition as conditions
from transpile.dialects.sigma.condition import Name, Quantified
from transpile.dialects.sigma.library import scalars
from transpile.dialects.sigma.tree import Mapping, Node, Scalar, part
from transpile.lint.document import LintDocument
from transpile.source import Span
from transpile.syntax.lexer import ParseError

_NAME = re.compile(r"[A-Za-z_][\w\-]*")
_WORDS = frozenset(("and", "or", "not", "of", "them", "condition", "timeframe", "rules", "any", "all"))


class RenameError(ValueError):
    """A selection or a rule cannot have that name; the message says why."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named part of a document: its name, its sort, its whole span, that of its name, and what is in it."""

    name: str
    sort: str  # "rule", "correlation", "filter", "logsource", "selection", "field", "condition"
    span: Span
    name_span: Span
    detail: str = ""
    below: tuple[Symbol, ...] = ()


def outline(document: LintDocument) -> Symbol:
    """A document with its log source, its selections and their fields, and its condition."""
    title = document.scalar("title")
    sort = "correlation" if document.is_correlation else "filter" if document.is_filter else "rule"
    span = document.node.span
    below: list[Symbol] = []
    logsource = document.node.find("logsource")
    if logsource is not None:
        whole = _reaching(logsource.key.span, logsource.value)
        below.append(Symbol("logsource", "logsource", whole, logsource.key.span, str(document.logsource)))
    below += (_selection(document, key) for key in document.selections)
    for line in document.lines:
        below.append(Symbol("condition", "condition", line.scalar.span, line.scalar.span, line.scalar.text))
    name_span = title.span if title else document.top
    return Symbol(
        (title.text if title else "") or sort, sort, span, name_span, document.text("level") or "", tuple(below)
    )


def _selection(document: LintDocument, key: Scalar) -> Symbol:
    items = tuple(
        Symbol(
            "|".join((item.field or "keywords", *item.modifiers)),
            "field",
            _item_span(item.span, item.values),
            item.span,
        )
        for item in document.items
        if item.selection == key.text
    )
    value = _value_of(document, key)
    return Symbol(key.text, "selection", _reaching(key.span, value), key.span, below=items)


def _item_span(first: Span, values: tuple[Scalar, ...]) -> Span:
    last = max((one.span for one in values), key=lambda one: (one.end_line, one.end_column), default=first)
    if (last.end_line, last.end_column) < (first.end_line, first.end_column):
        return first
    return first._replace(end_line=last.end_line, end_column=last.end_column)


def _value_of(document: LintDocument, key: Scalar) -> Node | None:
    body = document.values.get("detection", document.values.get("filter"))
    found = body.find(key.text) if isinstance(body, Mapping) else None
    return found.value if found else None


def _reaching(key: Span, value: Node | None) -> Span:
    """From a key to the end of what it holds."""
    end = value.span if value is not None else key
    if (end.end_line, end.end_column) < (key.end_line, key.end_column):
        return key
    return key._replace(end_line=end.end_line, end_column=end.end_column)


def selection_at(document: LintDocument, line: int, column: int) -> str | None:
    """The selection whose name is at a place, where it is defined or in the condition."""
    for name, span in _occurrences(document):
        if within(span, line, column):
            return name
    return None


def definition(document: LintDocument, name: str) -> Span | None:
    """Where a selection is defined."""
    return next((key.span for key in document.selections if key.text == name), None)


def occurrences(document: LintDocument, name: str) -> list[Span]:
    """Every place that names a selection, its definition first."""
    return [span for other, span in _occurrences(document) if other == name]


def _occurrences(document: LintDocument) -> Iterator[tuple[str, Span]]:
    for key in document.selections:
        yield key.text, key.span
    known = {key.text for key in document.selections}
    for line in document.lines:
        for one in conditions.references(line.tree) if line.tree else ():
            if isinstance(one, Name) and one.name in known:
                yield one.name, line.span(one.start, one.end)


def is_operator(name: str) -> bool:
    """Whether conditions read the name as a word of their own."""
    return name.lower() in _WORDS


def rename(document: LintDocument, old: str, new: str) -> list[Span]:
    """The places to put a selection's new name. Raises `RenameError` where the rule would mean something else."""
    if not _NAME.fullmatch(new) or is_operator(new):
        raise RenameError(f"{new!r} is not a valid selection name: use letters, digits, `_` and `-`, and no operator")
    names = [key.text for key in document.selections]
    if new in names:
        raise RenameError(f"the rule already has a selection {new!r}")
    for line in document.lines:
        if line.tree is None:
            raise RenameError("the condition cannot be read")
        if line.scalar.span.line != line.scalar.span.end_line:
            raise RenameError("the condition is written over several lines")
        for one in conditions.references(line.tree):
            if isinstance(one, Quantified):
                after = [new if name == old else name for name in names]
                chosen = [new if name == old else name for name in one.choose(dict.fromkeys(names))]
                if one.choose(dict.fromkeys(after)) != chosen:
                    raise RenameError(f"`{one.quantifier} of {one.pattern}` would no longer mean the same selections")
    return occurrences(document, old)


def reference_at(document: LintDocument, line: int, column: int) -> str | None:
    """The id or name of another rule at a place: in a correlation or a filter."""
    return next((name for name, span in referring(document.node) if within(span, line, column)), None)


def referring(document: Mapping) -> Iterator[tuple[str, Span]]:
    """The ids and names of other rules in a correlation or a filter, each with its place."""
    for key in ("correlation", "filter"):
        block = document.value(key)
        if not isinstance(block, Mapping):
            continue
        for one in scalars(block.value("rules")):
            yield one.text, one.span
        condition, aliases = block.value("condition"), block.value("aliases")
        if key == "correlation" and isinstance(condition, Scalar):
            yield from _in_condition(condition)
        for alias in aliases.entries if isinstance(aliases, Mapping) else ():
            for field in alias.value.entries if isinstance(alias.value, Mapping) else ():
                yield field.key.text, field.key.span


def _in_condition(scalar: Scalar) -> Iterator[tuple[str, Span]]:
    """The rules that the condition of a temporal correlation names."""
    try:
        tree = conditions.parse(scalar.text)
    except ParseError:
        return
    for one in conditions.references(tree):
        if isinstance(one, Name):
            yield one.name, part(scalar, one.start, one.end)


def names_of(document: LintDocument) -> list[str]:
    """What other documents may call this one: its id and its name."""
    return [text for key in ("name", "id") if (text := document.text(key))]


def within(span: Span, line: int, column: int) -> bool:
    """Whether a place is in a span or at its end."""
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)
