"""Queries as HTML with coloured words, as far as a language can cut them into pieces."""

from __future__ import annotations

from html import escape
from itertools import groupby

from markupsafe import Markup

from transpile import dialects

# Class names are short: a page has thousands of them.
_CLASSES = {"word": "k", "field": "f", "string": "s", "number": "n", "comment": "c"}


def coloured(text: str, language: str) -> Markup:
    """A query or rule as HTML. Its text is that of the query; what no language can cut stays as it is.

    >>> coloured("where a == 1", "kql")
    Markup('<i class=k>where</i> <i class=f>a</i> == <i class=n>1</i>')
    """
    cut = dialects.load(language).highlight if language in dialects.names() else None
    if cut is None:
        return Markup(escape(text))
    pieces = ((_CLASSES.get(kind, ""), piece) for kind, piece in cut(text))
    found = []
    for name, group in groupby(pieces, key=lambda one: one[0]):
        inner = escape("".join(piece for _, piece in group), quote=False)
        found.append(f"<i class={name}>{inner}</i>" if name else inner)
    return Markup("".join(found))


def plain(text: str, language: str) -> Markup:
    """A query or rule as HTML without colours."""
    return Markup(escape(text, quote=False))
