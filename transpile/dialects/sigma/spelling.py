"""How Sigma spells a test of a field: the modifiers behind its name, and the value."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, assert_never

from transpile.dialects.sigma.plain import Plain
from transpile.dialects.sigma.tree import Scalar
from transpile.ir.match import (
    ANY,
    Boolean,
    Case,
    Cidr,
    Compare,
    Exists,
    FieldRef,
    Null,
    Number,
    Pattern,
    Regex,
    Shape,
    Test,
    TimePart,
    Wildcard,
)
from transpile.regex.chars import is_cased

_WHERE = {(True, True): "contains", (False, True): "startswith", (True, False): "endswith", (False, False): ""}
_REFERENCES = {
    Shape.EQUALS: (),
    Shape.STARTS: ("startswith",),
    Shape.ENDS: ("endswith",),
    Shape.CONTAINS: ("contains",),
}
_CONTROL = re.compile(r"[\x00-\x1f]")
_RUN = re.compile(r"\\+|[*?]")
_REGEX_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")


class Spelling(NamedTuple):
    """The modifiers of a key, and a value under it."""

    modifiers: tuple[str, ...]
    value: Plain


def spell(test: Test) -> Spelling | None:
    """How a test is spelled; None for a number that YAML has no usual spelling of."""
    match test:
        case Pattern():
            return _pattern(test)
        case Regex():
            return _regex(test)
        case Number(value):
            number = _number(value)
            return None if number is None else Spelling((), number)
        case Boolean(truth):
            return Spelling((), truth)
        case Compare(order, value):
            number = _number(value)
            return None if number is None else Spelling((order.name.lower(),), number)
        case Cidr(network):
            return Spelling(("cidr",), network)
        case Exists():
            return Spelling(("exists",), True)
        case Null():
            return Spelling((), None)
        case TimePart(unit, value):
            return Spelling((unit.value,), value)
        case FieldRef(field, shape, case):
            cased = ("cased",) if case is Case.SENSITIVE else ()
            return Spelling((*cased, "fieldref", *_REFERENCES[shape]), escape((field.name,)))  # pySigma minds the order
        case _:
            assert_never(test)


def _number(value: float) -> int | float | None:
    """The number, if YAML reads its spelling as just that."""
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    return whole if Scalar(str(whole), None, None, plain=True).usual_number == whole else None


@lru_cache(maxsize=4096)  # a selection is tried in several ways
def _pattern(test: Pattern) -> Spelling:
    if _CONTROL.search(test.literal) or (test.case is Case.ASCII and _has_other_letters(test.literal)):
        return _regex(as_regex(test))
    number = Scalar(test.literal, None, None, plain=True).usual_number
    cased = ("cased",) if test.cased and is_cased(test.literal) else ()
    if test.shape is Shape.EQUALS and number is not None and not cased:
        return Spelling((), number)  # the same in Sigma, and a text of digits looks like a mistake
    parts = test.parts
    ends = len(parts) > 1 and parts[0] is ANY, len(parts) > 1 and parts[-1] is ANY
    where = _WHERE[ends]
    kept = parts[ends[0] : len(parts) - ends[1]]
    return Spelling((*((where,) if where else ()), *cased), escape(kept))


def escape(parts: tuple[str | Wildcard, ...]) -> str:
    r"""A text with its wildcards: literal ones escaped, and backslashes where they would escape something.

    >>> print(escape(("C:\\a*b\\", ANY, "\\\\host")))
    C:\a\*b\\*\\\\host
    """
    text = []
    for number, part in enumerate(parts):
        if isinstance(part, Wildcard):
            text.append(part.value)
            continue
        before_wildcard = number + 1 < len(parts)
        text.append(_RUN.sub(lambda found, run=part, last=before_wildcard: _escaped(found, run, last), part))  # type: ignore[misc]
    return "".join(text)


def _escaped(found: re.Match[str], run: str, before_wildcard: bool) -> str:
    """Wildcards escaped; a single backslash as it is, unless something follows that it would escape."""
    text = found.group()
    if text[0] != "\\":
        return "\\" + text
    after = run[found.end() : found.end() + 1]
    follows = after in ("*", "?") if after else before_wildcard
    return text * 2 if len(text) > 1 or follows else text


def _regex(test: Regex) -> Spelling:
    flags = (("i", test.ignore_case), ("m", test.multiline), ("s", test.dotall))
    by_line = test.multiline or _BY_LINE.search(test.pattern)
    pattern = test.pattern if by_line else _ESCAPE.sub(_portable, _with_dollar(test))
    pattern = _NAMED_GROUP.sub("(?P<", pattern)
    return Spelling(("re", *(flag for flag, is_set in flags if is_set)), pattern)


_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_NAMED_GROUP = re.compile(r"(?<!\\)\(\?<(?=[A-Za-z_])")  # Python knows PCRE's older spelling alone
_BY_LINE = re.compile(r"\(\?[a-zA-Z]*m")  # a flag within the regex, by which `$` is the end of any line


# A repeat that takes a newline too: behind it, the very end and `$` are the same.
_ANY_RUN = re.compile(r"(?<!\\)\[\^(?:\\[^\w]|[^\]\\\n])+\]\*\\z\Z")


def _with_dollar(test: Regex) -> str:
    r"""The regex, with `$` in the place of `\z` at its end where that makes no difference."""
    if _ANY_RUN.search(test.pattern) or (test.dotall and re.search(r"(?<!\\)\.\*\\z\Z", test.pattern)):
        return test.pattern.removesuffix(r"\z") + "$"
    return test.pattern


def _portable(escape: re.Match[str]) -> str:
    r"""The very end of a text, as PCRE and Python both have it: Python knows no `\z`, which pySigma minds."""
    return r"(?!\n)$" if escape[1] == "z" else escape[0]


def as_regex(test: Pattern) -> Regex:
    """The pattern as a regex, for what Sigma's strings cannot say: control characters, the case of ASCII alone."""
    letters = test.case is Case.ASCII and _has_other_letters(test.literal)

    def literal(run: str) -> str:
        return "".join(_letter(char, letters) for char in run)

    body = test.render(literal, ".*", ".")
    case = Case.SENSITIVE if letters else test.case
    return Regex(rf"\A{body}\z", case=case, dotall=any(isinstance(part, Wildcard) for part in test.parts))


def _letter(char: str, both_cases: bool) -> str:
    if _CONTROL.match(char):
        return f"\\x{ord(char):02x}"
    if both_cases and char.isascii() and char.isalpha():
        return f"[{char.lower()}{char.upper()}]"
    return _REGEX_SPECIAL.sub(r"\\\g<0>", char)


def _has_other_letters(text: str) -> bool:
    """Whether a letter beyond ASCII has another case, which ASCII's rules mind and Unicode's do not."""
    return not text.isascii() and any(not char.isascii() and char.swapcase() != char for char in text)


def minds_more_case(test: Test) -> bool:
    """Whether the test minds the case of letters beyond ASCII in a way that Sigma cannot say."""
    match test:
        case FieldRef(case=Case.ASCII):
            return True
        case Regex(pattern, case=Case.ASCII):
            return _has_other_letters(pattern)
        case _:
            return False
