"""Rewrites of values that the platform spells otherwise: enumerations, numbers, hashes, registry data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Boolean,
    Exists,
    Field,
    FieldRef,
    FieldType,
    Null,
    Number,
    Pattern,
    Regex,
    Shape,
    Test,
)
from transpile.pipelines import codes
from transpile.pipelines.forms import (
    Cases,
    Conditions,
    Digest,
    Filled,
    Hashes,
    Hex,
    RegistryData,
    RegistryStrings,
    Values,
)
from transpile.pipelines.leaf import Lossy, Unsaid, holds, on_field


def values(test: Test, how: Values, leaf: Match) -> Expr:
    """Values of an enumeration, spelled as the platform does. An ENUM field has no values but those of the table."""
    closed = how.field.type is FieldType.ENUM
    if isinstance(test, Pattern) and test.cased:
        raise Unsaid(
            codes.MAP004, why="the platform spells some of its values otherwise, and the test minds their case"
        )
    match test:
        case Pattern() | Number() | Boolean():
            plain = _plain(test)
            if plain is not None:
                spelled = how.table.get(plain.casefold())
                if spelled is None and closed:
                    raise Unsaid(codes.MAP006, value=plain, known=_list(how.table))
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
    raise Unsaid(codes.MAP004, why="the platform spells some of its values otherwise")


def filled(test: Test, how: Filled, leaf: Match) -> Expr:
    """A value for which the platform has a word where there is none: the word must not pass for a value."""
    word = on_field(Pattern.of(how.word), how.field, leaf)
    if how.bare and isinstance(test, Pattern | Regex):
        test = _bare_number(test)
    match test:
        case Null():
            return word
        case Pattern() if test.shape is Shape.PRESENT:
            return Not(word)
        case Pattern(()):
            raise Lossy(word, f"it is {how.word!r} where it is empty, and where it is missing")
        case Exists():
            raise Unsaid(codes.MAP004, why=f"the platform puts {how.word!r} where there is none, be it there or not")
        case Pattern() if not holds(test, how.word):
            return on_field(test, how.field, leaf)
        case Pattern() | Regex() | FieldRef():
            return And((on_field(test, how.field, leaf), Not(word)))
        case _:
            return on_field(test, how.field, leaf)


def _bare_number(test: Pattern | Regex) -> Pattern:
    """A test of registry data as Sysmon spells it, for data that lacks the type around its numbers."""
    if isinstance(test, Pattern):
        digits = re.search("0x[0-9a-f]{8}", test.literal, re.IGNORECASE)
        if digits and holds(test, DWORD % digits[0][2:]):
            return Pattern.of(digits[0])
        numbers = (DWORD % (HEX * 8), QWORD % (HEX * 8, HEX * 8), "0x" + HEX * 8)
        if test.shape is Shape.PRESENT or not any(can_be(test, spelling) for spelling in numbers):
            return test
    raise Unsaid(codes.MAP004, why="the platform keeps numbers without the type that the rule's logs have around them")


def cases(test: Test, how: Cases) -> Expr:
    """A field that the platform tells by conditions on other fields: those of every value that passes the test."""
    match test:
        case Pattern() if test.cased:
            raise Unsaid(
                codes.MAP004, why="the platform tells its values by other fields, and the test minds their case"
            )
        case Pattern() | Number() | Boolean():
            found = tuple(_all(conditions) for value, conditions in how.table.items() if holds(test, value))
            if found:
                return Or(found)
            raise Unsaid(codes.MAP006, value=_plain(test) or "the pattern", known=_list(how.table))
        case _:
            raise Unsaid(codes.MAP004, why="the platform tells its values by other fields")


def _plain(test: Pattern | Number | Boolean) -> str | None:
    match test:
        case Pattern():
            return test.literal if test.shape is Shape.EQUALS else None
        case Number(number):
            return str(number)
        case Boolean(truth):
            return "true" if truth else "false"


def _any_value(test: Test) -> bool:
    return isinstance(test, Pattern) and test.shape is Shape.PRESENT


def _all(conditions: Conditions) -> Expr:
    exprs = tuple(condition.expr for condition in conditions)
    return exprs[0] if len(exprs) == 1 else And(exprs)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def hex_number(test: Test, how: Hex, leaf: Match) -> Expr:
    """`0x3e7` where the platform keeps the number."""
    match test:
        case Pattern() if test.shape is Shape.EQUALS and re.fullmatch("0x[0-9A-Fa-f]+", test.literal):
            return on_field(Number(int(test.literal, 16)), how.field, leaf)
        case Null() | Exists():
            return on_field(test, how.field, leaf)
        case _:
            raise Unsaid(codes.MAP004, why="the platform keeps it as a number, and this is not a hexadecimal number")


DIGEST_LENGTHS: Mapping[int, tuple[str, ...]] = {32: ("MD5", "IMPHASH"), 40: ("SHA1",), 64: ("SHA256",)}


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
                raise Unsaid(codes.MAP004, why="it is kept as one field for each algorithm, and this is not a digest")
            if not given:
                algorithms = DIGEST_LENGTHS.get(len(digest), ())
            else:
                algorithms = (algorithm,)
            whole = any(algorithm in DIGEST_LENGTHS.get(len(digest), ()) for algorithm in algorithms)
            columns = [how.columns[one] for one in algorithms if one in how.columns]
            if not columns or not algorithms:
                raise Unsaid(codes.MAP004, why=f"the platform keeps only {_list(how.columns)}")
            if not whole and parts[-1] is not ANY:
                raise Unsaid(codes.MAP004, why="this is only a part of a digest")
            value = Pattern.of(digest, case=test.case) if whole else Pattern.of(digest, ANY, case=test.case)
            sought = Or(tuple(on_field(value, column, leaf) for column in columns))
            if parts[0] is not ANY or parts[-1] is not ANY:
                raise Lossy(sought, "its position in the list of hashes is not known")
            return sought
        case Pattern() if test.shape is Shape.PRESENT:
            return Or(tuple(on_field(test, column, leaf) for column in how.columns.values()))
        case _:
            raise Unsaid(codes.MAP004, why="it is kept as one field for each algorithm")


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
            raise Unsaid(codes.MAP004, why="the platform keeps numbers and texts otherwise than the rule's logs")
    if test.shape is Shape.PRESENT:
        return on_field(test, how.type, leaf)
    dword, qword = (Match(how.type, Pattern.of(name), "", leaf.span) for name in (how.dword, how.qword))
    digits = re.search("0x([0-9a-f]{8})", test.literal, re.IGNORECASE)
    if digits and holds(test, DWORD % digits[1]):
        value = str(int(digits[1], 16))
        return And((dword, on_field(Pattern.of(value), how.data, leaf)))
    if all(holds(test, DWORD % (digit * 8)) for digit in "0123456789abcdef"):
        return dword
    if can_be(test, DWORD % (HEX * 8)) or can_be(test, QWORD % (HEX * 8, HEX * 8)) or not test.parts:
        raise Unsaid(codes.MAP004, why="the platform spells numbers and empty data otherwise than the rule's logs")
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


def registry_strings(test: Test, how: RegistryStrings, leaf: Match) -> Expr:
    """Registry data as texts: a number as Sysmon spells it is asked for in decimal digits and as `0x00000001`."""
    match test:
        case Null() | Exists():
            return on_field(test, how.data, leaf)
        case Number(number):
            test = Pattern.of(str(number))
        case Pattern():
            pass
        case _:
            raise Unsaid(codes.MAP004, why="the platform spells numbers otherwise than the rule's logs")
    text = on_field(test, how.data, leaf)
    if test.shape is Shape.PRESENT:
        return text
    digits = re.search("0x([0-9a-f]{8})", test.literal, re.IGNORECASE)
    if digits and holds(test, DWORD % digits[1]):
        return Or(tuple(on_field(Pattern.of(one), how.data, leaf) for one in (str(int(digits[1], 16)), digits[0])))
    if all(holds(test, DWORD % (digit * 8)) for digit in "0123456789abcdef"):
        types = Or(tuple(on_field(Pattern.of(name), how.type, leaf) for name in ("SZ_DWORD", "REG_DWORD")))
        return types if test.parts[0] is not ANY else Or((types, text))
    if can_be(test, DWORD % (HEX * 8)) or can_be(test, QWORD % (HEX * 8, HEX * 8)):
        raise Lossy(text, "numbers are kept in decimal digits, and are not looked into", wider=False)
    if re.fullmatch("[0-9]+|0x[0-9a-f]{8}", test.literal, re.IGNORECASE):
        numbers = tuple(on_field(Pattern.of(name), how.type, leaf) for name in NUMBER_TYPES)
        return And((text, Not(Or(numbers))))
    return text


NUMBER_TYPES = ("SZ_DWORD", "SZ_QWORD", "REG_DWORD", "REG_QWORD")


def access_codes(test: Test, field: Field, leaf: Match) -> Expr:
    """Codes of rights: one is asked for as the platform lists it, and as it is in the text."""
    match test:
        case Null() | Exists():
            return on_field(test, field, leaf)
        case Pattern() if test.shape is Shape.PRESENT:
            return on_field(test, field, leaf)
        case Pattern() if (found := re.findall("[0-9]{4}", test.literal)) and _is_codes(test):
            listed = And(tuple(on_field(Pattern.of(code), field, leaf) for code in found))
            said = Or((on_field(test, field, leaf), listed))
            if test.shape is Shape.CONTAINS and re.fullmatch("(%%)?[0-9]{4}", test.literal):
                return said
            raise Lossy(said, "the platform parts it into a list of codes")
        case _:
            raise Unsaid(codes.MAP004, why="the platform keeps the codes alone")


def _is_codes(test: Pattern) -> bool:
    """Whether a test is of whole codes."""
    texts = [part for part in test.parts if isinstance(part, str)]
    return ONE not in test.parts and all(re.fullmatch(r"\s*(%%)?[0-9]{4}(\s+%%[0-9]{4})*\s*", text) for text in texts)


def digest(test: Test, how: Digest, leaf: Match) -> Expr:
    """A hash of one algorithm in the list of them."""
    there = Pattern.of(ANY, f"{how.algorithm}=", ANY)
    match test:
        case Null():
            return Not(on_field(there, how.field, leaf))
        case Exists():
            return on_field(there, how.field, leaf)
        case Pattern() if test.shape is Shape.PRESENT:
            return on_field(there, how.field, leaf)
        case Pattern((str(text), *rest)) if re.fullmatch("[0-9A-Fa-f]+", text) and rest in ([], [ANY]):
            if not rest and how.algorithm not in DIGEST_LENGTHS.get(len(text), ()):
                raise Unsaid(codes.MAP004, why=f"this is no {how.algorithm} digest")
            return on_field(Pattern.of(ANY, f"{how.algorithm}={text}", ANY, case=test.case), how.field, leaf)
        case _:
            raise Unsaid(codes.MAP004, why="it is one of a list, where only the beginning of a digest can be sought")


def can_be(test: Pattern, spelling: str) -> bool:
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
