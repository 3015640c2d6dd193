"""What stands above a query in comments of its own language: which rule it is, and how it came out."""

from __future__ import annotations

from collections.abc import Iterator

from transpile import dialects
from transpile.conversion import Conversion, Status
from transpile.diagnostics import one_line

LISTED = ("# ", "")  # for a heading in a list of queries whose language has no comments


def marked(conversion: Conversion) -> Iterator[str]:
    """The lines of a query that is kept: one that is not exact says so, where its language has comments."""
    if conversion.status is Status.APPROXIMATE and (marks := dialects.load(conversion.target).comment):
        yield from (f"{line}\n" for line in comments(conversion, marks))
    yield f"{conversion.query}\n"


def comments(conversion: Conversion, marks: tuple[str, str]) -> Iterator[str]:
    """The heading of a result, and the findings on its query, as comments of one line each."""
    name = conversion.title or conversion.path
    yield _comment(f"{name} -> {conversion.target} ({conversion.model}): {conversion.status.value}", marks)
    if conversion.query is not None:
        for one in conversion.diagnostics:
            yield _comment(f"{one.severity.value} {one.code}: {one.message}", marks, indent="  ")


def _comment(text: str, marks: tuple[str, str], indent: str = "") -> str:
    """One comment, which what a rule says cannot end."""
    opening, closing = marks
    line = one_line(text)
    return opening + indent + (line.replace(closing.strip(), "'''") if closing else line) + closing
