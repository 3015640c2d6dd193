"""The name of a rule across texts: where it is defined, which correlations and filters use it, and renaming it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from transpile.assist.symbols import RenameError, is_operator, referring, within
from transpile.dialects.sigma.library import entries_of
from transpile.dialects.sigma.tree import TEXT, Scalar
from transpile.lint.document import LintDocument
from transpile.lint.run import is_sigma
from transpile.source import Source, Span

_NAME = re.compile(r"[A-Za-z_][\w\-]*")


@dataclass(frozen=True, slots=True)
class Use:
    """A place that holds a rule's name: its definition, or a correlation or filter that refers to the rule."""

    source: Source
    span: Span
    is_definition: bool


def rule_name_at(document: LintDocument, line: int, column: int) -> tuple[str, Span] | None:
    """The rule's name, or a reference to a rule, at a place of a document; and its span."""
    own = document.scalar("name")
    named = [] if own is None else [(own.text, own.span)]
    return next((one for one in (*named, *referring(document.node)) if within(one[1], line, column)), None)


def uses(name: str, texts: Iterable[Source]) -> list[Use]:
    """Every place in these texts that holds the name of a rule. A text that cannot be read holds none."""
    holding = (text for text in texts if name in text.text and is_sigma(text))
    return list(dict.fromkeys(use for text in holding for use in _uses(name, text)))


def _uses(name: str, source: Source) -> Iterator[Use]:
    for entry in entries_of(source):
        own = entry.node.value("name")
        if isinstance(own, Scalar) and own.text == name:
            yield Use(source, own.span, True)
        yield from (Use(source, span, False) for other, span in referring(entry.node) if other == name)


def rename_rule(old: str, new: str, texts: Iterable[Source]) -> list[Use]:
    """The places to put a rule's new name. Raises `RenameError` where a reference would mean another rule, or none."""
    texts = tuple(texts)
    if not _NAME.fullmatch(new) or is_operator(new) or Scalar(new, None, None, plain=True).kind != TEXT:
        raise RenameError(f"{new!r} is not a valid rule name: use letters, digits, `_` and `-`, and no operator")
    found = uses(old, texts)
    defined = [one for one in found if one.is_definition]
    if not defined:
        raise RenameError(f"no rule is named `{old}`; an id cannot be renamed")
    if len(defined) > 1:
        places = ", ".join(f"{one.source.path}:{one.span.line}" for one in defined)
        raise RenameError(f"{len(defined)} rules are named `{old}` ({places}); give them different names by hand first")
    for text in texts:
        if new in text.text and is_sigma(text) and any(new in entry.keys for entry in entries_of(text)):
            raise RenameError(f"{text.path} already has a rule `{new}`")
    for one in found:
        if one.source.text_at(one.span).strip("\"'") != old:  # folded over lines, or behind an anchor or a tag
            raise RenameError(f"{one.source.path}:{one.span.line} writes the name in a form that cannot be edited")
    return found
