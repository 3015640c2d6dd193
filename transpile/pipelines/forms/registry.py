"""Registry data, which Sysmon spells `DWORD (0x00000001)`, as the platforms' own spellings of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import ANY, Case, Exists, Field, Null, Number, Pattern, Regex, Shape, Test
from transpile.pipelines import codes
from transpile.pipelines.columns import StoredColumn
from transpile.pipelines.forms.base import SPELLED, Form, Make, not_whole
from transpile.pipelines.forms.reading import parts_of, read_field
from transpile.pipelines.leaf import Approximate, Unsupported, holds, on_field
from transpile.pipelines.stored import Unstorable, text_of
from transpile.record import record

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node

DWORD, QWORD = "DWORD (0x%s)", "QWORD (0x%s-0x%s)"
HEX = "\0"  # any hexadecimal digit in a spelling


@record
class RegistryData(Form):
    """Registry data as Sysmon spells it, kept in decimal digits beside the name of its type."""

    data: Field
    type: Field
    text: str
    dword: str
    qword: str
    binary: str

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> RegistryData:
        """`registry_data: {data: field, type: field, text: name, dword: name, qword: name, binary: name}`."""
        data, type_, *words = parts_of(reader, node, "data", "type", "text", "dword", "qword", "binary")
        return cls(read_field(reader, data), read_field(reader, type_), *(reader.text(word) for word in words))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """Numbers by type and decimal digits; texts, unless some number is spelled so."""
        match test:
            case Null() | Exists():
                return on_field(test, self.type, leaf)
            case Number(number):
                test = Pattern.of(str(number))
            case Pattern():
                pass
            case _:
                why = "the platform keeps numbers and texts otherwise than the rule's logs"
                raise Unsupported(codes.MAP004, why=why)
        if test.shape is Shape.PRESENT:
            return on_field(test, self.type, leaf)
        dword, qword = (Match(self.type, Pattern.of(name), "", leaf.span) for name in (self.dword, self.qword))
        if digits := _dword_digits(test):
            one = And((dword, on_field(Pattern.of(str(int(digits, 16))), self.data, leaf)))
            if _says_dword(test):
                return one
            return Or((one, And((on_field(test, self.data, leaf), Not(Or((dword, qword)))))))
        if _is_every_dword(test):
            return dword
        if _is_some_number(test) or not test.parts:
            raise Unsupported(
                codes.MAP004, why="the platform spells numbers and empty data otherwise than the rule's logs"
            )
        text = on_field(test, self.data, leaf)
        if test.literal.isdecimal():
            text = And((text, Not(Or((dword, qword)))))
        others = self._words(test, leaf)
        if others and test.shape is Shape.EQUALS:
            return others[0]
        return Or((text, *others)) if others else text

    def _words(self, test: Pattern, leaf: Match) -> list[Expr]:
        """What Sysmon has a word for and the test takes: empty and binary data."""
        words: list[Expr] = []
        if holds(test, "(Empty)"):
            is_text = Match(self.type, Pattern.of(self.text), "", leaf.span)
            words.append(And((on_field(Null(), self.data, leaf), is_text)))
        if holds(test, "Binary Data"):
            words.append(Match(self.type, Pattern.of(self.binary), "", leaf.span))
        return words

    def fields(self) -> tuple[Field, ...]:
        return (self.type,)

    def empty(self, value: Any) -> Iterator[tuple[str, Any]]:
        if value == "":
            raise Unstorable("Sysmon calls empty data (Empty)")
        yield self.type.name, value

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        text = text_of(value)
        number = re.fullmatch(
            r"DWORD \(0x([0-9a-f]{8})\)|QWORD \(0x([0-9a-f]{8})-0x([0-9a-f]{8})\)", text, re.IGNORECASE
        )
        if number and number[1]:
            yield self.data.name, str(int(number[1], 16))
            yield self.type.name, self.dword
        elif number:
            yield self.data.name, str(int(number[2] + number[3], 16))
            yield self.type.name, self.qword
        elif text.casefold() == "binary data":
            yield self.type.name, self.binary
        elif re.search("DWORD|QWORD|0x[0-9a-f]{8}", text, re.IGNORECASE):
            raise Unstorable(f"{text!r} is a number in no spelling of Sysmon's")
        else:
            yield self.data.name, "" if text.casefold() == "(empty)" else text
            yield self.type.name, self.text

    def whole(self) -> StoredColumn:
        raise not_whole(SPELLED)

    def places(self) -> Iterator[tuple[str, RegistryData]]:
        yield self.data.name, self

    def invert(self, make: Make, test: Test) -> Expr | None:
        return as_sysmon(make, test, decimal=True)


@record
class RegistryStrings(Form):
    """Registry data as a list of texts: a number in decimal digits or as `0x00000001`, beside the name of its type."""

    data: Field
    type: Field

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> RegistryStrings:
        """`registry_strings: {data: field, type: field}`."""
        data, type_ = parts_of(reader, node, "data", "type")
        return cls(read_field(reader, data), read_field(reader, type_))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """A number is asked for in decimal digits and as `0x00000001`."""
        match test:
            case Null() | Exists():
                return on_field(test, self.data, leaf)
            case Number(number):
                test = Pattern.of(str(number))
            case Pattern():
                pass
            case _:
                raise Unsupported(codes.MAP004, why="the platform spells numbers otherwise than the rule's logs")
        text = on_field(test, self.data, leaf)
        if test.shape is Shape.PRESENT:
            return text
        if digits := _dword_digits(test):
            spelled = (str(int(digits, 16)), f"0x{digits}")
            values = Or(tuple(on_field(Pattern.of(value), self.data, leaf) for value in spelled))
            one = And((values, Not(self._has_type(NOT_DWORD, leaf))))
            return one if _says_dword(test) else Or((one, And((text, Not(self._has_type(NUMBERS, leaf))))))
        if _is_every_dword(test):
            types = self._has_type(DWORDS, leaf)
            return types if test.parts[0] is not ANY else Or((types, text))
        if _is_some_number(test):
            raise Approximate(text, "numbers are kept in decimal digits, and are not looked into", wider=False)
        if re.fullmatch("[0-9]+|0x[0-9a-f]{8}", test.literal, re.IGNORECASE):
            return And((text, Not(self._has_type(NUMBERS, leaf))))
        return text

    def _has_type(self, names: tuple[str, ...], leaf: Match) -> Or:
        return Or(tuple(on_field(Pattern.of(name, case=Case.SENSITIVE), self.type, leaf) for name in names))

    def fields(self) -> tuple[Field, ...]:
        return (self.data,)

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        """As Elastic's pipeline keeps it: numbers in decimal digits."""
        text = text_of(value)
        number = re.fullmatch(r"DWORD \(0x([0-9a-f]{8})\)", text, re.IGNORECASE)
        if number:
            yield self.data.name, [str(int(number[1], 16))]
            yield self.type.name, "SZ_DWORD"
        elif re.search("DWORD|QWORD|0x[0-9a-f]{8}", text, re.IGNORECASE):
            raise Unstorable(f"{text!r} is a number in no spelling of Sysmon's, or a long one")
        else:
            yield self.data.name, [text]
            yield self.type.name, "REG_SZ"

    def whole(self) -> StoredColumn:
        raise not_whole(SPELLED)

    def places(self) -> Iterator[tuple[str, RegistryStrings]]:
        yield self.data.name, self

    def invert(self, make: Make, test: Test) -> Expr | None:
        return as_sysmon(make, test, decimal=True)

    def invert_typed(self, make: Make, test: Test, number: bool) -> Expr | None:
        """`invert` where the rule says that the data are a number, or that they are none."""
        found = self.invert(make, test) if number else make(test)
        return found.args[0] if number and isinstance(found, Or) else found


DWORDS = ("SZ_DWORD", "REG_DWORD")
NUMBERS = ("SZ_DWORD", "SZ_QWORD", "REG_DWORD", "REG_QWORD")
NOT_DWORD = ("REG_SZ", "REG_EXPAND_SZ", "REG_MULTI_SZ", "SZ_QWORD", "REG_QWORD")  # of which digits may be data too


def _says_dword(test: Pattern) -> bool:
    """Whether no text passes a test that a DWORD passes."""
    return "dword (" in test.literal.casefold()


def _dword_digits(test: Pattern) -> str | None:
    """The hexadecimal digits of the one DWORD that a test asks for."""
    digits = re.search("0x([0-9a-f]{8})", test.literal, re.IGNORECASE)
    return digits[1] if digits and holds(test, DWORD % digits[1]) else None


def _is_every_dword(test: Pattern) -> bool:
    return all(holds(test, DWORD % (digit * 8)) for digit in "0123456789abcdef")


def _is_some_number(test: Pattern) -> bool:
    return can_be(test, DWORD % (HEX * 8)) or can_be(test, QWORD % (HEX * 8, HEX * 8))


def bare_test(test: Pattern | Regex) -> Pattern:
    """A test of registry data for a field that lacks the type around its numbers: `0x00000001`."""
    if isinstance(test, Pattern):
        digits = re.search("0x[0-9a-f]{8}", test.literal, re.IGNORECASE)
        if digits and holds(test, DWORD % digits[0][2:]):
            return Pattern.of(digits[0])
        if test.shape is Shape.PRESENT or not (_is_some_number(test) or can_be(test, "0x" + HEX * 8)):
            return test
    raise Unsupported(
        codes.MAP004, why="the platform keeps numbers without the type that the rule's logs have around them"
    )


def bare_number(text: str) -> str:
    """Registry data as Sysmon spells it, a number without its type. Raises `Unstorable`."""
    if number := re.fullmatch(r"DWORD \((0x[0-9a-f]{8})\)", text, re.IGNORECASE):
        return number[1]
    if re.search("DWORD|QWORD|0x[0-9a-f]{8}", text, re.IGNORECASE):
        raise Unstorable(f"{text!r} is not told from a number, or how it is spelled is not known")
    return text


_NUMBER = re.compile(r"0x([0-9a-fA-F]{1,16})")
_IN_HEX = re.compile("[0-9a-cefx]+", re.IGNORECASE)  # not d, which `DWORD (0x00000001)` has outside of its digits


def as_sysmon(make: Make, test: Test, *, decimal: bool) -> Expr | None:
    """A test of registry data in Sysmon's spelling: a number as `0x1`, or `decimal` in digits, is a DWORD.

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
        if found := _NUMBER.fullmatch(literal):
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
