"""From a test of a platform's field back to a test of the Sigma field that is stored there.

`invert` is the inverse of `rewrites.rewrite`: what a data model makes of the result is the test that went in, but for
the places where the model itself loses something.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from transpile.ir.expr import Expr, Match, Or
from transpile.ir.match import ANY, Compare, Field, FieldRef, Null, Number, Pattern, Regex, Shape, Test
from transpile.pipelines.forms import (
    Absent,
    AnyOf,
    Cases,
    Codes,
    Digest,
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
from transpile.pipelines.model import Entry, Source
from transpile.pipelines.spellings import HEX, can_be

Make = Callable[[Test], Match]


def places(how: How) -> Iterator[tuple[str, How]]:
    """The platform's fields in which a way of storing puts a value, each with the way that puts it there."""
    match how:
        case Rename(field) | Filled(field) | Prefixed(field) | Ended(field) | Values(field) | Replace(field):
            yield field.name, how
        case Hex(field) | Codes(field) | Quoted(field):
            yield field.name, how
        case FileName(name):
            yield name.name, how
        case PathAndName(path, name):
            yield path.name, Rename(path)
            yield name.name, FileName(name, how.at)
        case Hashes(columns):
            for algorithm, column in columns.items():
                yield column.name, Digest(column, algorithm)
        case RegistryStrings(data) | RegistryData(data):
            yield data.name, how
        case Split(head, tail, at):
            for place, inner in places(head):
                if isinstance(inner, Rename):
                    yield place, Prefixed(inner.field, at)  # the head: what is before the separator
            for place, inner in places(tail):
                if isinstance(inner, Rename):
                    yield place, FileName(inner.field, at)
        case AnyOf(options):
            for option in options:
                yield from places(option)
        case Cases() | Fixed() | Absent() | Extension() | Inside() | UrlPart() | Digest():
            return


class Index:
    """The Sigma fields of one source by the platform's fields, made once."""

    def __init__(self, source: Source) -> None:
        self._known: dict[str, tuple[str, How, Entry]] = {}
        heads: dict[str, bool] = {}
        for sigma, entry in source.fields.items():
            split = isinstance(entry.how, Split)
            for name, how in places(entry.how):
                if name not in self._known or self._better(sigma, name, source):
                    self._known[name] = (sigma, how, entry)
                    heads[name] = split and isinstance(how, Prefixed)
        self._heads = frozenset(name for name, is_head in heads.items() if is_head)
        self._rest = _template(source)
        self._kind = source.kind

    def _better(self, sigma: str, name: str, source: Source) -> bool:
        """Whether another Sigma field that is stored in the same place is to be preferred: one of the log source's."""
        return self._known[name][0] not in source.kind.fields and sigma in source.kind.fields

    def find(self, name: str) -> tuple[str, How] | None:
        """The Sigma field that is stored in a platform's field, and how; None if no line of the model says so."""
        if name in self._known:
            sigma, how, _ = self._known[name]
            return sigma, how
        found = self._rest.fullmatch(name) if self._rest else None
        if found and self._kind.has(found["name"]):
            return found["name"], Rename(Field(name))
        return None

    def is_head(self, name: str) -> bool:
        """Whether a platform's field holds what stands before a separator: the domain of a user."""
        return name in self._heads


def _template(source: Source) -> re.Pattern[str] | None:
    """The template for fields without a line of their own, as a regex: `EventData.{name}`."""
    how = source.rest.how if source.rest else None
    if not isinstance(how, Rename) or "{name}" not in how.field.name:
        return None
    before, _, after = how.field.name.partition("{name}")
    return re.compile(f"{re.escape(before)}(?P<name>.+){re.escape(after)}")


def invert(leaf: Match, sigma: str, how: How, *, head: bool = False) -> Expr | None:
    """The test of the Sigma field that a platform's test comes to; None where it has no exact form."""
    field, test = Field(sigma), leaf.test
    if isinstance(test, FieldRef):
        return None  # both sides have to be mapped: see `backward`

    def match(new: Test) -> Match:
        return Match(field, new, leaf.operator, leaf.span)

    if head:
        return match(_with(test, (), (how.prefix, ANY))) if isinstance(how, Prefixed) and _is_whole(test) else None
    match how:
        case Rename():
            return match(test)
        case Filled(_, word, bare):
            if bare and not (isinstance(test, Pattern) and _is_word(test, word)):
                return _registry(match, test, decimal=False)
            return match(Null()) if isinstance(test, Pattern) and _is_word(test, word) else match(test)
        case FileName(_, at):
            return _in_path(match, test, at)
        case Digest(_, algorithm):
            if isinstance(test, Pattern) and test.shape is Shape.EQUALS and test.parts:
                return match(Pattern.of(ANY, f"{algorithm}={test.literal}", ANY, case=test.case))
            return None
        case Prefixed(_, prefix):
            return match(stripped) if (stripped := _stripped(test, prefix)) is not None else None
        case Values(_, table):
            return _old_value(match, test, table)
        case Replace(_, table):
            return match(_old_pieces(test, table)) if isinstance(test, Pattern | Null) else None
        case RegistryStrings() | RegistryData():
            return _registry(match, test, decimal=True)
        case _:
            return None


def _is_whole(test: Test) -> bool:
    return isinstance(test, Pattern) and bool(test.parts) and ANY not in test.parts


def _is_word(test: Pattern, word: str) -> bool:
    return test.shape is Shape.EQUALS and test.literal.casefold() == word.casefold()


def _with(test: Test, before: tuple[object, ...], after: tuple[object, ...]) -> Test:
    assert isinstance(test, Pattern)
    return Pattern.of(*before, *test.parts, *after, case=test.case)  # type: ignore[arg-type]


def _in_path(make: Make, test: Test, at: str) -> Expr | None:
    """A test of a file name as one of the whole path, which ends in it."""
    match test:
        case Pattern(shape=Shape.PRESENT):
            return make(test)
        case Pattern(parts) if parts and parts[0] is not ANY:
            # A wildcard in a name stops at no separator when the name is the end of a path.
            if ANY in parts[1:-1] or (parts[-1] is ANY and len(parts) > 1):
                return _name_regex(make, test, at)
            return make(Pattern.of(ANY, at, *parts, case=test.case))
        case Pattern(parts) if parts and parts[0] is ANY and parts[-1] is not ANY and ANY not in parts[1:]:
            # A name that ends so is a path that ends so, if no separator is in the end.
            return make(test) if at not in test.literal else None
        case Pattern(parts) if parts:
            return _name_regex(make, test, at)
        case Null():
            return make(test)
        case _:
            return None


def _name_regex(make: Make, test: Pattern, at: str) -> Expr:
    """A name with wildcards, as a regex of the end of a path."""
    sep = re.escape(at)
    body = test.render(re.escape, f"[^{sep}]*", f"[^{sep}]")
    start = "" if test.parts[0] is ANY else f"(?:^|{sep})"
    return make(Regex(f"{start}{body}\\z", test.case, dotall=True))


def _stripped(test: Test, prefix: str) -> Test | None:
    """The test without a piece of text that always comes first."""
    if isinstance(test, Null):
        return test
    if not isinstance(test, Pattern) or not test.parts or not isinstance(test.parts[0], str):
        return test if isinstance(test, Pattern) and test.parts and test.parts[0] is ANY else None
    first = test.parts[0]
    if first[: len(prefix)].casefold() != prefix.casefold():
        return None
    return Pattern.of(first[len(prefix) :], *test.parts[1:], case=test.case)


def _old_value(make: Make, test: Test, table: Mapping[str, str]) -> Expr | None:
    """A value that the platform spells otherwise, as the log source spells it."""
    if isinstance(test, Null | Compare):
        return make(test)
    literal = test.literal if isinstance(test, Pattern) and test.shape is Shape.EQUALS else None
    literal = str(test.value) if isinstance(test, Number) else literal
    if literal is None:
        return None
    olds = [old for old, new in table.items() if str(new).casefold() == literal.casefold()]
    if not olds:
        return make(test)
    found = tuple(make(Pattern.of(old)) for old in olds)
    return found[0] if len(found) == 1 else Or(found)


def _old_pieces(test: Pattern | Null, table: tuple[tuple[str, tuple[str, ...]], ...]) -> Test:
    """Pieces between backslashes in the log source's spelling: `HKEY_LOCAL_MACHINE` is `HKLM`."""
    if isinstance(test, Null):
        return test
    spelled = {new.casefold(): old for old, news in table for new in news}

    def piece(text: str) -> str:
        return "\\".join(spelled.get(one.casefold(), one) for one in text.split("\\"))

    return Pattern.of(*(piece(part) if isinstance(part, str) else part for part in test.parts), case=test.case)


_HEX = re.compile(r"0x([0-9a-fA-F]{1,16})")
_IN_HEX = re.compile("[0-9a-cefx]+", re.IGNORECASE)  # not d, which `DWORD (0x00000001)` has outside of its digits


def _registry(make: Make, test: Test, *, decimal: bool) -> Expr | None:
    """Registry data: a number as `0x1`, or `decimal` in digits, is `DWORD (0x00000001)`; text is as it is.

    Digits may be text as well. A pattern or regex that some number may pass has no exact form.
    """
    if isinstance(test, Number):
        test = Pattern.of(str(test.value))
    if isinstance(test, Regex):
        return None
    if not isinstance(test, Pattern):
        return make(test)
    if test.shape is Shape.EQUALS:
        literal = test.literal
        if found := _HEX.fullmatch(literal):
            number = int(found[1], 16)
            return make(_dword(number)) if number < 2**32 else make(test)
        if decimal and literal.isdecimal() and int(literal) < 2**32:
            return Or((make(_dword(int(literal))), make(test)))
        return make(test)
    inside = test.shape is Shape.CONTAINS and _IN_HEX.fullmatch(test.literal) is not None
    digits = decimal and (not test.literal or test.literal.isdecimal())
    if test.shape is Shape.PRESENT or not (digits or can_be(test, "0x" + HEX * 8)) or (inside and not decimal):
        return make(test)
    return None


def _dword(number: int) -> Pattern:
    return Pattern.of(f"DWORD (0x{number:08x})")
