"""From pySigma's objects to IR: what each detection item asks of an event.

Strings go over part by part, never through escaped text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sigma.conditions import ConditionAND, ConditionOR
from sigma.rule import SigmaDetection, SigmaDetectionItem
from sigma.types import (
    CompareOperators,
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaQueryExpression,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
    TimestampPart,
)

from transpile.codes import Code
from transpile.diagnostics import Diagnostic, diagnose
from transpile.dialects.sigma import codes
from transpile.dialects.sigma.direct import LONGEST_REGEX
from transpile.dialects.sigma.modifiers import Bytes, Cased, Problem
from transpile.dialects.sigma.parse import NOWHERE, ItemPlace
from transpile.ir.expr import And, Expr, Keyword, Match, Not, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Boolean,
    Case,
    Cidr,
    Compare,
    Exists,
    Field,
    FieldRef,
    Null,
    Number,
    Order,
    Pattern,
    Regex,
    Shape,
    Test,
    TimePart,
    TimeUnit,
    Wildcard,
)
from transpile.record import record
from transpile.regex import RegexError
from transpile.regex import parse as parse_regex
from transpile.source import Span

_MANY = SpecialChars.WILDCARD_MULTI
_ORDERS = MappingProxyType(
    {
        CompareOperators.LT: Order.LT,
        CompareOperators.LTE: Order.LTE,
        CompareOperators.GT: Order.GT,
        CompareOperators.GTE: Order.GTE,
    }
)
_UNITS = MappingProxyType({part: TimeUnit[part.name] for part in TimestampPart})
# The values that a part of a timestamp can have; years have no bounds.
_RANGES: Mapping[TimeUnit, range] = MappingProxyType(
    {
        TimeUnit.MINUTE: range(60),
        TimeUnit.HOUR: range(24),
        TimeUnit.DAY: range(1, 32),
        TimeUnit.WEEK: range(1, 54),
        TimeUnit.MONTH: range(1, 13),
    }
)
_REFERENCE_SHAPES = MappingProxyType(
    {
        (False, False): Shape.EQUALS,
        (True, False): Shape.STARTS,
        (False, True): Shape.ENDS,
        (True, True): Shape.CONTAINS,
    }
)


class Lifter:
    """Lifts the detections of one rule; what it cannot lift goes to `findings`."""

    def __init__(self, findings: list[Diagnostic]) -> None:
        self.findings = findings

    def detection(self, detection: SigmaDetection) -> Expr | None:
        """What a selection, or a part of one, asks for; None if nothing is left of it."""
        args = []
        for item in detection.detection_items:
            arg = self.detection(item) if isinstance(item, SigmaDetection) else self.item(item)
            if arg is not None:
                args.append(arg)
        return _join(_is_and(detection), args)

    def item(self, item: SigmaDetectionItem) -> Expr | None:
        """What a field and its values, or a list of keywords, ask for; None with a finding if IR cannot express it."""
        place = item.source if isinstance(item.source, ItemPlace) else ItemPlace(NOWHERE)
        if not item.value:  # only a pipeline leaves no values; pySigma would ask for null then
            self._find(codes.SIG062, place.key, what=f"the values of {item.field}")
            return None
        field = None if item.field is None else _field(item.field)
        leaf = _Leaf(field, Case.SENSITIVE if Cased in item.modifiers else Case.UNICODE, place.operator)
        spans: Sequence[Span | None] = place.values
        if len(spans) != len(item.value):  # a pipeline changed the values
            spans = (place.key,) * len(item.value)
        args: list[Expr] = []
        for value, span in zip(item.value, spans, strict=True):
            try:
                args.append(leaf.lift(value, span))
            except Problem as problem:
                self._find(problem.code, span, **problem.facts)
        joined = _join(item.value_linking is ConditionAND, args)
        return Not(joined) if joined is not None and item.negated else joined

    def _find(self, code: Code, span: Span | None, **facts: Any) -> None:
        self.findings.append(diagnose(code, span, **facts))


def _is_and(detection: SigmaDetection) -> bool:
    """Whether the parts of a detection must all hold.

    A pipeline that maps a field to several makes one item for each, linked by OR. If the item was negated (`neq`),
    so is each of them, and none of the fields may match: then they are linked by AND.
    """
    if detection.item_linking is not ConditionOR:
        return True
    items = detection.detection_items
    return bool(items) and all(isinstance(item, SigmaDetectionItem) and item.negated for item in items)


def _join(every: bool, args: list[Expr]) -> Expr | None:
    if len(args) < 2:
        return args[0] if args else None
    return And(tuple(args)) if every else Or(tuple(args))


@lru_cache(maxsize=4096)
def _field(name: str) -> Field:
    return Field(name)


@record
class _Leaf:
    """Lifts the values of one detection item; raises `Problem` for what IR cannot hold."""

    field: Field | None
    case: Case
    operator: str

    def lift(self, value: SigmaType, span: Span | None) -> Expr:
        """What one value asks for."""
        match value:
            case SigmaString():
                test: Test = self.pattern(value)
            case SigmaExpansion():
                forms = tuple(self.lift(form, span) for form in value.values)
                return forms[0] if len(forms) == 1 else Or(forms)
            case SigmaTimestampPart():
                test = TimePart(_UNITS[value.timestamp_part], int(value.number))
            case SigmaNumber():
                test = Number(value.number)
            case SigmaNull():
                test = Null()
            case SigmaRegularExpression():
                test = _regex(value)
            case SigmaBool():
                test = Boolean(value.boolean)
            case SigmaExists():
                found = self.match(Exists(), span)
                return found if value.exists else Not(found)
            case SigmaCompareExpression():
                return self.compare(value, span)
            case SigmaCIDRExpression():
                test = Cidr(str(value.network))
            case SigmaFieldReference():
                shape = _REFERENCE_SHAPES[value.starts_with, value.ends_with]
                test = FieldRef(_field(value.field), shape, self.case)
            case SigmaQueryExpression():
                raise Problem(codes.SIG061, what=f"the query expression `{value.expr}`")
            case _:
                raise Problem(codes.SIG061, what=f"a {type(value).__name__}")
        return self.match(test, span)

    def match(self, test: Test, span: Span | None) -> Match | Keyword:
        """A test of the field, or of the whole event where there is none."""
        return Keyword(self.keyword(test), span) if self.field is None else Match(self.field, test, self.operator, span)

    def pattern(self, value: SigmaString) -> Pattern:
        """A string, its wildcards as wildcards."""
        parts = [part if isinstance(part, str) else _wildcard(part) for part in value.s]
        kind = type(value)  # not isinstance, which takes its time with pySigma's abstract classes
        if kind is Bytes and not all(part.isascii() for part in parts if isinstance(part, str)):
            raise Problem(codes.SIG035, modifiers=self.operator)
        return Pattern.of(*parts, case=Case.SENSITIVE if kind is SigmaCasedString else self.case)

    def compare(self, value: SigmaCompareExpression, span: Span | None) -> Expr:
        """An ordering of numbers, or of a part of a timestamp as the list of its values."""
        number = value.number.number
        if value.op is CompareOperators.NEQ:
            return Not(self.match(Number(number), span))
        order = _ORDERS[value.op]
        if not isinstance(value.number, SigmaTimestampPart):
            return self.match(Compare(order, number), span)
        unit = _UNITS[value.number.timestamp_part]
        if unit not in _RANGES:
            raise Problem(codes.SIG040, modifiers=self.operator, unit=unit)
        chosen = [part for part in _RANGES[unit] if _holds(part, order, number)]
        if not chosen:
            raise Problem(codes.SIG031, modifier=self.operator, needed=f"a bound that some {unit} keeps", value=number)
        return Or(tuple(self.match(TimePart(unit, part), span) for part in chosen))

    def keyword(self, test: Test) -> Pattern | Regex:
        """A test that no field goes with. Keywords are not anchored, so wildcards at their ends say nothing."""
        match test:
            case Pattern(parts, case):
                start = 1 if parts[:1] == (ANY,) else 0
                end = len(parts) - 1 if parts[-1:] == (ANY,) else len(parts)
                if start >= end:
                    raise Problem(codes.SIG037, found="empty")
                return Pattern(parts[start:end], case)
            case Number(value):
                return Pattern.of(str(value))
            case Boolean(value):
                return Pattern.of(str(value).lower())
            case Regex():
                return test
            case Null():
                raise Problem(codes.SIG037, found="null")
            case _:
                raise Problem(codes.SIG038, modifiers=self.operator)


def _wildcard(part: SpecialChars | Placeholder) -> Wildcard:
    if isinstance(part, Placeholder):
        raise Problem(codes.SIG039, name=part.name)
    return ANY if part is _MANY else ONE


def _regex(value: SigmaRegularExpression) -> Regex:
    """A regex, if it is one. pySigma takes its quantifiers for wildcards where a pipeline made it."""
    parts = [part if isinstance(part, str) else _wildcard(part).value for part in value.regexp.s]
    flags = value.flags
    pattern = "".join(parts)
    if len(pattern) > LONGEST_REGEX:
        raise Problem(codes.SIG033, reason=f"it has more than {LONGEST_REGEX:,} characters")
    regex = Regex(
        pattern,
        case=Case.UNICODE if SigmaRegularExpressionFlag.IGNORECASE in flags else Case.SENSITIVE,
        multiline=SigmaRegularExpressionFlag.MULTILINE in flags,
        dotall=SigmaRegularExpressionFlag.DOTALL in flags,
    )
    try:
        parse_regex(pattern, ignore_case=regex.ignore_case, multiline=regex.multiline, dotall=regex.dotall)
    except RegexError as error:
        raise Problem(codes.SIG033, reason=error) from error
    return regex


def _holds(part: int, order: Order, bound: float) -> bool:
    match order:
        case Order.LT:
            return part < bound
        case Order.LTE:
            return part <= bound
        case Order.GT:
            return part > bound
        case Order.GTE:
            return part >= bound


def lift_all(detections: Mapping[str, SigmaDetection], findings: list[Diagnostic]) -> dict[str, Expr | None]:
    """What each selection asks for, by name, in order; None for one of which nothing is left."""
    lifter = Lifter(findings)
    return {name: lifter.detection(detection) for name, detection in detections.items()}
