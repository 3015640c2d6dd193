"""Searches in every field, for languages that search with Lucene's regexes."""

from __future__ import annotations

from transpile.dialects.kit.writing.casing import either_case
from transpile.ir.match import ANY, Pattern, Regex
from transpile.regex import escape_lucene, parse, to_lucene_cased


def keyword_regex(test: Pattern | Regex, *, shorthand: bool = False) -> str:
    """The regex, in Lucene's syntax, that matches the whole of every value in which the keyword is found.

    Lucene's wildcards mind case, and so does its regex, which spells out both cases; `shorthand` as of
    `to_lucene_cased`. Raises `RegexError`.

    >>> keyword_regex(Pattern.of("a.b"))
    '.*[aA]\\\\.[bB].*'
    """
    if isinstance(test, Regex):
        node = parse(test.pattern, ignore_case=test.ignore_case, multiline=test.multiline, dotall=test.dotall)
        return to_lucene_cased(node, shorthand=shorthand)
    spell = escape_lucene if test.cased else _any_case
    return Pattern.of(ANY, *test.parts, ANY).render(spell, ".*", ".")


def _any_case(text: str) -> str:
    return either_case(text, escape_lucene)
