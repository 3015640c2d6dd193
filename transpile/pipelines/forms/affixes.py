"""Values with a piece of text before, behind or around them, always or sometimes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from transpile.ir.expr import Expr, Match, Or
from transpile.ir.match import ANY, Exists, Null, Pattern, Regex, Shape, Test
from transpile.pipelines import codes
from transpile.pipelines.columns import StoredColumn
from transpile.pipelines.forms.base import AROUND, SPELLED, Make, OneField, not_whole
from transpile.pipelines.forms.reading import parts_of, read_field, take
from transpile.pipelines.leaf import Unsupported, on_field
from transpile.pipelines.stored import Unstorable, text_of
from transpile.record import record

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node


@record
class Prefixed(OneField):
    """The same value with a piece of text before it, which is always the same."""

    prefix: str

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Prefixed:
        r"""`prefix: {in: field, text: '\Device\NamedPipe'}`."""
        field, text = parts_of(reader, node, "in", "text")
        return cls(read_field(reader, field), reader.text(text))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """What is anchored at the value's start gets the piece before it."""
        match test:
            case Null() | Exists():
                return on_field(test, self.field, leaf)
            case Pattern() if (kept := _behind(test, self.prefix)) is not None:
                return on_field(kept, self.field, leaf)
            case _:
                raise Unsupported(
                    codes.MAP004, why=f"the platform keeps it behind {self.prefix!r}, which this test could meet"
                )

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        yield self.field.name, self.prefix + text_of(value)

    def whole(self) -> StoredColumn:
        raise not_whole(SPELLED)

    def places(self) -> Iterator[tuple[str, Prefixed]]:
        yield self.field.name, self

    def invert(self, make: Make, test: Test) -> Expr | None:
        """The test without the piece of text that always comes first."""
        match test:
            case Null():
                return make(test)
            case Pattern((str(first), *others)) if first[: len(self.prefix)].casefold() == self.prefix.casefold():
                return make(Pattern.of(first[len(self.prefix) :], *others, case=test.case))
            case Pattern((first, *_)) if first is ANY:
                return make(test)
            case _:
                return None


@record
class Ended(OneField):
    """The same value with a piece of text behind it, which is always the same."""

    ending: str

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Ended:
        """`ending: {in: field, text: .}`."""
        field, text = parts_of(reader, node, "in", "text")
        return cls(read_field(reader, field), reader.text(text))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """As for `Prefixed`, back to front."""
        match test:
            case Null() | Exists():
                return on_field(test, self.field, leaf)
            case Pattern() if (kept := _behind(_turned(test), self.ending[::-1])) is not None:
                return on_field(_turned(kept), self.field, leaf)
            case _:
                raise Unsupported(
                    codes.MAP004, why=f"the platform keeps it before {self.ending!r}, which this test could meet"
                )

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        yield self.field.name, text_of(value) + self.ending

    def whole(self) -> StoredColumn:
        raise not_whole(SPELLED)

    def places(self) -> Iterator[tuple[str, Ended]]:
        yield self.field.name, self


def _turned(pattern: Pattern) -> Pattern:
    """The pattern back to front."""
    parts = (part[::-1] if isinstance(part, str) else part for part in reversed(pattern.parts))
    return Pattern.of(*parts, case=pattern.case)


def _behind(test: Pattern, prefix: str) -> Pattern | None:
    """The pattern for values behind a piece of text; None if it could meet that piece."""
    match test:
        case Pattern((str(first), *others), case):
            return Pattern.of(prefix, first, *others, case=case)
        case Pattern((first, str(second), *_)) if first is ANY and not _may_begin_in(second, prefix):
            return test
        case _:
            return test if test.shape is Shape.PRESENT else None


def _may_begin_in(text: str, prefix: str) -> bool:
    """Whether the text, with anything behind it, can begin somewhere in the prefix."""
    text, prefix = text.casefold(), prefix.casefold()
    return any(text.startswith(prefix[i:]) or prefix.startswith(text, i) for i in range(len(prefix)))


@record
class Behind(OneField):
    """The same value, as it is or behind another piece of text that ends so: `v1.compute` for `compute`.

    `last`: the value itself never has that end, as no name of a user has the backslash that follows a domain.
    """

    at: str
    last: bool = False

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Behind:
        """`behind: {in: field, at: .}`, or with `last: true`."""
        parts = reader.map(node, ("in", "at", "last"))
        field, at = take(reader, node, parts, "in"), take(reader, node, parts, "at")
        last = "last" in parts and reader.text(parts["last"]) == "true"
        return cls(read_field(reader, field), reader.text(at), last)

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """What is anchored at the value's start is asked for in both forms."""
        match test:
            case Pattern() if self.last and test.shape not in (Shape.EQUALS, Shape.ENDS, Shape.PRESENT):
                at = re.escape(self.at)
                sought = test.render(re.escape, any_=f"[^{at}]*", one=f"[^{at}]")
                return on_field(Regex(f"(?:^|{at}){sought}$", case=test.case), self.field, leaf)
            case Pattern((str(first), *rest)):
                held = Pattern.of(ANY, self.at + first, *rest, case=test.case)
                return Or((on_field(test, self.field, leaf), on_field(held, self.field, leaf)))
            case Pattern() | Null() | Exists():
                return on_field(test, self.field, leaf)
            case _:
                raise Unsupported(
                    codes.MAP004, why="the platform may keep it behind another text, which this test could meet"
                )

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        text = text_of(value)
        if self.last and self.at in text:
            raise Unstorable(f"a value has no {self.at!r}")
        yield self.field.name, text

    def whole(self) -> StoredColumn:
        raise not_whole(AROUND)


@record
class Quoted(OneField):
    """The same value, as it is or in single quotes: an attribute of XML by versions of an add-on."""

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Quoted:
        """`quoted: field`."""
        return cls(read_field(reader, node))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        match test:
            case Pattern(parts) if (
                parts and test.shape is not Shape.PRESENT and (parts[0] is not ANY or parts[-1] is not ANY)
            ):
                before, after = (("'" if part is not ANY else "") for part in (parts[0], parts[-1]))
                held = Pattern.of(before, *parts, after, case=test.case)
                return Or((on_field(test, self.field, leaf), on_field(held, self.field, leaf)))
            case Null() | Exists() | Pattern():
                return on_field(test, self.field, leaf)
            case _:
                raise Unsupported(codes.MAP004, why="the platform may keep it in quotes, which this test could meet")

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        yield self.field.name, text_of(value)

    def whole(self) -> StoredColumn:
        raise not_whole(AROUND)

    def places(self) -> Iterator[tuple[str, Quoted]]:
        yield self.field.name, self
