"""What each way of storing a field does to a test: `Test -> Expr`, exactly, or `Unsaid`.

A rewrite is exact on the values that the platform can hold: paths with a file name, well-formed hashes, registry
keys. `events.store` is the other half: it puts a value where these tests look for it, and says which values
the platform cannot hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import assert_never

from transpile.ir.expr import FALSE, TRUE, And, Expr, Match, Not, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Boolean,
    Cidr,
    Compare,
    Exists,
    Field,
    FieldType,
    Null,
    Number,
    Part,
    Pattern,
    Shape,
    Test,
)
from transpile.pipelines.model import (
    Absent,
    AnyOf,
    Cases,
    Conditions,
    Extension,
    FileName,
    Fixed,
    Hashes,
    Hex,
    How,
    PathAndName,
    Prefixed,
    RegistryData,
    Rename,
    Replace,
    Split,
    Values,
)

DIGEST_LENGTHS: Mapping[int, tuple[str, ...]] = {32: ("MD5", "IMPHASH"), 40: ("SHA1",), 64: ("SHA256",)}


class Unsaid(Exception):
    """The platform's fields cannot say this test: a code of the table and the facts for its message."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class Lossy(Exception):
    """The platform's fields can say only something wider."""

    def __init__(self, expr: Expr, loss: str) -> None:
        super().__init__(loss)
        self.expr = expr
        self.loss = loss


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
        case PathAndName(path, name, at):
            if isinstance(test, Pattern) and (tail := _last_piece(test, at)) is not None:
                return on_field(Pattern(tail, test.cased), name, leaf)
            return on_field(test, path, leaf)
        case Extension(path):
            return extension(test, path, leaf)
        case Prefixed(field, prefix):
            return prefixed(test, field, prefix, leaf)
        case RegistryData():
            return registry_data(test, how, leaf)
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
            raise Unsaid("MAP003", reason=reason)
        case _:
            assert_never(how)


def on_field(test: Test, field: Field, leaf: Match) -> Expr:
    """The test on a field of the platform, its value as the field's type wants it."""
    if field.type is FieldType.STRING and isinstance(test, Pattern):  # most tests by far
        return Match(field, test, leaf.operator, leaf.span)
    match field.type, test:
        case FieldType.NUMBER, Pattern():
            number = test.as_number()
            if number is None and test.shape is Shape.EQUALS:
                raise Unsaid("MAP005", value=test.literal, column=field.name, type=field.type.value)
            return Match(field, test if number is None else Number(number), leaf.operator, leaf.span)
        case FieldType.BOOLEAN, Pattern():
            word = test.literal.casefold()
            if test.shape is Shape.EQUALS and word in ("true", "false"):
                return Match(field, Boolean(word == "true"), leaf.operator, leaf.span)
            if test.shape is Shape.PRESENT:
                return Match(field, test, leaf.operator, leaf.span)
            raise Unsaid("MAP005", value=test.literal, column=field.name, type=field.type.value)
        case FieldType.IP, Pattern() if test.shape is Shape.EQUALS and test.parts and not is_address(test.literal):
            raise Unsaid("MAP005", value=test.literal, column=field.name, type=field.type.value)
        case (FieldType.BOOLEAN, Number(number)) | (FieldType.NUMBER, Boolean(number)):
            raise Unsaid("MAP005", value=number, column=field.name, type=field.type.value)
        case (FieldType.STRING | FieldType.ENUM, Number(number)):
            return Match(field, Pattern.of(str(number)), leaf.operator, leaf.span)
        case (FieldType.STRING | FieldType.ENUM, Boolean(truth)):
            return Match(field, Pattern.of("true" if truth else "false"), leaf.operator, leaf.span)
        case _:
            return Match(field, test, leaf.operator, leaf.span)


def values(test: Test, how: Values, leaf: Match) -> Expr:
    """Values of an enumeration, spelled as the platform does. An ENUM field has no values but those of the table."""
    closed = how.field.type is FieldType.ENUM
    if isinstance(test, Pattern) and test.cased:
        raise Unsaid("MAP004", why="the platform spells some of its values otherwise, and the test minds their case")
    match test:
        case Pattern() | Number() | Boolean():
            plain = _plain(test)
            if plain is not None:
                spelled = how.table.get(plain.casefold())
                if spelled is None and closed:
                    raise Unsaid("MAP006", value=plain, known=_list(how.table))
                return on_field(test if spelled is None else Pattern.of(spelled), how.field, leaf)
            if closed and not _any_value(test):
                spelled_ = dict.fromkeys(new for old, new in how.table.items() if holds(test, old))
                return Or(tuple(on_field(Pattern.of(one), how.field, leaf) for one in spelled_))
            if closed or all(holds(test, old) == holds(test, new) for old, new in how.table.items()):
                return on_field(test, how.field, leaf)
        case Null() | Exists():
            return on_field(test, how.field, leaf)
        case _:
            pass
    raise Unsaid("MAP004", why="the platform spells some of its values otherwise")


def cases(test: Test, how: Cases) -> Expr:
    """A field that the platform tells by conditions on other fields: those of every value that passes the test."""
    match test:
        case Pattern() if test.cased:
            raise Unsaid("MAP004", why="the platform tells its values by other fields, and the test minds their case")
        case Pattern() | Number() | Boolean():
            found = tuple(_all(conditions) for value, conditions in how.table.items() if holds(test, value))
            if found:
                return Or(found)
            raise Unsaid("MAP006", value=_plain(test) or "the pattern", known=_list(how.table))
        case _:
            raise Unsaid("MAP004", why="the platform tells its values by other fields")


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
            raise Unsaid("MAP004", why="it is kept in two fields, and only plain values and wildcards can be parted")
    anything = (ANY,)
    whatever = Pattern(anything)
    if test.parts == anything:
        return rewrite(whatever, how.head if how.whole else how.tail, leaf)
    alternatives: list[Expr] = []
    for head, tail in _partings(test.parts, how.at):
        sides = [(head, how.head), (tail, how.tail)]
        tests = [rewrite(Pattern.of(*side, cased=test.cased), way, leaf) for side, way in sides if side != anything]
        if head == tail == anything:
            tests.append(rewrite(whatever, how.tail, leaf))
        if how.whole and tail == anything:
            tests.append(Not(rewrite(Null(), how.tail, leaf)))
        if not how.always and head == anything:
            tests.insert(0, Not(rewrite(Null(), how.head, leaf)))
        alternatives.append(And(tuple(tests)))
    if not how.always and not any(isinstance(part, str) and how.at in part for part in test.parts):
        alternatives.append(And((rewrite(Null(), how.head, leaf), rewrite(test, how.tail, leaf))))
    if how.whole:
        alternatives.append(And((rewrite(Null(), how.tail, leaf), rewrite(test, how.head, leaf))))
    if not alternatives:
        raise Unsaid("MAP004", why=f"its values always hold {how.at!r}, which this one lacks")
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


def file_name(test: Test, how: FileName, leaf: Match) -> Expr:
    r"""A path of which the platform keeps the file name: `\net.exe` at the end means a name equal to it."""
    match test:
        case Null() | Exists():
            return on_field(test, how.name, leaf)
        case Pattern():
            if test.shape is Shape.PRESENT:
                return on_field(test, how.name, leaf)
            if (tail := _last_piece(test, how.at)) is not None:
                return on_field(Pattern(tail, test.cased), how.name, leaf)
            if test.shape is Shape.ENDS and how.at not in test.literal:
                return on_field(test, how.name, leaf)
            last = test.parts[-1] if test.parts else None
            if isinstance(last, str) and how.at in last:
                name = last.rpartition(how.at)[2]
                raise Lossy(on_field(Pattern.of(name, cased=test.cased), how.name, leaf), "only the file name is kept")
        case _:
            pass
    raise Unsaid("MAP004", why="only the file name of the path is kept")


def _last_piece(test: Pattern, at: str) -> tuple[Part, ...] | None:
    r"""What must equal the file name, if the pattern asks for that alone: `*\net.exe`."""
    match test.parts:
        case (first, str(text)) if first is ANY and text.startswith(at) and text.count(at) == 1 and len(text) > len(at):
            return (text[len(at) :],)
        case _:
            return None


def prefixed(test: Test, field: Field, prefix: str, leaf: Match) -> Expr:
    """A value behind a piece of text: what is anchored at the value's start gets the piece before it."""
    match test:
        case Null() | Exists():
            return on_field(test, field, leaf)
        case Pattern((str(first), *others), cased):
            return on_field(Pattern.of(prefix, first, *others, cased=cased), field, leaf)
        case Pattern() if test.shape is Shape.PRESENT:
            return on_field(test, field, leaf)
        case Pattern((first, str(second), *_)) if first is ANY and not _may_begin_in(second, prefix):
            return on_field(test, field, leaf)
        case _:
            raise Unsaid("MAP004", why=f"the platform keeps it behind {prefix!r}, which this test could meet")


def _may_begin_in(text: str, prefix: str) -> bool:
    """Whether the text, with anything behind it, can begin somewhere in the prefix."""
    text, prefix = text.casefold(), prefix.casefold()
    return any(text.startswith(prefix[i:]) or prefix.startswith(text, i) for i in range(len(prefix)))


DWORD, QWORD = "DWORD (0x%s)", "QWORD (0x%s-0x%s)"
HEX = "\0"  # stands for any hexadecimal digit in a spelling


def registry_data(test: Test, how: RegistryData, leaf: Match) -> Expr:
    """Registry data: numbers, which Sysmon spells in hexadecimal with their type, and texts."""
    match test:
        case Null() | Exists():
            return on_field(test, how.type, leaf)
        case Number(number):
            test = Pattern.of(str(number))
        case Pattern():
            pass
        case _:
            raise Unsaid("MAP004", why="the platform keeps numbers and texts otherwise than the rule's logs")
    if test.shape is Shape.PRESENT:
        return on_field(test, how.type, leaf)
    dword, qword = (Match(how.type, Pattern.of(name), "", leaf.span) for name in (how.dword, how.qword))
    digits = re.search("0x([0-9a-f]{8})", test.literal, re.IGNORECASE)
    if digits and holds(test, DWORD % digits[1]):
        value = str(int(digits[1], 16))
        return And((dword, on_field(Pattern.of(value), how.data, leaf)))
    if all(holds(test, DWORD % (digit * 8)) for digit in "0123456789abcdef"):
        return dword
    if _can_be(test, DWORD % (HEX * 8)) or _can_be(test, QWORD % (HEX * 8, HEX * 8)) or not test.parts:
        raise Unsaid("MAP004", why="the platform spells numbers and empty data otherwise than the rule's logs")
    text = on_field(test, how.data, leaf)
    if test.literal.isdigit():
        text = And((text, Not(Or((dword, qword)))))
    others: list[Expr] = []
    if holds(test, "(Empty)"):
        others.append(And((on_field(Null(), how.data, leaf), Match(how.type, Pattern.of(how.text), "", leaf.span))))
    if holds(test, "Binary Data"):
        others.append(Match(how.type, Pattern.of(how.binary), "", leaf.span))
    if others and test.shape is Shape.EQUALS:
        return others[0]
    return Or((text, *others)) if others else text


def _can_be(test: Pattern, spelling: str) -> bool:
    """Whether some text of this spelling passes the test."""
    reached = {0}
    for part in test.parts:
        if part is ANY:
            reached = set(range(min(reached), len(spelling) + 1))
        else:
            for char in part if isinstance(part, str) else HEX:
                reached = {at + 1 for at in reached if at < len(spelling) and _fits(char, spelling[at])}
        if not reached:
            return False
    return len(spelling) in reached


def _fits(char: str, place: str) -> bool:
    return char == HEX or (place == HEX and char in "0123456789abcdefABCDEF") or char.casefold() == place.casefold()


def extension(test: Test, path: Field, leaf: Match) -> Expr:
    """A file's extension, as the end of its path."""
    if isinstance(test, Pattern) and test.shape is Shape.EQUALS and test.parts and not set(test.literal) & set("./\\"):
        return on_field(Pattern.of(ANY, "." + test.literal, cased=test.cased), path, leaf)
    raise Unsaid(
        "MAP004", why="the platform keeps it as the end of the path, which can only be compared with one value"
    )


def any_of(test: Test, how: AnyOf, leaf: Match) -> Expr:
    """A value in one of several places, but for those that can never hold it."""
    parts = []
    refused: Unsaid | None = None
    for option in how.options:
        typed = isinstance(option, Rename) and option.field.type in (FieldType.IP, FieldType.NUMBER)
        try:
            parts.append(rewrite(test, option, leaf))
        except Unsaid as unsaid:
            if unsaid.code != "MAP005":
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


def hashes(test: Test, how: Hashes, leaf: Match) -> Expr:
    """A hash sought in Sysmon's list of them: `MD5=...` or the digest alone, whose length tells the algorithm."""
    match test:
        case Null():
            return And(tuple(on_field(test, column, leaf) for column in how.columns.values()))
        case Pattern(parts) if len(found := [part for part in parts if isinstance(part, str)]) == 1:
            algorithm, given, digest = found[0].rpartition("=")
            algorithm = algorithm.lstrip(",").upper()
            digest = digest.rstrip(",")
            if not re.fullmatch("[0-9A-Fa-f]+", digest) or parts[0] is ONE or parts[-1] is ONE:
                raise Unsaid("MAP004", why="it is kept as one field for each algorithm, and this is no digest")
            if not given:
                algorithms = DIGEST_LENGTHS.get(len(digest), ())
            else:
                algorithms = (algorithm,)
            whole = any(algorithm in DIGEST_LENGTHS.get(len(digest), ()) for algorithm in algorithms)
            columns = [how.columns[one] for one in algorithms if one in how.columns]
            if not columns or not algorithms:
                raise Unsaid("MAP004", why=f"the platform keeps only {_list(how.columns)}")
            if not whole and parts[-1] is not ANY:
                raise Unsaid("MAP004", why="this is only a part of a digest")
            value = Pattern.of(digest, cased=test.cased) if whole else Pattern.of(digest, ANY, cased=test.cased)
            sought = Or(tuple(on_field(value, column, leaf) for column in columns))
            if parts[0] is not ANY or parts[-1] is not ANY:
                raise Lossy(sought, "where in the list of hashes it stands cannot be told")
            return sought
        case Pattern() if test.shape is Shape.PRESENT:
            return Or(tuple(on_field(test, column, leaf) for column in how.columns.values()))
        case _:
            raise Unsaid("MAP004", why="it is kept as one field for each algorithm")


def replace(test: Test, how: Replace, leaf: Match) -> Expr:
    """Pieces of a path spelled otherwise: whole pieces are replaced; a wildcard must take both spellings or neither."""
    match test:
        case Null() | Exists():
            return on_field(test, how.field, leaf)
        case Pattern():
            pieces = _pieces(test.parts)
            new = [_replace_piece(piece, how.table) for piece in pieces]
            parts: list[Part] = []
            for i, piece in enumerate(new):
                parts += ["\\", *piece] if i else piece
            return on_field(Pattern.of(*parts, cased=test.cased), how.field, leaf)
        case _:
            raise Unsaid("MAP004", why="the platform spells some pieces of it otherwise")


def _pieces(parts: tuple[Part, ...]) -> list[list[Part]]:
    pieces: list[list[Part]] = [[]]
    for part in parts:
        if isinstance(part, str):
            first, *others = part.split("\\")
            if first:
                pieces[-1].append(first)
            pieces += [[other] if other else [] for other in others]
        else:
            pieces[-1].append(part)
    return pieces


def _replace_piece(piece: list[Part], table: tuple[tuple[str, str], ...]) -> list[Part]:
    match piece:
        case [str(text)]:
            spelled = next((new for old, new in table if old.casefold() == text.casefold()), text)
            if not spelled:
                raise Unsaid("MAP004", why=f"how the platform spells {text} is not known")
            return [spelled]
        case _:
            for old, new in table:
                if not new:
                    continue
                for part in _wildcard_parts(piece):
                    if holds(Pattern(part), old) != holds(Pattern(part), new):
                        raise Unsaid("MAP004", why=f"the platform says {new!r} for {old!r}, which the wildcard cuts")
            return piece


def _wildcard_parts(piece: list[Part]) -> Iterable[tuple[Part, ...]]:
    """The piece, and what stands on each side of a wildcard that may reach over its ends."""
    yield tuple(piece)
    for i, part in enumerate(piece):
        if part is ANY:
            yield tuple(piece[: i + 1])
            yield tuple(piece[i:])


def hex_number(test: Test, how: Hex, leaf: Match) -> Expr:
    """`0x3e7` where the platform keeps the number."""
    match test:
        case Pattern() if test.shape is Shape.EQUALS and re.fullmatch("0x[0-9A-Fa-f]+", test.literal):
            return on_field(Number(int(test.literal, 16)), how.field, leaf)
        case Null() | Exists():
            return on_field(test, how.field, leaf)
        case _:
            raise Unsaid("MAP004", why="the platform keeps it as a number, and this is no hexadecimal number")


def is_address(text: str) -> bool:
    """Whether the text is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def holds(test: Test, value: str) -> bool:
    """Whether a value that the model knows passes a test; `Unsaid` for tests that no model needs on such values."""
    match test:
        case Pattern(parts, cased):
            return _glob(parts, cased).fullmatch(value) is not None
        case Number(number):
            return str(number) == value
        case Boolean(truth):
            return value.casefold() == str(truth).casefold()
        case Exists():
            return True
        case Null():
            return value == ""
        case Compare() if value.lstrip("-").isdigit():
            return COMPARISONS[test.order.value](int(value), test.value)
        case _:
            raise Unsaid("MAP004", why="its values are known one by one, and this test is none of them")


@lru_cache(maxsize=4096)
def _glob(parts: tuple[Part, ...], cased: bool) -> re.Pattern[str]:
    regex = "".join(re.escape(part) if isinstance(part, str) else ".*" if part is ANY else "." for part in parts)
    return re.compile(regex, re.DOTALL if cased else re.DOTALL | re.IGNORECASE)


COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _any_value(test: Test) -> bool:
    return isinstance(test, Pattern) and test.shape is Shape.PRESENT


def _plain(test: Pattern | Number | Boolean) -> str | None:
    match test:
        case Pattern():
            return test.literal if test.shape is Shape.EQUALS else None
        case Number(number):
            return str(number)
        case Boolean(truth):
            return "true" if truth else "false"


def _all(conditions: Conditions) -> Expr:
    exprs = tuple(condition.expr for condition in conditions)
    return exprs[0] if len(exprs) == 1 else And(exprs)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
