"""Regexes that ask for a text between characters of no term: what `has` and its like say."""

from __future__ import annotations

import re

from transpile.ir.match import Case, Regex
from transpile.regex import RegexError
from transpile.regex import parse as parse_regex
from transpile.regex.tree import Literal

_BOUNDED = re.compile(
    r"(?P<before>\(\?:\^\|\[\^A-Za-z0-9\]\))?(?P<body>.*?)(?P<after>\(\?:\$\|\[\^A-Za-z0-9\]\))?", re.DOTALL
)
_OPERATORS = {(True, True): "has", (True, False): "hasprefix", (False, True): "hassuffix"}


def as_term(test: Regex) -> tuple[str, str] | None:
    """The operator and the text of a regex that bounds a plain text where it begins or ends with a letter or a digit.

    None for every other regex. Terms are ASCII letters and digits ("What is a term?" in "String operators").

    >>> as_term(Regex(r"(?:^|[^A-Za-z0-9])a\\.b(?:$|[^A-Za-z0-9])", Case.ASCII))
    ('has', 'a.b')
    """
    found = _BOUNDED.fullmatch(test.pattern)
    if found is None or test.multiline or not (found["before"] or found["after"]):
        return None
    try:
        node = parse_regex(found["body"], dotall=test.dotall)
    except RegexError:
        return None
    if not isinstance(node, Literal) or node.fold or not node.text.isascii():
        return None
    first, last = node.text[0].isalnum(), node.text[-1].isalnum()
    before, after = found["before"] is not None, found["after"] is not None
    if (before and not first) or (after and not last):
        return None
    operator = "has" if (before, after) == (first, last) else _OPERATORS[before, after]
    return operator + ("_cs" if test.case is Case.SENSITIVE else ""), node.text
