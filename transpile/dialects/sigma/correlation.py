"""A correlation rule as its author wrote it: the YAML map, checked, without the rules that it names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from transpile.codes import Code
from transpile.diagnostics import Diagnostic, diagnose
from transpile.dialects.sigma import codes
from transpile.dialects.sigma import condition as conditions
from transpile.dialects.sigma.condition import Condition, Name
from transpile.dialects.sigma.guess import guess
from transpile.dialects.sigma.library import scalars
from transpile.dialects.sigma.measures import OPERATORS
from transpile.dialects.sigma.timespan import TimespanError, seconds
from transpile.dialects.sigma.tree import MapEntry, Mapping, Node, Scalar, Sequence, describe
from transpile.record import record
from transpile.source import Span
from transpile.syntax.lexer import ParseError

COUNTS = ("event_count", "value_count")
VALUES = ("value_count", "value_sum", "value_avg", "value_percentile", "value_median")
TEMPORAL = ("temporal", "temporal_ordered")
TYPES = ("event_count", *VALUES, *TEMPORAL)
_KEYS = ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate")
_CONDITION_KEYS = (*OPERATORS, "field", "percentile")


@record
class Bound:
    """One comparison of a condition: `gte: 10`."""

    operator: str
    value: int | float
    span: Span


@record
class Correlation:
    """What a correlation asks, with references as scalars, which have their places.

    - `bounds`: comparisons that must all hold; `condition`: the text form, for temporal ones; neither: every rule.
    - `aliases`: for each alias, the field of each rule.
    """

    kind: str
    rules: tuple[Scalar, ...]
    by: tuple[str, ...]
    seconds: int
    bounds: tuple[Bound, ...]
    condition: Condition | None
    fields: tuple[Scalar, ...]
    rank: float | None
    aliases: tuple[tuple[Scalar, tuple[tuple[Scalar, str], ...]], ...]
    generate: bool
    span: Span
    condition_span: Span | None


class _Wrong(Exception):
    """The correlation has no meaning; the reason is among the findings."""


def is_generating(block: Node | None) -> bool:
    """Whether a correlation leaves the rules that it names alerts of their own (`generate: true`)."""
    value = block.value("generate") if isinstance(block, Mapping) else None
    return isinstance(value, Scalar) and value.truth is True


def parse_correlation(node: Mapping, findings: list[Diagnostic]) -> Correlation | None:
    """The correlation of a document, or None with the reason among `findings`."""
    entry = node.find("correlation")
    assert entry is not None
    if not isinstance(entry.value, Mapping):
        findings.append(diagnose(codes.SIG085, entry.key.span, problem="is not a map"))
        return None
    try:
        return _Parser(entry.value, entry.key.span, findings).parse()
    except _Wrong:
        return None


@dataclass(slots=True)
class _Parser:
    block: Mapping
    span: Span
    findings: list[Diagnostic]

    def parse(self) -> Correlation:
        self.check_keys(self.block, _KEYS, "the correlation")
        kind = self.kind()
        bounds, condition, fields, rank, span = self.condition(kind)
        rules = self.rules(kind, condition)
        return Correlation(
            kind,
            rules,
            tuple(dict.fromkeys(scalar.text for scalar in self.texts("group-by"))),
            self.timespan(),
            bounds,
            condition,
            fields,
            rank,
            self.aliases(),
            is_generating(self.block),
            self.span,
            span,
        )

    def wrong(self, code: Code, span: Span | None, **facts: Any) -> _Wrong:
        self.findings.append(diagnose(code, span, **facts))
        return _Wrong()

    def check_keys(self, block: Mapping, known: Iterable[str], what: str) -> None:
        """Refuse keys that the specification does not have: a misspelt one changes the meaning."""
        known = tuple(known)
        for entry in block.entries:
            if entry.key.text not in known:
                hint = _hint(entry.key.text, known)
                raise self.wrong(codes.SIG087, entry.key.span, key=entry.key.text, what=what, hint=hint)

    def kind(self) -> str:
        entry = self.block.find("type")
        if entry is None or not isinstance(entry.value, Scalar):
            raise self.wrong(codes.SIG088, self.span, key="type")
        if entry.value.text not in TYPES:
            hint = _hint(entry.value.text.lower(), TYPES)
            raise self.wrong(codes.SIG086, entry.value.span, value=entry.value.text, hint=hint)
        return entry.value.text

    def texts(self, key: str) -> tuple[Scalar, ...]:
        """A value that is a text, a list of texts, or absent."""
        entry = self.block.find(key)
        if entry is None:
            return ()
        found = scalars(entry.value)
        if isinstance(entry.value, Mapping) or (
            isinstance(entry.value, Sequence) and len(found) < len(entry.value.items)
        ):
            raise self.wrong(codes.SIG085, entry.value.span, problem=f"needs text or a list of texts in `{key}`")
        return tuple(found)

    def rules(self, kind: str, condition: Condition | None) -> tuple[Scalar, ...]:
        """The rules that it names, each once: in `rules`, or else in a condition that is text."""
        listed: dict[str, Scalar] = {}
        for scalar in self.texts("rules"):
            if scalar.text in listed and kind == "temporal_ordered":
                raise self.wrong(codes.SIG096, scalar.span, what=f"an order in which `{scalar.text}` comes twice")
            listed[scalar.text] = scalar
        if condition is None:
            if not listed:
                raise self.wrong(codes.SIG088, self.span, key="rules")
            return tuple(listed.values())
        place = self.block.value("condition")
        assert isinstance(place, Scalar)
        named: dict[str, Scalar] = {}
        for reference in conditions.references(condition):
            if not isinstance(reference, Name):
                reason = f"`{reference.quantifier} of {reference.pattern}` is for selections; name the rules"
                raise self.wrong(codes.SIG094, place.span, problem=f"cannot be read: {reason}")
            named[reference.name] = Scalar(reference.name, place.start, place.end)
        if listed and listed.keys() != named.keys():
            odd = sorted(listed.keys() ^ named.keys())[0]
            where = "not in the condition" if odd in listed else "not in `rules`"
            hint = _hint(odd, named if odd in listed else listed)
            raise self.wrong(codes.SIG094, place.span, problem=f"and `rules` differ: `{odd}` is {where}; {hint}")
        return tuple((listed or named).values())

    def timespan(self) -> int:
        entry = self.block.find("timespan")
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.is_null):
            close = next((one for one in self.block.entries if one.key.text in ("timeframe", "within")), None)
            raise self.wrong(codes.SIG088, close.key.span if close else self.span, key="timespan")
        text = entry.value.text if isinstance(entry.value, Scalar) else describe(entry.value)
        try:
            return seconds(text)
        except TimespanError:
            raise self.wrong(codes.SIG089, entry.value.span, value=text) from None

    def condition(
        self, kind: str
    ) -> tuple[tuple[Bound, ...], Condition | None, tuple[Scalar, ...], float | None, Span | None]:
        """The comparisons or the text of the condition, the fields, the rank of a percentile, and the place."""
        entry = self.block.find("condition")
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.is_null):
            if kind in TEMPORAL:
                return (), None, (), None, None
            raise self.wrong(codes.SIG088, self.span, key="condition")
        span = entry.value.span
        if isinstance(entry.value, Sequence):
            raise self.wrong(codes.SIG094, span, problem="must be a map, not a list")
        if isinstance(entry.value, Scalar):
            if kind not in TEMPORAL:
                raise self.wrong(codes.SIG094, span, problem=f"of type {kind} must be a map with a number")
            return (), self.text_condition(entry.value), (), None, span
        self.check_keys(entry.value, _CONDITION_KEYS, "the condition")
        bounds = tuple(self.bound(one) for one in entry.value.entries if one.key.text in OPERATORS)
        if not bounds and kind not in TEMPORAL:
            raise self.wrong(codes.SIG094, span, problem=f"compares with nothing; expected {', '.join(OPERATORS)}")
        return bounds, None, self.fields(kind, entry.value, span), self.rank(kind, entry.value, span), span

    def text_condition(self, scalar: Scalar) -> Condition:
        try:
            return conditions.parse(scalar.text)
        except ParseError as error:
            raise self.wrong(codes.SIG094, scalar.span, problem=f"cannot be read: {error.message}") from None

    def bound(self, entry: MapEntry) -> Bound:
        number = entry.value.number if isinstance(entry.value, Scalar) else None
        if number is None:
            found = f"`{entry.value.text}`" if isinstance(entry.value, Scalar) else describe(entry.value)
            raise self.wrong(codes.SIG094, entry.value.span, problem=f"`{entry.key.text}` needs a number, not {found}")
        whole = int(number) if isinstance(number, float) and number.is_integer() else number
        return Bound(entry.key.text, whole, entry.value.span)

    def fields(self, kind: str, block: Mapping, span: Span) -> tuple[Scalar, ...]:
        """The fields that are counted or computed with."""
        entry = block.find("field")
        found = tuple(scalars(entry.value)) if entry else ()
        if kind in VALUES:
            if not found:
                raise self.wrong(codes.SIG094, span, problem=f"of type {kind} needs a `field`")
            if len(found) > 1 and kind != "value_count":
                raise self.wrong(codes.SIG094, found[1].span, problem=f"of type {kind} takes one field")
        elif entry is not None:
            raise self.wrong(codes.SIG096, entry.key.span, what=f"`field` in a correlation of type {kind}")
        return found

    def rank(self, kind: str, block: Mapping, span: Span) -> float | None:
        """The rank of a percentile, which the specification leaves open."""
        entry = block.find("percentile")
        if kind != "value_percentile":
            if entry is not None:
                raise self.wrong(codes.SIG096, entry.key.span, what=f"`percentile` in a correlation of type {kind}")
            return None
        if entry is None:
            raise self.wrong(codes.SIG096, span, what="a percentile without `percentile`, its rank,")
        number = entry.value.number if isinstance(entry.value, Scalar) else None
        if number is None or not 0 <= number <= 100:
            raise self.wrong(codes.SIG094, entry.value.span, problem="`percentile` needs a number from 0 to 100")
        return float(number)

    def aliases(self) -> tuple[tuple[Scalar, tuple[tuple[Scalar, str], ...]], ...]:
        entry = self.block.find("aliases")
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.is_null):
            return ()
        if not isinstance(entry.value, Mapping):
            raise self.wrong(codes.SIG095, entry.key.span, problem="must be a map of names to maps of rules and fields")
        found = []
        for alias in entry.value.entries:
            fields = alias.value.entries if isinstance(alias.value, Mapping) else []
            named = [(one.key, one.value.text) for one in fields if isinstance(one.value, Scalar) and one.value.text]
            if not named or len(named) < len(fields):
                raise self.wrong(
                    codes.SIG095, alias.key.span, problem=f"`{alias.key.text}` needs a field for each rule"
                )
            found.append((alias.key, tuple(named)))
        return tuple(found)


def _hint(word: str, known: Iterable[str]) -> str:
    known = tuple(known)
    close = guess(word, known)
    return f"did you mean `{close}`?" if close else f"expected {', '.join(known)}"
