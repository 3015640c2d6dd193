"""Tests of a field whose word for no value, such as `-`, the platform leaves out."""

from __future__ import annotations

import re

from transpile.ir.match import ANY, ONE, Null, Pattern, Shape, Test


def asks_for_any(test: Test) -> bool:
    """Whether a test only asks if there is a value.

    >>> asks_for_any(Pattern.of(ANY)), asks_for_any(Null()), asks_for_any(Pattern.of("-"))
    (True, True, False)
    """
    return isinstance(test, Null) or (isinstance(test, Pattern) and test.shape is Shape.PRESENT)


def takes_word(test: Test, word: str) -> bool:
    """Whether a test for some text takes this word; one for any value at all does not.

    >>> takes_word(Pattern.of(ANY, "-", ANY), "-"), takes_word(Pattern.of("-1"), "-"), takes_word(Pattern.of(ANY), "-")
    (True, False, False)
    """
    if not isinstance(test, Pattern):
        return False
    some = False
    for part in test.parts:
        if isinstance(part, str):
            if part not in word:  # nearly always
                return False
            some = True
    if not some:
        return False
    spelled = {ANY: ".*", ONE: "."}
    pattern = "".join(re.escape(part) if isinstance(part, str) else spelled[part] for part in test.parts)
    return re.fullmatch(pattern, word) is not None
