"""The reference meaning: which events a rule matches, straight from the Sigma specification.

Where the specification is silent this module decides, for the whole project:

- A list matches when any of its members does; a map is a value that is present but equals no string.
- A missing field passes no test but `Null`. `Null`: missing, null, an empty list or the empty string; where there are
  several values, all of them empty.
- Case is ignored by Unicode's simple case folding (`facts.fold`), one character for one: `ß` is not `ss`.
- Numbers are compared as numbers, and with strings by their usual decimal spelling: 4688 is "4688", not "04688".
- Truth values are spelled `true` and `false`; 1 and 0 are not truth values.
- A keyword is looked for in every value of the event, at any depth, but not in the names of fields.
- An IPv4 address inside an IPv6 one (`::ffff:10.0.0.1`) is an IPv6 address.
- A timestamp is ISO 8601 (`T` or a blank between date and time), in UTC unless it names an offset, or a number of
  seconds since 1970. Weeks are ISO 8601's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, assert_never

from transpile.evaluate import Unproven
from transpile.evaluate.facts import Facts, fold, fold_ascii
from transpile.evaluate.functions import compute
from transpile.evaluate.numbers import as_number, as_time
from transpile.evaluate.values import MISSING
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import (
    ANY,
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
)
from transpile.ir.rule import Rule
from transpile.regex import RegexError, parse, to_python

Check = Callable[[Facts], bool]

COMPUTED = "computed"  # the one field of the event in which a computed value is tested


def matches(rule: Rule | Expr, event: Mapping[str, Any]) -> bool:
    """Whether the rule (or the condition alone) matches the event. Raises `Unproven` for a regex without a meaning.

    >>> from transpile.ir.match import Field, Number
    >>> matches(Match(Field("EventID"), Number(4688)), {"EventID": "4688"})
    True
    """
    return compile_rule(rule)(event)


def compile_rule(rule: Rule | Expr) -> Callable[[Mapping[str, Any]], bool]:
    """`matches` for one rule and many events. Raises `Unproven` for a regex that has no meaning to Python."""
    check = compile_check(rule.condition if isinstance(rule, Rule) else rule)
    return lambda event: check(Facts(event))


def compile_check(expr: Expr) -> Check:
    """The condition as a function of an event's `Facts`, which many rules can share."""
    match expr:
        case And(args):
            checks = tuple(map(compile_check, args))

            def every(facts: Facts) -> bool:
                for check in checks:  # noqa: SIM110 - all() of a generator costs twice as much
                    if not check(facts):
                        return False
                return True

            return every
        case Or(args):
            return _any_of(tuple(_alternatives(args)))
        case Not(arg):
            inner = compile_check(arg)
            return lambda facts: not inner(facts)
        case Constant(truth):
            return lambda facts: truth
        case Keyword(test):
            return _keyword(test)
        case Match(Field(name), test):
            return _match(name, test)
        case Match(value, test):
            return _computed(compute(value), _match(COMPUTED, test))
        case Opaque(text):
            raise Unproven(f"the meaning of {text!r} is not known")
        case _:
            assert_never(expr)


def _computed(values: Callable[[Facts], tuple[Any, ...]], check: Check) -> Check:
    """A check of what is computed of an event."""
    return lambda facts: check(Facts({COMPUTED: list(found)} if (found := values(facts)) else {}))


def _any_of(checks: tuple[Check, ...]) -> Check:
    def some(facts: Facts) -> bool:
        for check in checks:  # noqa: SIM110
            if check(facts):
                return True
        return False

    return some


def _alternatives(args: tuple[Expr, ...]) -> Iterator[Check]:
    """The checks of an OR's parts: plain texts that are looked for in one field the same way are one check."""
    groups: dict[tuple[str, Shape, Case], list[str]] = {}
    for arg in args:
        if (
            isinstance(arg, Match)
            and isinstance(arg.value, Field)
            and isinstance(test := arg.test, Pattern)
            and test.shape in _PLAIN
            and test.as_number() is None
        ):
            literal = FOLDS[test.case](test.literal)
            groups.setdefault((arg.value.name, test.shape, test.case), []).append(literal)
        else:
            yield compile_check(arg)
    for (name, shape, case), literals in groups.items():
        yield _one_of(name, _PLAIN[shape](literals), case)


def _one_of(name: str, accepts: Callable[[tuple[str, ...]], bool], case: Case) -> Check:
    match case:
        case Case.SENSITIVE:
            return lambda facts: accepts(facts.texts(name))
        case Case.UNICODE:
            return lambda facts: accepts(facts.folded(name))
        case Case.ASCII:
            return lambda facts: accepts(tuple(map(fold_ascii, facts.texts(name))))
        case _:
            assert_never(case)


def _equals_one(literals: list[str]) -> Callable[[tuple[str, ...]], bool]:
    wanted = frozenset(literals)
    return lambda texts: not wanted.isdisjoint(texts)


def _contains_one(literals: list[str]) -> Callable[[tuple[str, ...]], bool]:
    def accepts(texts: tuple[str, ...]) -> bool:
        for text in texts:
            for literal in literals:
                if literal in text:
                    return True
        return False

    return accepts


def _at_an_end(has: Callable[[str, tuple[str, ...]], bool], literals: list[str]) -> Callable[[tuple[str, ...]], bool]:
    """`has` is `str.startswith` or `str.endswith`."""
    wanted = tuple(literals)

    def accepts(texts: tuple[str, ...]) -> bool:
        for text in texts:  # noqa: SIM110 (a generator would cost more than the look itself)
            if has(text, wanted):
                return True
        return False

    return accepts


_PLAIN: Mapping[Shape, Callable[[list[str]], Callable[[tuple[str, ...]], bool]]] = {
    Shape.EQUALS: _equals_one,
    Shape.CONTAINS: _contains_one,
    Shape.STARTS: partial(_at_an_end, str.startswith),
    Shape.ENDS: partial(_at_an_end, str.endswith),
}


def _match(name: str, test: Test) -> Check:
    match test:
        case Pattern():
            return _pattern(name, test)
        case Regex():
            search = compile_regex(test).search
            return lambda facts: any(map(search, facts.texts(name)))
        case Number(value):
            spelling = str(value)

            def equals(facts: Facts) -> bool:
                found = facts.event.get(name)
                if type(found) is int:  # as nearly always
                    return found == value
                return any(_equals_number(one, value, spelling) for one in facts.values(name))

            return equals
        case Boolean(truth):
            word = "true" if truth else "false"
            return lambda facts: any(
                found is truth or (isinstance(found, str) and fold(found) == word) for found in facts.values(name)
            )
        case Compare(order, value):
            stands = _ORDERS[order]
            return lambda facts: any(
                (number := as_number(found)) is not None and stands(number, value) for found in facts.values(name)
            )
        case Cidr(network):
            net = ip_network(network)
            return lambda facts: any(
                (address := _address(text)) is not None and address.version == net.version and address in net
                for text in facts.texts(name)
            )
        case Exists():
            return lambda facts: facts.raw(name) is not MISSING
        case Null():
            return lambda facts: not any(value != "" for value in facts.values(name))
        case TimePart(unit, value):
            part = _TIME_PARTS[unit]
            return lambda facts: any(
                (moment := as_time(found)) is not None and part(moment) == value for found in facts.values(name)
            )
        case FieldRef(field, shape):
            return _field_reference(name, field.name, shape, FOLDS[test.case])
        case _:
            assert_never(test)


def _pattern(name: str, test: Pattern) -> Check:
    if test.shape is Shape.PRESENT:
        return lambda facts: facts.values(name) != ()
    accepts = compile_pattern(test)
    number, literal = test.as_number(), test.literal
    if number is None or test.cased:
        return _one_of(name, accepts, test.case)
    # A float of the event such as 4.50 has no spelling of its own: compare it as a number too.
    return lambda facts: (
        accepts(facts.folded(name)) or any(_equals_number(value, number, literal) for value in facts.values(name))
    )


def compile_pattern(test: Pattern) -> Callable[[Iterable[str]], bool]:
    """Whether one of these texts matches the pattern whole; the texts must be folded as its case asks."""
    literal = FOLDS[test.case](test.literal)
    match test.shape:
        case Shape.EQUALS:
            return lambda texts: literal in texts
        case Shape.CONTAINS:
            return lambda texts: any(literal in text for text in texts)
        case Shape.STARTS:
            return lambda texts: any(text.startswith(literal) for text in texts)
        case Shape.ENDS:
            return lambda texts: any(text.endswith(literal) for text in texts)
        case Shape.PRESENT | Shape.WILDCARD:
            fullmatch = re.compile(_glob(test), re.DOTALL).fullmatch
            return lambda texts: any(map(fullmatch, texts))
        case _:
            assert_never(test.shape)


def _glob(test: Pattern) -> str:
    """The pattern as a regex that never backtracks far: what is before a `*` is taken where it is first found."""
    folded = FOLDS[test.case]

    def spell_run(run: str) -> str:
        return re.escape(folded(run))

    first, *rest = _split(test.parts)
    body = Pattern(first).render(spell_run, ".*", ".")
    for segment in rest[:-1]:
        body += f"(?>.*?{Pattern(segment).render(spell_run, '.*', '.')})"
    return body + (f".*{Pattern(rest[-1]).render(spell_run, '.*', '.')}" if rest else "")


def _split(parts: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The runs of parts between the wildcards `*`."""
    segments: list[tuple[Any, ...]] = [()]
    for part in parts:
        if part is ANY:
            segments.append(())
        else:
            segments[-1] += (part,)
    return segments


def compile_regex(test: Regex) -> re.Pattern[str]:
    """PCRE's meaning of the regex, by Python's engine. Raises `Unproven` where that cannot say it."""
    try:
        node = parse(test.pattern, ignore_case=test.ignore_case, multiline=test.multiline, dotall=test.dotall)
        return re.compile(to_python(node))
    except (RegexError, re.error, RecursionError, OverflowError) as error:
        raise Unproven(f"the regex {test.pattern!r} cannot be run: {error}") from error


def _keyword(test: Pattern | Regex) -> Check:
    if isinstance(test, Regex):
        search = compile_regex(test).search
        return lambda facts: any(map(search, facts.anywhere()))
    accepts, folded = compile_pattern(Pattern.of(ANY, *test.parts, ANY, case=test.case)), FOLDS[test.case]
    if test.case is Case.UNICODE:
        return lambda facts: accepts(facts.folded_anywhere())
    return lambda facts: accepts(map(folded, facts.anywhere()))


def _field_reference(name: str, other: str, shape: Shape, folded: Callable[[str], str]) -> Check:
    compare = _SHAPES[shape]

    def check(facts: Facts) -> bool:
        here, there = facts.texts(name), facts.texts(other)
        return any(compare(folded(one), folded(two)) for one in here for two in there)

    return check


_SHAPES: Mapping[Shape, Callable[[str, str], bool]] = {
    Shape.EQUALS: str.__eq__,
    Shape.CONTAINS: str.__contains__,
    Shape.STARTS: str.startswith,
    Shape.ENDS: str.endswith,
}

FOLDS: Mapping[Case, Callable[[str], str]] = {Case.SENSITIVE: str, Case.ASCII: fold_ascii, Case.UNICODE: fold}

_ORDERS: Mapping[Order, Callable[[float, float], bool]] = {
    Order.LT: lambda one, two: one < two,
    Order.LTE: lambda one, two: one <= two,
    Order.GT: lambda one, two: one > two,
    Order.GTE: lambda one, two: one >= two,
}

_TIME_PARTS: Mapping[TimeUnit, Callable[[datetime], int]] = {
    TimeUnit.MINUTE: lambda moment: moment.minute,
    TimeUnit.HOUR: lambda moment: moment.hour,
    TimeUnit.DAY: lambda moment: moment.day,
    TimeUnit.WEEK: lambda moment: moment.isocalendar().week,
    TimeUnit.MONTH: lambda moment: moment.month,
    TimeUnit.YEAR: lambda moment: moment.year,
}


def _equals_number(found: Any, number: float, spelling: str) -> bool:
    if isinstance(found, str):
        return found == spelling
    return not isinstance(found, bool) and isinstance(found, int | float) and found == number


@lru_cache(maxsize=4096)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
