"""What each way of storing a field does to a test: `Test -> Expr`, exactly, or `Unsaid`.

A rewrite is exact on the values that the platform can hold: paths with a file name, well-formed hashes, registry
keys. `store.store` is the other half: it puts a value where these tests look for it, and says which values
the platform cannot hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from transpile.ir.expr import FALSE, TRUE, And, Expr, Match, Not, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Cidr,
    Compare,
    Exists,
    FieldType,
    Null,
    Number,
    Part,
    Pattern,
    Shape,
    Test,
)
from transpile.pipelines import codes
from transpile.pipelines.forms import (
    Absent,
    AnyOf,
    Behind,
    Cases,
    Codes,
    Digest,
    Element,
    Ended,
    Extension,
    FileName,
    Filled,
    Fixed,
    Hashes,
    Hex,
    How,
    Inside,
    PathAndName,
    Prefixed,
    Quoted,
    RegistryData,
    RegistryStrings,
    Rename,
    Replace,
    Split,
    UrlPart,
    Values,
)
from transpile.pipelines.leaf import Unsaid, holds, on_field
from transpile.pipelines.paths import (
    behind,
    element,
    ended,
    extension,
    file_name,
    inside,
    path_and_name,
    prefixed,
    quoted,
    replace,
)
from transpile.pipelines.spellings import (
    access_codes,
    cases,
    digest,
    filled,
    hashes,
    hex_number,
    registry_data,
    registry_strings,
    values,
)
from transpile.pipelines.urls import url_part


def rewrite(test: Test, how: How, leaf: Match) -> Expr:
    """The test on the platform's own fields; `leaf` gives its operator and place.

    Raises `Unsaid` where they cannot say it, and `Lossy` where they can say something wider.
    """
    match how:
        case Rename(field):
            return on_field(test, field, leaf)
        case Values():
            return values(test, how, leaf)
        case Cases():
            return cases(test, how)
        case Split():
            return split(test, how, leaf)
        case FileName():
            return file_name(test, how, leaf)
        case PathAndName():
            return path_and_name(test, how, leaf)
        case Extension(path):
            return extension(test, path, leaf)
        case Prefixed(field, prefix):
            return prefixed(test, field, prefix, leaf)
        case Ended(field, ending):
            return ended(test, field, ending, leaf)
        case Filled():
            return filled(test, how, leaf)
        case Behind(field, at):
            return behind(test, field, at, leaf)
        case Quoted(field):
            return quoted(test, field, leaf)
        case Element(field, tag):
            return element(test, field, tag, leaf)
        case Inside(field):
            return inside(test, field, leaf)
        case UrlPart():
            return url_part(test, how, leaf)
        case RegistryData():
            return registry_data(test, how, leaf)
        case RegistryStrings():
            return registry_strings(test, how, leaf)
        case Codes(field):
            return access_codes(test, field, leaf)
        case Digest():
            return digest(test, how, leaf)
        case Hashes():
            return hashes(test, how, leaf)
        case Replace():
            return replace(test, how, leaf)
        case Hex():
            return hex_number(test, how, leaf)
        case AnyOf():
            return any_of(test, how, leaf)
        case Fixed(value):
            return TRUE if holds(test, value) else FALSE
        case Absent(reason):
            raise Unsaid(codes.MAP003, reason=reason)
        case _:
            assert_never(how)


def split(test: Test, how: Split, leaf: Match) -> Expr:
    """A value in two fields: an alternative for each place where the pattern lets the last separator stand."""
    match test:
        case Null():
            return And((rewrite(test, how.head, leaf), rewrite(test, how.tail, leaf)))
        case Exists():
            return rewrite(test, how.head if how.whole else how.tail, leaf)
        case Number(number):
            test = Pattern.of(str(number))
        case Pattern():
            pass
        case _:
            raise Unsaid(
                codes.MAP004, why="it is kept in two fields, and only plain values and wildcards can be parted"
            )
    anything = (ANY,)
    whatever = Pattern(anything)
    if test.parts == anything:
        return rewrite(whatever, how.head if how.whole else how.tail, leaf)
    alternatives: list[Expr] = []
    whole = how.whole
    for head, tail in _partings(test.parts, how.at):
        if whole and head == test.parts and tail == anything:  # the head alone, with whatever tail or none
            alternatives.append(rewrite(test, how.head, leaf))
            whole = False
            continue
        sides = [(head, how.head), (tail, how.tail)]
        tests = [rewrite(Pattern.of(*side, case=test.case), way, leaf) for side, way in sides if side != anything]
        if head == tail == anything:
            tests.append(rewrite(whatever, how.tail, leaf))
        if how.whole and tail == anything:
            tests.append(Not(rewrite(Null(), how.tail, leaf)))
        if not how.always and head == anything:
            tests.insert(0, Not(rewrite(Null(), how.head, leaf)))
        alternatives.append(And(tuple(tests)))
    if not how.always and not any(isinstance(part, str) and how.at in part for part in test.parts):
        alternatives.append(And((rewrite(Null(), how.head, leaf), rewrite(test, how.tail, leaf))))
    if whole:
        alternatives.append(And((rewrite(Null(), how.tail, leaf), rewrite(test, how.head, leaf))))
    if not alternatives:
        raise Unsaid(codes.MAP004, why=f"its values always hold {how.at!r}, which this one lacks")
    return Or(tuple(alternatives))


def _partings(parts: tuple[Part, ...], at: str) -> Iterable[tuple[tuple[Part, ...], tuple[Part, ...]]]:
    """Each way in which a pattern may match `head + at + tail` where the tail holds no `at`."""
    for i in range(len(parts) - 1, -1, -1):
        part = parts[i]
        if isinstance(part, str):
            head, found, tail = part.rpartition(at)
            if found:
                yield _trim((*parts[:i], head)), _trim((tail, *parts[i + 1 :]))
                return
        elif part is ANY:
            yield parts[: i + 1], parts[i:]
        elif part is ONE and len(at) == 1:
            yield parts[:i], parts[i + 1 :]


def _trim(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple(part for part in parts if part != "")


def any_of(test: Test, how: AnyOf, leaf: Match) -> Expr:
    """A value in one of several places, but for those that can never hold it."""
    parts = []
    refused: Unsaid | None = None
    for option in how.options:
        typed = isinstance(option, Rename) and option.field.type in (FieldType.IP, FieldType.NUMBER)
        try:
            parts.append(rewrite(test, option, leaf))
        except Unsaid as unsaid:
            if unsaid.code != codes.MAP005:
                raise
            refused = unsaid
        else:
            if how.first and typed and _is_one_value(test):
                break
    if refused is not None and not parts:
        raise refused
    return And(tuple(parts)) if isinstance(test, Null) else Or(tuple(parts))


def _is_one_value(test: Test) -> bool:
    """Whether only values of a place's own type can pass the test."""
    return isinstance(test, Number | Compare | Cidr) or (isinstance(test, Pattern) and test.shape is Shape.EQUALS)
