"""Tests of values in their plainest form: a regex that is a pattern, a folded text, a number."""

from __future__ import annotations

import re
from dataclasses import replace

from transpile.evaluate import Unproven
from transpile.evaluate.reference import matches
from transpile.ir.expr import FALSE, Constant, Match
from transpile.ir.match import ANY, Case, Compare, Field, Function, Literal, Number, Pattern, Regex, Test
from transpile.regex import RegexError, parse, wildcards


def holds_of(value: Literal, test: Test) -> bool:
    """Whether a constant passes a test."""
    try:
        return matches(Match(Field("x"), test), {"x": value.value})
    except Unproven:
        return False


def folded(test: Test, function: Function) -> Test | Constant | None:
    """What to ask of a text instead of its lower (or upper) case; None if only the function will do."""
    fold = str.lower if function is Function.LOWER else str.upper
    match test:
        case Regex() if isinstance(plain := plain_regex(test), Pattern):
            return folded(plain, function)
        case Regex(pattern):
            letters = re.sub(r"\\[A-Za-z]", "", pattern)
            return replace(test, case=Case.UNICODE) if letters == fold(letters) and "(?" not in pattern else None
        case Pattern(case=Case.SENSITIVE):
            literal = test.literal
            return replace(test, case=Case.UNICODE) if literal == fold(literal) else FALSE
        case Compare():
            return None
        case _:
            return test


_FLAGS = re.compile(r"\(\?([ims]+)\)")


def plain_regex(test: Regex) -> Test:
    """A regex as a pattern where it is one, or with the flags at its front as flags."""
    try:
        found = wildcards(
            parse(test.pattern, ignore_case=test.ignore_case, multiline=test.multiline, dotall=test.dotall)
        )
    except (RegexError, RecursionError):
        return test
    if found is not None:
        parts, folds = found
        case = Case.UNICODE if folds else Case.SENSITIVE
        pattern = Pattern.of(*(ANY if part is None else part for part in parts), case=case)
        letters = pattern.literal
        return replace(pattern, case=Case.UNICODE) if letters.lower() == letters.upper() else pattern
    flags = _FLAGS.match(test.pattern)
    if flags is None:
        return test
    return Regex(
        test.pattern[flags.end() :],
        Case.UNICODE if "i" in flags[1] else test.case,
        test.multiline or "m" in flags[1],
        test.dotall or "s" in flags[1],
    )


def always_takes(pattern: str) -> bool:
    """Whether every group takes part whenever the regex matches."""
    return not re.search(r"\|", pattern) and not re.search(r"\)[?*{]", pattern)


def text_test(text: str, case: Case = Case.SENSITIVE) -> Test:
    """Equality with a constant; a whole number is the same as its spelling."""
    pattern = Pattern.of(text, case=case)
    number = pattern.as_number()
    if isinstance(number, int):
        return Number(number)
    return replace(pattern, case=Case.UNICODE) if text.lower() == text.upper() else pattern
