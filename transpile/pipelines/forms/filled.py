"""Values for which the platform has a word where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from transpile.ir.expr import And, Constant, Expr, Match, Not
from transpile.ir.match import Exists, Field, FieldRef, Null, Pattern, Regex, Shape, Test
from transpile.pipelines import codes
from transpile.pipelines.columns import StoredColumn
from transpile.pipelines.forms.base import PART, Form, Make, not_whole
from transpile.pipelines.forms.paths import FileName, last_piece, name_of
from transpile.pipelines.forms.reading import read_field, take
from transpile.pipelines.forms.registry import as_sysmon, bare_number, bare_test
from transpile.pipelines.leaf import Approximate, Unsupported, holds, on_field
from transpile.pipelines.stored import Unstorable, text_of
from transpile.record import record
from transpile.regex import RegexError, parse, to_python

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node


@record
class Filled(Form):
    """The same value; where there is none, the platform puts a word (`unknown`).

    With `bare`, registry data whose numbers lack their type: `0x00000001` for `DWORD (0x00000001)`.
    """

    field: Field
    word: str
    bare: bool = False

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Filled:
        """`filled: {in: field, with: unknown, numbers: bare}`, and `name: field` for the file name of a path."""
        parts = reader.map(node, ("in", "with", "numbers", "name"))
        field, word = (take(reader, node, parts, key) for key in ("in", "with"))
        bare = "numbers" in parts
        if bare and reader.text(parts["numbers"]) != "bare":
            reader.fail(parts["numbers"], "numbers of the registry may be bare, and else they are as they are")
        if "name" in parts:
            return FilledPath(read_field(reader, field), reader.text(word), bare, read_field(reader, parts["name"]))
        return cls(read_field(reader, field), reader.text(word), bare)

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """The word must not pass for a value."""
        word = on_field(Pattern.of(self.word), self.field, leaf)
        if self.bare and isinstance(test, Pattern | Regex):
            test = bare_test(test)
        match test:
            case Null():
                return word
            case Pattern() if test.shape is Shape.PRESENT:
                return Not(word)
            case Pattern(()):
                raise Approximate(word, f"it is {self.word!r} where it is empty, and where it is missing")
            case Exists():
                why = f"the platform puts {self.word!r} where there is none, be it there or not"
                raise Unsupported(codes.MAP004, why=why)
            case Pattern() if not holds(test, self.word):
                return on_field(test, self.field, leaf)
            case Regex() if not _finds(test, self.word):
                return on_field(test, self.field, leaf)
            case Pattern() | Regex() | FieldRef():
                return And((on_field(test, self.field, leaf), Not(word)))
            case _:
                return on_field(test, self.field, leaf)

    def empty(self, value: Any) -> Iterator[tuple[str, Any]]:
        if value == "":
            raise Unstorable(f"an empty value is not told from a missing one in {self.field.name}")
        yield self.field.name, self.word

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        text = bare_number(text_of(value)) if self.bare else text_of(value)
        if text.casefold() == self.word.casefold():
            raise Unstorable(f"{text!r} is what {self.field.name} holds for a missing value")
        yield self.field.name, text

    def whole(self) -> StoredColumn:
        if self.bare:
            raise not_whole(PART)
        return StoredColumn(self.field, self.word)

    def places(self) -> Iterator[tuple[str, Filled | FileName]]:
        yield self.field.name, self

    def invert(self, make: Make, test: Test) -> Expr | None:
        """A test for the word asks for a missing value, one for any value for nothing."""
        if isinstance(test, Pattern) and test.shape is Shape.PRESENT:
            return Constant(True)
        if isinstance(test, Pattern) and test.shape is Shape.EQUALS and test.literal.casefold() == self.word.casefold():
            return make(Null())
        return as_sysmon(make, test, decimal=False) if self.bare else make(test)


@record
class FilledPath(Filled):
    """The same of a path, whose file name is in another field, which is the quicker one to ask."""

    name: Field = Field("")

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        r"""`\net.exe` at the end of a path means a name equal to it; one without a dot may be all there is."""
        tail = last_piece(test, "\\") if isinstance(test, Pattern) else None
        if isinstance(test, Pattern) and tail is not None and "." in test.literal and not holds(test, self.word):
            return on_field(Pattern(tail, test.case), self.name, leaf)
        return super().rewrite(test, leaf)

    def empty(self, value: Any) -> Iterator[tuple[str, Any]]:
        yield from super().empty(value)
        yield self.name.name, self.word

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        yield from super().store(value)
        text = text_of(value)
        yield self.name.name, name_of(text, "\\") if set(text) & {"\\", "."} else text

    def places(self) -> Iterator[tuple[str, Filled | FileName]]:
        yield self.field.name, Filled(self.field, self.word)
        yield self.name.name, FileName(self.name)


def _finds(test: Regex, word: str) -> bool:
    """Whether a regex may match in a word, in whatever case."""
    try:
        node = parse(test.pattern, ignore_case=True, multiline=test.multiline, dotall=test.dotall)
        return re.search(to_python(node), word) is not None
    except (RegexError, re.error):
        return True
