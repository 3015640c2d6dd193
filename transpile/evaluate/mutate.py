"""Near misses: small changes to a value that passed a test, most of which make it fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from ipaddress import ip_network
from itertools import islice
from typing import Any, NamedTuple, assert_never

from transpile.evaluate.facts import Facts, fold
from transpile.evaluate.functions import compute
from transpile.evaluate.numbers import as_number, as_time
from transpile.evaluate.reference import compile_regex
from transpile.evaluate.sample import another, broken_samples, samples
from transpile.evaluate.solve import UNRELATED, as_type, asked, iso
from transpile.evaluate.undo import result_of, undo
from transpile.evaluate.values import MISSING
from transpile.ir.expr import Keyword, Match
from transpile.ir.match import (
    ANY,
    Boolean,
    Cidr,
    Compare,
    Exists,
    Field,
    FieldRef,
    FieldType,
    Null,
    Number,
    Pattern,
    Regex,
    Shape,
    TimePart,
)
from transpile.ir.walk import value_fields
from transpile.record import replace

MOST_INNER = 6  # edges of a pattern's inner parts


class FieldChange(NamedTuple):
    """A field's new value (`MISSING` to drop it) and why it is worth trying.

    An `edge` is where a literal begins or ends, or a number's bound: tried on every leaf, however much it is like
    others.
    """

    field: str
    value: Any
    why: str
    edge: bool = False


def changes(leaf: Match | Keyword, name: str, event: Mapping[str, Any]) -> Iterator[FieldChange]:
    """What to do to field `name` of an event for which the leaf holds; the most telling changes come first."""
    if isinstance(leaf, Match) and not isinstance(leaf.value, Field):
        yield from _computed(leaf, name, event)
        return
    value = event.get(name, MISSING)
    test = asked(leaf)
    match test:
        case Pattern() | Regex():
            if isinstance(value, str):
                spans = list(_spans(test, value))
                for text, why in _edges(value, spans):
                    yield FieldChange(name, text, why, edge=True)
                for text, why in _texts(test, value, spans):
                    yield FieldChange(name, text, why)
        case Number() | Compare():
            number = as_number(value)
            if number is not None:
                bound = test.value
                for other, why in _numbers(number, bound):
                    yield FieldChange(name, str(other) if isinstance(value, str) else other, why, edge=True)
            if isinstance(value, str):
                for text, why in ((f"0{value}", "leading zero"), (f"{value}q", "suffix added"), ("q", "not a number")):
                    yield FieldChange(name, text, why)
        case Boolean(truth):
            opposite: Any = not truth
            if isinstance(value, str):
                opposite = "false" if truth else "true"
                yield FieldChange(name, swap_case(value), "other case")
            yield FieldChange(name, opposite, "the other truth value")
        case Cidr(network):
            for text, why in _addresses(network):
                yield FieldChange(name, text, why)
        case TimePart():
            moment = as_time(value)
            if moment is not None:
                for days, minutes in ((0, 1), (0, 60), (1, 0), (7, 0), (31, 0), (366, 0)):
                    yield FieldChange(name, iso(moment + timedelta(days=days, minutes=minutes)), "another time")
                yield FieldChange(name, "q", "not a time")
        case FieldRef(other):
            there = event.get(other.name)
            if isinstance(there, str) and isinstance(value, str):
                yield FieldChange(name, swap_case(value), "other case")
                yield FieldChange(name, f"{value}z", "suffix added")
                yield FieldChange(name, f"z{value}", "prefix added")
                yield FieldChange(other.name, "*", "the other field holds a star")
                yield FieldChange(other.name, ".*", "the other field holds a regex")
                yield FieldChange(other.name, f"{there}y", "the other field differs")
            yield FieldChange(other.name, MISSING, "the other field missing")
        case Null():
            if isinstance(leaf, Match) and leaf.field.type is FieldType.NUMBER:
                yield FieldChange(name, 0, "zero")
            else:
                yield FieldChange(name, "q", "any value")
                yield FieldChange(name, " ", "a blank")
            yield FieldChange(name, "", "empty")
            yield FieldChange(name, MISSING, "missing")
        case Exists():
            pass
        case _:
            assert_never(test)
    if not isinstance(test, Null):
        yield FieldChange(name, MISSING, "missing")
        if not (isinstance(leaf, Match) and leaf.field.type in (FieldType.NUMBER, FieldType.BOOLEAN)):
            yield FieldChange(name, "", "empty")
    yield FieldChange(name, None, "null")


def _computed(leaf: Match, name: str, event: Mapping[str, Any]) -> Iterator[FieldChange]:
    """The changes of what the value comes out as, made by other values of field `name`; and each field dropped."""
    now = compute(leaf.value)(Facts(event))
    if len(now) == 1:
        result = result_of(leaf)
        wanted = as_type(result, now[0]) if isinstance(leaf.test, Pattern | Regex) else now[0]
        for change in changes(replace(leaf, value=result), result.name, {**event, result.name: wanted}):
            if change.field != result.name or change.value in (MISSING, None):
                continue
            for other in islice(undo(leaf.value, change.value, name, event), 2):
                yield FieldChange(name, other, f"computed, {change.why}", change.edge)
    for field in dict.fromkeys(value_fields(leaf.value)):
        value = event.get(field.name, MISSING)
        if value is MISSING:
            yield FieldChange(field.name, event.get(name, UNRELATED[0]), "another field with the same value")
            yield FieldChange(field.name, UNRELATED[0], "another field with a value")
            yield FieldChange(field.name, "", "another field, empty")
        elif isinstance(value, str):
            yield FieldChange(field.name, swap_case(value), "other case")
            yield FieldChange(field.name, f" {value} ", "blanks around")
            yield FieldChange(field.name, "", "empty")
        yield FieldChange(field.name, MISSING, "missing")


def _numbers(number: float, bound: float) -> Iterator[tuple[float, str]]:
    yield bound + 1, "number one up"
    yield bound - 1, "number one down"
    yield bound, "the bound itself"
    yield -number, "sign turned"
    yield number * 10, "another digit"


def _addresses(network: str) -> Iterator[tuple[str, str]]:
    net = ip_network(network)
    first, last = int(net.network_address), int(net.broadcast_address)
    most = 2**net.max_prefixlen - 1
    kind = type(net.network_address)
    yield str(kind(first)), "first address"
    yield str(kind(last)), "last address"
    if first > 0:
        yield str(kind(first - 1)), "address before the network"
    if last < most:
        yield str(kind(last + 1)), "address after the network"
    yield ("::1" if net.version == 4 else "10.0.0.1"), "address of the other family"
    yield "q", "no address"


def _edges(value: str, spans: list[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    """Each literal broken where it begins and where it ends, and the value longer at either end."""
    outer = [spans[0][0], spans[-1][1] - 1] if spans else []
    inner = [start for start, _ in spans[1:]] + [end - 1 for start, end in spans[:-1] if end - start > 1]
    for at in dict.fromkeys(outer + inner[:MOST_INNER]):
        yield value[:at] + another(value[at]) + value[at + 1 :], "a literal's edge changed"
    yield f"{value}z", "suffix added"
    yield f"z{value}", "prefix added"


def _texts(test: Pattern | Regex, value: str, spans: list[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    if spans:
        start, end = spans[0][0], spans[-1][1]
        yield value[:start] + swap_case(value[start:end]) + value[end:], "other case"
    yield f"z\\{value}", "a folder before"
    yield f"{value}\\z", "a folder of that name"
    yield value[1:], "first character cut"
    yield value[:-1], "last character cut"
    yield from _specials(test, value, spans)
    if spans:
        start, end = max(spans, key=lambda span: span[1] - span[0])
        middle = (start + end) // 2
        yield value[:middle] + "z" + value[middle:], "a character put in"
    if isinstance(test, Pattern):
        yield from _wildcards(test)
        if len(spans) > 1:
            (a, b), (c, d) = spans[0], spans[-1]
            yield value[:a] + value[c:d] + value[b:c] + value[a:b] + value[d:], "parts turned around"
    if isinstance(test, Regex):
        start, end = spans[0] if spans else (0, len(value))
        yield from ((value[:start] + text + value[end:], "regex broken in one place") for text in broken_samples(test))
        yield from ((text, "line breaks for the dots") for text in samples(test, "\n")[:3])
    yield f"{value}\n", "line break added"
    yield f"z\n{value}\nz", "a line of several"
    for at, char in enumerate(value):
        if char.lower() in _ACCENTED:
            yield value[:at] + _ACCENTED[char.lower()] + value[at + 1 :], "letter with an accent"
            break


_ACCENTED = {"a": "á", "e": "é", "i": "í", "o": "ó", "u": "ú", "c": "ç", "n": "ñ"}


def _specials(test: Pattern | Regex, value: str, spans: list[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    """Changes to characters that a language may have to escape."""
    inside = [at for start, end in spans for at in range(start, end)]
    for char in "*?":
        where = [at for at in inside if value[at] == char]
        if where:
            at = where[0]
            yield value[:at] + "z" + value[at + 1 :], f"literal {char} changed"
            yield value[:at] + "zzz" + value[at + 1 :], f"literal {char} stretched"
            yield value[:at] + value[at + 1 :], f"literal {char} cut"
            yield value[:at] + "\\" + value[at:], f"backslash before literal {char}"
    for char, name in (("\\", "backslash"), ('"', "quote"), ("'", "quote")):
        if any(value[at] == char for at in inside):
            yield value.replace(char, char * 2), f"{name} doubled"
            yield value.replace(char, ""), f"{name} cut"
    if "\\\\" in value:
        yield value.replace("\\\\", "\\"), "backslashes halved"
    if any(value[at] == " " for at in inside):
        yield value.replace(" ", "  "), "blank doubled"
        yield value.replace(" ", "\t"), "tab for a blank"
    dots = [at for at in inside if value[at] == "."]
    for at in dict.fromkeys(dots[:1] + dots[-1:]):
        yield value[:at] + "z" + value[at + 1 :], "dot changed"
        yield value[: at + 1] + "zz" + value[at + 1 :], "characters put in after a dot"
    if any(value[at] == "%" for at in inside):
        yield value.replace("%", "z"), "percent changed"
    if isinstance(test, Regex) and any(value[at].isdigit() for at in inside):
        yield "".join("z" if char.isdigit() else char for char in value), "digits changed"


def _wildcards(test: Pattern) -> Iterator[tuple[str, str]]:
    """The pattern with other texts where its wildcards are."""

    def instance(any_: str, one: str) -> str:
        return test.render(lambda run: run, any_, one)

    if ANY in test.parts:
        yield instance("", "q"), "nothing for the star"
        yield instance("a\nb", "q"), "line break for the star"
        yield instance("*", "q"), "a star for the star"
        yield instance('é"\\', "q"), "odd characters for the star"
        if test.literal and test.shape is Shape.WILDCARD:
            yield instance(test.literal, "q"), "the literals for the star"
    if any(part is not ANY and not isinstance(part, str) for part in test.parts):
        yield instance("q", ""), "nothing for the question mark"
        yield instance("", ""), "nothing for any wildcard"
        yield instance("q", "qq"), "two characters for the question mark"
        yield instance("q", "\n"), "line break for the question mark"
        yield instance("q", "é"), "a letter beyond ASCII for the question mark"
        yield instance("q", "*"), "a star for the question mark"


def _spans(test: Pattern | Regex, value: str) -> Iterator[tuple[int, int]]:
    """Where the literal runs of the pattern, or what the regex finds, stand in the value."""
    if isinstance(test, Regex):
        found = compile_regex(test).search(value)
        if found and found.end() > found.start():
            yield found.span()
        return
    folded, at = fold(value), 0
    runs = [part for part in test.parts if isinstance(part, str)]
    for run in runs:
        ends = run is runs[-1] and test.parts[-1] == run
        start = folded.rfind(fold(run)) if ends else folded.find(fold(run), at)
        if start < 0:
            return
        at = start + len(run)
        yield start, at


def swap_case(text: str) -> str:
    """The text with the case of every letter turned that has one other case of one character.

    >>> swap_case("Aß-ж")
    'aß-Ж'
    """
    return "".join(char.swapcase() if fold(char.swapcase()) == fold(char) else char for char in text)
