"""`LNT170` to `LNT179` and `SIG079`: what only shows among all rules of a set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from transpile.ir.meaning import digest
from transpile.lint.document import LintDocument, LintHit, hit
from transpile.record import record
from transpile.source import Span


@record
class Member:
    """A rule as the set sees it. `meaning` is equal for two rules that detect the same."""

    path: str
    id: str | None
    title: str | None
    name: str | None
    meaning: bytes | None
    spans: Mapping[str, Span]

    @property
    def is_file(self) -> bool:
        """Whether it was read from a file, and not from standard input or a text."""
        return not self.path.startswith("<")


SetCheck = Callable[[Sequence[Member]], Iterator[tuple[Member, LintHit]]]


def member(doc: LintDocument) -> Member:
    """What the set keeps of a rule."""
    rule = doc.reading.rule
    meaning = None
    if rule is not None and rule.is_single and doc.is_rule:
        meaning = digest(rule.logsource, rule.condition)
    spans: dict[str, Span] = {key: doc.values[key].span for key in ("id", "title", "name") if key in doc.values}
    spans |= {"top": doc.top, "detection": doc.key("detection") or doc.top}
    own = doc.text("id")
    return Member(
        doc.source.path,
        own.lower() if own else None,
        doc.text("title"),
        doc.text("name"),
        meaning,
        spans,
    )


def _same(members: Sequence[Member], key: Callable[[Member], Any], place: str) -> Iterator[tuple[Member, Member, Span]]:
    """Each member whose key an earlier one has, with that earlier one."""
    seen: dict[Any, Member] = {}
    for one in members:
        value = key(one)
        if value is None:
            continue
        span = one.spans.get(place, one.spans["top"])
        other = seen.setdefault(value, one)
        lent = other.path == one.path and other.spans.get(place) == span  # one document lends it to both
        if other is not one and not lent:
            yield one, other, span


def same_id(members: Sequence[Member]) -> Iterator[tuple[Member, LintHit]]:
    """An id for two rules."""
    for one, other, span in _same(members, lambda one: one.id, "id"):
        yield one, hit(span, value=one.id, path=other.path)


def same_title(members: Sequence[Member]) -> Iterator[tuple[Member, LintHit]]:
    """A title for two rules, in whatever case and spacing."""
    for one, other, span in _same(
        members, lambda one: " ".join(one.title.split()).casefold() if one.title else None, "title"
    ):
        yield one, hit(span, path=other.path)


def same_file_name(members: Sequence[Member]) -> Iterator[tuple[Member, LintHit]]:
    """A file name in two folders."""
    seen: dict[str, str] = {}
    for one in members:
        name = PurePath(one.path).name.casefold()
        if one.is_file and seen.setdefault(name, one.path) != one.path:
            yield one, hit(one.spans["top"], path=seen[name])


def same_meaning(members: Sequence[Member]) -> Iterator[tuple[Member, LintHit]]:
    """Two rules that detect the same."""
    for one, other, span in _same(members, lambda one: one.meaning, "detection"):
        yield one, hit(span, path=other.path)


def same_name(members: Sequence[Member]) -> Iterator[tuple[Member, LintHit]]:
    """A name for two rules."""
    for one, other, span in _same(members, lambda one: one.name, "name"):
        yield one, hit(span, name=one.name, path=other.path)


SET_CHECKS: Mapping[str, SetCheck] = MappingProxyType(
    {
        "SIG079": same_id,
        "LNT170": same_title,
        "LNT171": same_file_name,
        "LNT172": same_meaning,
        "LNT173": same_name,
    }
)
