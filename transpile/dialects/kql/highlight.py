"""Cuts a query into pieces for colouring."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transpile.dialects.kql.literals import RESERVED
from transpile.dialects.kql.tree import LIST_OPERATORS, STRING_OPERATORS

_PIECE = re.compile(
    r"(?P<comment>//[^\r\n]*)"
    r"""|(?P<string>[hH]?(?:@"(?:[^"\r\n]|"")*"?|@'(?:[^'\r\n]|'')*'?|"(?:[^"\\\r\n]|\\.)*"?|'(?:[^'\\\r\n]|\\.)*'?"""
    r"|```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)))"
    r"|(?P<number>\b\d+(?:\.\d+)?[A-Za-z]*\b)"
    r"|(?P<name>!?[A-Za-z_]\w*~?(?:-[a-z]+\b)*)"
    r"|(?P<punctuation>[^\w\s])"
    r"|(?P<blank>\s+)"
)
_WORDS = (
    RESERVED
    | LIST_OPERATORS
    | {word for operator in STRING_OPERATORS for word in operator.split()}
    | frozenset(
        """
        where filter extend project project-away project-keep project-rename project-reorder summarize join lookup sort
        order top take limit distinct mv-expand mv-apply parse parse-where serialize scan step declare partition invoke
        evaluate make-series render as on default nulls sample materialize
        """.split()  # noqa: SIM905
    )
)


def highlight(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with its kind: word, field, string, number, comment or punctuation.

    The pieces joined are the text. Blanks count as punctuation. It takes any text, a broken query too.

    >>> list(highlight("where a == 1"))[:3]
    [('word', 'where'), ('punctuation', ' '), ('field', 'a')]
    """
    at = 0
    while at < len(text):
        found = _PIECE.match(text, at)
        if found is None:
            yield "punctuation", text[at]
            at += 1
            continue
        at = found.end()
        yield _kind(found, text), found.group()


def _kind(found: re.Match[str], text: str) -> str:
    match found.lastgroup:
        case "name":
            is_call = text[found.end() : found.end() + 1] == "("
            return "word" if is_call or found.group() in _WORDS or found.group()[0] == "!" else "field"
        case "blank" | None:
            return "punctuation"
        case kind:
            return kind
