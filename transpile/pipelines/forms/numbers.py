"""Numbers in another spelling: hexadecimal ones as numbers, codes of rights as a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from transpile.ir.expr import And, Expr, Match, Or
from transpile.ir.match import ONE, Exists, Null, Number, Pattern, Shape, Test
from transpile.pipelines import codes
from transpile.pipelines.columns import StoredColumn
from transpile.pipelines.forms.base import PART, SPELLED, OneField, not_whole
from transpile.pipelines.forms.reading import read_field
from transpile.pipelines.leaf import Approximate, Unsupported, on_field
from transpile.pipelines.stored import Unstorable, text_of
from transpile.record import record

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node


@record
class Hex(OneField):
    """`0x3e7` as the number 999."""

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Hex:
        """`hex: field`."""
        return cls(read_field(reader, node))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        match test:
            case Pattern() if test.shape is Shape.EQUALS and re.fullmatch("0x[0-9A-Fa-f]+", test.literal):
                return on_field(Number(int(test.literal, 16)), self.field, leaf)
            case Null() | Exists():
                return on_field(test, self.field, leaf)
            case _:
                raise Unsupported(
                    codes.MAP004, why="the platform keeps it as a number, and this is not a hexadecimal number"
                )

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        text = text_of(value)
        if not re.fullmatch("0x[0-9a-fA-F]+", text):
            raise Unstorable(f"{text!r} is not a hexadecimal number")
        yield self.field.name, int(text, 16)

    def whole(self) -> StoredColumn:
        raise not_whole(SPELLED)

    def places(self) -> Iterator[tuple[str, Hex]]:
        yield self.field.name, self


@record
class Codes(OneField):
    """Codes of rights, `%%4416 %%4417`, as a list of bare numbers, or as the event spells them."""

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Codes:
        """`codes: field`."""
        return cls(read_field(reader, node))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """A code is asked for as the platform lists it, and as it is in the text."""
        match test:
            case Null() | Exists():
                return on_field(test, self.field, leaf)
            case Pattern() if test.shape is Shape.PRESENT:
                return on_field(test, self.field, leaf)
            case Pattern() if (found := re.findall("[0-9]{4}", test.literal)) and _is_codes(test):
                listed = And(tuple(on_field(Pattern.of(code), self.field, leaf) for code in found))
                said = Or((on_field(test, self.field, leaf), listed))
                if test.shape is Shape.CONTAINS and re.fullmatch("(%%)?[0-9]{4}", test.literal):
                    return said
                raise Approximate(said, "the platform parts it into a list of codes")
            case _:
                raise Unsupported(codes.MAP004, why="the platform keeps the codes alone")

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        text = text_of(value)
        found = re.findall("%%([0-9]{4})", text)
        is_list = found and re.fullmatch(r"\s*%%[0-9]{4}(\s+%%[0-9]{4})*\s*", text)
        yield self.field.name, found if is_list else [text]

    def whole(self) -> StoredColumn:
        raise not_whole(PART)

    def places(self) -> Iterator[tuple[str, Codes]]:
        yield self.field.name, self


def _is_codes(test: Pattern) -> bool:
    """Whether a test is of whole codes."""
    texts = [part for part in test.parts if isinstance(part, str)]
    return ONE not in test.parts and all(re.fullmatch(r"\s*(%%)?[0-9]{4}(\s+%%[0-9]{4})*\s*", text) for text in texts)
