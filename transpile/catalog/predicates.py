"""What a rule looks for: its predicates, each a field, a kind and a value, as the rule's author wrote them.

The rules of counting are in docs/catalog.md; what differs between languages is data (`counting.yml`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import assert_never

from transpile.catalog import values
from transpile.catalog.meaning import meaning_of, place_of
from transpile.catalog.names import catalog_name, catalog_value, data
from transpile.catalog.written import around, text_at
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import Call, Exists, Field, Function, Number, Pattern, Regex
from transpile.ir.rule import Rule
from transpile.ir.stream import Aggregate, Compute, Events, Join, JoinKind, Sequence, Stream, Together, Where
from transpile.ir.walk import inputs, stages, value_fields, value_text
from transpile.record import record, replace
from transpile.source import Source

KEYWORDS = "keywords"  # the field of texts that are looked for in a whole event


@record
class Predicate:
    """A test of a rule. `own` is the field's name in the rule, `field` the catalog's.

    `excluded`: under an odd number of NOTs. `counted`: among the fields and indicators of pages.
    """

    field: str
    kind: str
    value: str
    own: str
    excluded: bool
    counted: bool
    meaning: str = ""
    own_kind: str = ""  # what the page of the rule itself shows, where that is another kind


@record
class Counting:
    """How the predicates of a language count (`counting.yml`)."""

    vendor: str
    operators: Mapping[str, str]
    written: str
    unequal: re.Pattern[str] | None
    member: re.Pattern[str] | None
    term: re.Pattern[str] | None
    filters: bool
    events: frozenset[str]
    codes: frozenset[str]
    platform: frozenset[str]
    implied: frozenset[str]
    explicit: re.Pattern[str] | None
    page: Mapping[str, Mapping[str, str]]


@cache
def counting(language: str) -> Counting:
    """How the predicates of a language count; a language without an entry counts by what its tests mean."""
    one = data("counting.yml").get(language, {})
    return Counting(
        one.get("vendor", language.capitalize()),
        one.get("operators", {}),
        one.get("written", "test"),
        re.compile(one["unequal"]) if "unequal" in one else None,
        re.compile(one["member"]) if "member" in one else None,
        re.compile(one["term"]) if "term" in one else None,
        one.get("filters", False),
        frozenset(one.get("events", ())),
        frozenset(one.get("codes", ())),
        frozenset(one.get("platform", ())),
        frozenset(one.get("implied", ())),
        re.compile(one["explicit"]) if "explicit" in one else None,
        one.get("page", {}),
    )


@record
class Test:
    """A leaf of a rule's conditions: under how many NOTs, and in which events."""

    leaf: Match | Keyword
    nots: int
    events: Events | None


def tests(stream: Stream) -> Iterator[Test]:
    """Every test of a rule's conditions on events, left to right; what is asked of counts is left out."""
    made = {measure.name for stage in stages(stream) if isinstance(stage, Aggregate) for measure in stage.measures}
    made |= {column.name for stage in stages(stream) if isinstance(stage, Compute) for column in stage.columns}
    for test in _of_stream(stream, 0):
        value = getattr(test.leaf, "value", None)
        if test.events is not None or not (isinstance(value, Field) and value.name in made):
            yield test


def _of_stream(stream: Stream, nots: int) -> Iterator[Test]:
    match stream:
        case Events(condition):
            for leaf, inner in _of_expr(condition, nots):
                yield Test(leaf, inner, stream)
        case Where(input, condition):
            yield from _of_stream(input, nots)
            for leaf, inner in _of_expr(condition, nots):
                yield Test(leaf, inner, None)
        case Sequence(steps, until=until):
            for step in steps:
                yield from _of_stream(step.input, nots + step.absent)
            if until is not None:
                yield from _of_stream(until, nots + 1)
        case Join(left, right, kind=kind):
            yield from _of_stream(left, nots)
            yield from _of_stream(right, nots + (kind is JoinKind.ANTI))
        case Together(streams):
            for one in streams:
                yield from _of_stream(one, nots)
        case _:
            for one in inputs(stream):
                yield from _of_stream(one, nots)


def _of_expr(expr: Expr, nots: int) -> Iterator[tuple[Match | Keyword, int]]:
    match expr:
        case And(args) | Or(args):
            for arg in args:
                yield from _of_expr(arg, nots)
        case Not(arg):
            yield from _of_expr(arg, nots + 1)
        case Match() | Keyword():
            yield expr, nots
        case Constant() | Opaque():
            return
        case _:
            assert_never(expr)


def meanings(rule: Rule) -> Mapping[object, str]:
    """The meaning of each test of a rule in Sigma's names, by its place in the text."""
    return {place_of(test.leaf): meaning_of(test.leaf) for test in tests(rule.body)}


def predicates(rule: Rule, language: str, meanings: Mapping[object, str] | None = None) -> tuple[Predicate, ...]:
    """The predicates of a rule that was written in `language`, each once, in the order of the text.

    `meanings`: by the place of a test, what it means in the names that all languages share (`meanings`).
    """
    known = counting(language)
    found: dict[Predicate, dict[str, None]] = {}
    for test in tests(rule.body):
        if rule.is_single and _is_of_another(test):
            continue
        test = as_comparison(test, rule.source, known)
        for predicate in _of_test(test, rule.source, known):
            found.setdefault(predicate, {})[_meaning(predicate, test, meanings)] = None
    return tuple(replace(one, meaning=" | ".join(sorted(texts))) for one, texts in found.items())


def _is_of_another(test: Test) -> bool:
    """Whether a test of a rule on single events is in another file: in a filter that is meant for many rules."""
    return test.leaf.span is not None and test.leaf.span.source is not None


def as_comparison(test: Test, source: Source, known: Counting) -> Test:
    """A test for a text that is a field with its value (`TERM(EventCode=1)`), as a test of the field."""
    leaf = test.leaf
    if known.term is None or not isinstance(leaf, Keyword):
        return test
    found = known.term.search(text_at(source, leaf.span) or "")
    if found is None:
        return test
    return replace(test, leaf=Match(Field(found["field"]), Pattern.of(found["value"]), "=", leaf.span))


def _meaning(predicate: Predicate, test: Test, meanings: Mapping[object, str] | None) -> str:
    text = (meanings or {}).get(place_of(test.leaf)) or meaning_of(test.leaf, predicate.field)
    return f"!{text}" if predicate.kind in ("ne", "is_not_null") and not text.startswith("!") else text


def _of_test(test: Test, source: Source, known: Counting) -> Iterator[Predicate]:
    leaf = test.leaf
    if isinstance(leaf, Keyword):
        value = values.keyword_value(leaf, source, known.written)
        excluded = test.nots % 2 == 1
        yield Predicate(KEYWORDS, "contains", value, KEYWORDS, excluded, known.filters or not excluded)
        return
    own = own_name(leaf, test.events)
    if is_implied(leaf, source, known) or own in known.platform or own in known.events:
        return
    unequal = _is_unequal(leaf, source, known)
    if unequal and isinstance(leaf.test, Exists | Pattern) and values.is_presence(leaf) and test.nots % 2 == 0:
        return  # `f != x` asks for f to be there; the inequality itself is a test of its own
    field = catalog_name(own)
    excluded = (test.nots - unequal) % 2 == 1
    kind = _kind(leaf, source, known, unequal)
    for value in values.written_values(leaf, source, known.written, kind):
        shown = catalog_value(field, value)
        yield Predicate(
            field, kind, shown, own, excluded, known.filters or not excluded, own_kind=_own_kind(leaf, known)
        )


def _own_kind(leaf: Match, known: Counting) -> str:
    words = leaf.operator.split("|")
    return next((kind for word in words for more, kind in known.page.get(word, {}).items() if more in words), "")


def own_name(leaf: Match, events: Events | None) -> str:
    """The name of the tested field in the rule, without the prefix of the data set that holds it."""
    fields = list(value_fields(leaf.value))
    name = fields[0].name if len(fields) == 1 and _keeps_name(leaf) else value_text(leaf.value)
    dataset = events.dataset if events else None
    if dataset and "." in name:
        name = _IN_DATA_MODEL.sub("", name)
    return name


_IN_DATA_MODEL = re.compile(r"^[A-Z]\w*\.")  # the node of a data model: Processes.process_name


_PLAIN = frozenset({Function.LOWER, Function.UPPER, Function.TRIM, Function.TEXT, Function.COALESCE})


def _keeps_name(leaf: Match) -> bool:
    """Whether the value is a field as it is, but for case, blanks and type."""
    value = leaf.value
    while isinstance(value, Call) and value.function in _PLAIN:
        value = value.args[0]
    return isinstance(value, Field)


_SELECTS = frozenset({"source", "sourcetype", "eventtype", "index", "Channel", "host"})


def is_implied(leaf: Match, source: Source, known: Counting) -> bool:
    """Whether the author did not write the test: it comes from a grouping, a category, or a log source's macro."""
    if leaf.span is None:
        return True
    if leaf.operator not in known.implied:
        text = text_at(source, leaf.span) if known.written == "comparison" else None
        return bool(text and text.startswith("`") and isinstance(leaf.value, Field) and leaf.value.name in _SELECTS)
    if known.explicit is not None:
        return known.explicit.search(text_at(source, leaf.span) or "") is None
    return True


def _is_unequal(leaf: Match, source: Source, known: Counting) -> bool:
    if leaf.operator == "neq":
        return True
    if leaf.operator == "!= null" or known.unequal is None:
        return False
    if known.unequal.pattern.endswith("$"):  # in the text before the value
        return known.unequal.search(around(source, leaf.span, 12, 0)[0]) is not None
    text = text_at(source, leaf.span) or ""
    if known.written == "literal":
        text = around(source, leaf.span, 0, 200)[1]
    return known.unequal.search(text) is not None


def _kind(leaf: Match, source: Source, known: Counting, unequal: bool) -> str:
    operator = leaf.operator.partition("|")[0] if leaf.operator else ""
    words = leaf.operator.split("|") if leaf.operator else [""]
    if unequal:
        return "ne"
    by_test = values.kind_of_test(leaf.test)
    if by_test in ("is_null", "is_not_null") and isinstance(leaf.test, Exists):
        return by_test
    if known.written == "token" and isinstance(leaf.test, Pattern | Regex) and operator == ":":
        return values.kind_of_token(text_at(source, leaf.span) or "", by_test)
    if known.member is not None and known.member.search(text_at(source, leaf.span) or ""):
        return "in"
    named = next((known.operators[word] for word in words if word in known.operators), None)
    named = known.operators.get(leaf.operator, named)
    if operator == "" and known.written == "comparison":
        return _of_comparison(leaf, source)
    if named in (None, "shape", "eq") and by_test != "eq" and not (named == "eq" and by_test == "wildcard"):
        return by_test
    if isinstance(leaf.test, Number) and named == "shape":
        return "eq"
    return "eq" if named in (None, "shape") else str(named)


def _of_comparison(leaf: Match, source: Source) -> str:
    """A comparison with wildcards matches; one without is equality, or an order."""
    by_test = values.kind_of_test(leaf.test)
    if by_test in ("starts_with", "ends_with", "contains", "wildcard", "is_not_null"):
        return "match"
    return by_test
