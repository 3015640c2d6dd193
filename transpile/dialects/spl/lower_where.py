"""IR to the eval language, for what the search language cannot say.

Unlike `search`, the eval language minds case, and a function of a missing field gives NULL, whose negation is NULL
too: such an event would be lost. Under a NOT every test is therefore *guarded*: a missing field counts as empty, by
`coalesce(f, "")`, so that the test is false and never NULL. A field that the data model knows to hold several values
is asked of each by `mvfind` and `mvfilter`, for which that is documented; they give NULL where nothing is found.
"""

from __future__ import annotations

import re
from typing import assert_never

from transpile.diagnostics import Report
from transpile.dialects.spl import codes
from transpile.dialects.spl.lower_search import keyword_pattern
from transpile.dialects.spl.lower_value import compute
from transpile.dialects.spl.strings import RAW
from transpile.dialects.spl.tree import Among, And, Binary, Call, EvalExpr, Name, Negative, Not, Number, Or, String
from transpile.ir import expr as ir
from transpile.ir.match import (
    ANY,
    Boolean,
    Cidr,
    Compare,
    Exists,
    Field,
    FieldRef,
    Null,
    Order,
    Pattern,
    Regex,
    Shape,
    Test,
    TimePart,
)
from transpile.ir.match import Number as NumberTest
from transpile.ir.walk import by_field
from transpile.record import record
from transpile.regex import RegexError, escape_pcre, matches_empty, parse, to_pcre
from transpile.regex.tree import Anchor, Capture, walk
from transpile.source import Span

EMPTY = String("")
TRUE, FALSE = Call("true"), Call("false")
_ODD_NAME = re.compile(r"['\\\x00-\x1f\x7f-\x9f]")
_PLAIN = re.compile(r"[\x20-\x7e]*")
_LONG = 200  # characters of a regex that is put together
_LONGEST_NAME = 32  # of a capture group, in PCRE


@record
class Regexp:
    """A PCRE regex that means a test, and whether it finds something in the empty string."""

    text: str
    matches_empty: bool


def where(expr: ir.Expr, report: Report, *, guarded: bool = False) -> EvalExpr:
    """The eval expression of the same meaning; what cannot be expressed is reported. `guarded`: it is under a NOT."""
    match expr:
        case ir.And(args):
            return And(tuple(where(arg, report, guarded=guarded) for arg in args))
        case ir.Or(args):
            return _any(args, report, guarded)
        case ir.Not(arg):
            return Not(where(arg, report, guarded=True))
        case ir.Constant(value):
            return TRUE if value else FALSE
        case ir.Keyword(test):
            return _keyword(test, report, expr.span, guarded)
        case ir.Match(value, test) if not isinstance(value, Field):
            return _computed(compute(value), test, report, expr.span, guarded)
        case ir.Match(_, test):
            field = expr.field
            if _ODD_NAME.search(field.name) or not field.name:
                report.refuse(codes.SPL003, expr.span, field=field.name)
                return FALSE
            return _leaf(field, test, report, expr.span, guarded)
        case ir.Opaque():
            ir.never_written(expr)
        case _:
            assert_never(expr)


def _any(args: tuple[ir.Expr, ...], report: Report, guarded: bool) -> EvalExpr:
    """The alternatives, with plain values of one field as a list."""
    parts: list[EvalExpr] = []
    for _, group in by_field(args):
        tests = [where(arg, report, guarded=guarded) for arg in group]
        choices: dict[EvalExpr, list[EvalExpr]] = {}
        for test in tests:
            match test:
                case Binary("==", value, String(text) as choice) if text:
                    choices.setdefault(value, []).append(choice)
                case Or(inner):
                    parts += inner
                case _:
                    parts.append(test)
        for value, found in choices.items():
            parts.append(Among(value, tuple(found)) if len(found) > 1 else Binary("==", value, found[0]))
    parts = _joined(parts)
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


_FLAGS = re.compile(r"(?:\(\?([a-z]+)\))?(.*)", re.DOTALL)


def _joined(parts: list[EvalExpr]) -> list[EvalExpr]:
    """The alternatives, with regexes without groups that are looked for in one value as one regex."""
    found: dict[EvalExpr, list[str]] = {}
    whole: list[EvalExpr] = []
    for part in parts:
        match part:
            case Call("match", (value, String(text))) if "(" not in _without_flags(text):
                if value not in found:
                    whole.append(part)
                found.setdefault(value, []).append(text)
            case _:
                whole.append(part)
    short = {value: texts for value, texts in found.items() if sum(map(len, texts)) <= _LONG}
    return [_one_regex(part, short) for part in whole] if short.keys() == found.keys() else parts


def _without_flags(text: str) -> str:
    """The regex without flags at its front, and without escaped characters."""
    return re.sub(r"\\.", "", _FLAGS.sub(r"\2", text, count=1))


def _one_regex(part: EvalExpr, found: dict[EvalExpr, list[str]]) -> EvalExpr:
    match part:
        case Call("match", (value, String(text))) if len(found.get(value, ())) > 1 and text == found[value][0]:
            split = [_FLAGS.fullmatch(one) for one in found[value]]
            pieces = [((one[1] or ""), one[2]) for one in split if one]
            flags = {flag for flag, _ in pieces}
            if len(flags) == 1:
                joined = "|".join(body for _, body in pieces)
                flag = flags.pop()
                return Call("match", (value, String(f"(?{flag})(?:{joined})" if flag else joined)))
            return Call("match", (value, String("|".join(f"(?{flag}:{body})" for flag, body in pieces))))
        case _:
            return part


# --- regexes


def regexp(test: Pattern | Regex, report: Report, span: Span | None) -> Regexp | None:
    """The test as a regex to search with; None, with a diagnostic, if PCRE has none."""
    if isinstance(test, Pattern):
        return Regexp(pattern_regex(test), test.matches_empty)
    try:
        node = parse(test.pattern, ignore_case=test.ignore_case, multiline=test.multiline, dotall=test.dotall)
        names = [part.name for part in walk(node) if isinstance(part, Capture) and part.name]
        if any(len(name) > _LONGEST_NAME for name in names):
            raise RegexError(f"a group's name is longer than {_LONGEST_NAME} characters")
        return Regexp(to_pcre(node), matches_empty(node))
    except RegexError as error:
        report.refuse(codes.SPL001, span, reason=str(error))
        return None


def pattern_regex(test: Pattern) -> str:
    """The pattern as a regex to search with, anchored where there is no `*` at the end.

    >>> from transpile.ir.match import ONE
    >>> print(pattern_regex(Pattern.of(ANY, "\\\\a", ONE, ".exe")))
    (?is)\\\\a.\\.exe\\z
    """
    parts = test.parts
    opening, closing = parts[:1] == (ANY,), parts[-1:] == (ANY,)
    body = Pattern(parts[opening : len(parts) - closing])
    letters = body.literal
    flags = "" if test.cased or letters.lower() == letters.upper() else "i"
    if any(not isinstance(part, str) for part in body.parts):
        flags += "s"  # a wildcard stands for line breaks too
    text = ("" if opening else "^") + body.render(escape_pcre, ".*", ".") + ("" if closing else r"\z")
    return f"(?{flags}){text}" if flags else text


# --- leaves


def _value(subject: EvalExpr, guarded: bool) -> EvalExpr:
    return Call("coalesce", (subject, EMPTY)) if guarded else subject


def _computed(subject: EvalExpr, test: Test, report: Report, span: Span | None, guarded: bool) -> EvalExpr:
    """A test of a computed value, which has one value or none."""
    match test:
        case Exists() | Pattern(shape=Shape.PRESENT):
            return Call("isnotnull", (subject,))
        case Null():
            return Binary("==", _value(subject, True), EMPTY)
        case FieldRef():
            report.refuse(codes.SPL004, span, field="a computed value", other=test.field.name)
            return FALSE
        case TimePart():
            report.refuse(codes.SPL002, span, unit=test.unit.value)
            return FALSE
        case _:
            return _single(subject, test, report, span, guarded)


def _leaf(field: Field, test: Test, report: Report, span: Span | None, guarded: bool) -> EvalExpr:
    name = field.name
    match test:
        case Exists():
            return Call("isnotnull", (Name(name),))
        case Null() if field.repeated:
            return Call("isnull", (Call("mvfind", (Name(name), String("(?s)."))),))
        case Null():
            return Binary("==", _value(Name(name), True), EMPTY)
        case Pattern(shape=Shape.PRESENT):
            return Call("isnotnull", (Name(name),))
        case FieldRef():
            return _reference(field, test, report, span, guarded)
        case TimePart():
            report.refuse(codes.SPL002, span, unit=test.unit.value)
            return FALSE
        case Pattern() | Regex() if field.repeated:
            found = regexp(test, report, span)
            return Call("isnotnull", (Call("mvfind", (Name(name), String(found.text))),)) if found else FALSE
        case _ if field.repeated:
            one = _single(Name(name), test, report, span, False)
            return Call("isnotnull", (Call("mvfilter", (one,)),))
        case _:
            return _single(Name(name), test, report, span, guarded)


def _single(
    subject: EvalExpr,
    test: Pattern | Regex | NumberTest | Boolean | Compare | Cidr,
    report: Report,
    span: Span | None,
    guarded: bool,
) -> EvalExpr:
    """A test of one value."""
    value = _value(subject, guarded)
    match test:
        case Pattern(()):
            # Missing must not count as empty here.
            return Binary("==", Call("coalesce", (subject, String("-"))) if guarded else subject, EMPTY)
        case Pattern() if test.shape is Shape.EQUALS and _PLAIN.fullmatch(test.literal):
            text = test.literal
            if test.cased or text.lower() == text.upper():
                return Binary("==", value, String(text))
            return Binary("==", Call("lower", (value,)), String(text.lower()))
        case Pattern() | Regex():
            found = regexp(test, report, span)
            return FALSE if found is None else finds(subject, found, guarded)
        case NumberTest(number):
            return Binary("==", value, String(str(number)))
        case Boolean(truth):
            return Binary("==", Call("lower", (value,)), String("true" if truth else "false"))
        case Compare():
            return _compare(subject, test, guarded)
        case Cidr(network):
            return Call("cidrmatch", (String(network), value))
        case _:
            assert_never(test)


def finds(subject: EvalExpr, found: Regexp, guarded: bool) -> EvalExpr:
    """`match(f, regex)`, which under a NOT must not be NULL, nor true for a missing field."""
    test = Call("match", (_value(subject, guarded), String(found.text)))
    return And((Call("isnotnull", (subject,)), test)) if guarded and found.matches_empty else test


_FAILS = {Order.GT: 0, Order.LT: 0, Order.GTE: -1, Order.LTE: 1}  # what to add to the bound to fail the comparison


def _compare(subject: EvalExpr, test: Compare, guarded: bool) -> EvalExpr:
    """`tonumber` gives NULL for what is not a number; under a NOT, a number that fails stands in for that."""
    number = subject if _is_number(subject) else Call("tonumber", (subject,))
    if guarded:
        number = Call("coalesce", (number, number_of(test.value + _FAILS[test.order])))
    return Binary(test.order.value, number, number_of(test.value))


def _is_number(subject: EvalExpr) -> bool:
    """Whether the expression gives a number by itself."""
    arithmetic = isinstance(subject, Binary) and subject.operator != "."
    return arithmetic or (isinstance(subject, Call) and subject.name in ("len", "tonumber"))


def number_of(value: float) -> EvalExpr:
    """A number as an expression, which has no negative ones."""
    return Negative(Number(str(-value))) if value < 0 else Number(str(value))


def _reference(field: Field, test: FieldRef, report: Report, span: Span | None, guarded: bool) -> EvalExpr:
    """One field against another; a `FieldRef` never holds where either is missing."""
    if field.repeated or test.field.repeated or _ODD_NAME.search(test.field.name):
        report.refuse(codes.SPL004, span, field=field.name, other=test.field.name)
        return FALSE
    here, there = _folded(field.name, test.cased, guarded), _folded(test.field.name, test.cased, guarded)
    length = Call("len", (there,))
    match test.shape:
        case Shape.EQUALS:
            found: EvalExpr = Binary("==", here, there)
        case Shape.STARTS:
            found = Binary("==", Call("substr", (here, Number("1"), length)), there)
        case Shape.ENDS:
            found = Or((Binary("==", there, EMPTY), Binary("==", Call("substr", (here, Negative(length))), there)))
        case _:
            pieces = Call("mvcount", (Call("split", (here, there)),))
            found = Or((Binary("==", there, EMPTY), Binary(">", pieces, Number("1"))))
    if not guarded and test.shape is Shape.EQUALS:
        return found
    present = tuple(Call("isnotnull", (Name(name),)) for name in (field.name, test.field.name))
    return And((*present, found))


def _folded(name: str, cased: bool, guarded: bool) -> EvalExpr:
    value = _value(Name(name), guarded)
    return value if cased else Call("lower", (value,))


def _keyword(test: Pattern | Regex, report: Report, span: Span | None, guarded: bool) -> EvalExpr:
    found = keyword_regexp(test, report, span)
    return FALSE if found is None else finds(Name(RAW), found, guarded)


def keyword_regexp(test: Pattern | Regex, report: Report, span: Span | None) -> Regexp | None:
    """A keyword as a regex for the raw text; None, with a diagnostic, where it speaks of the ends of a value."""
    if isinstance(test, Pattern):
        return regexp(keyword_pattern(test), report, span)
    found = regexp(test, report, span)
    if found and any(isinstance(part, Anchor) and part not in _WORDS for part in walk(parse(test.pattern))):
        report.refuse(codes.SPL005, span)
        return None
    return found


_WORDS = (Anchor.WORD, Anchor.NOT_WORD)
