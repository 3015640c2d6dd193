"""Values that are a piece of a longer text: an element of XML, or somewhere in a message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from transpile.ir.expr import Expr, Match
from transpile.ir.match import ANY, Field, Pattern, Regex, Shape, Test
from transpile.pipelines import codes
from transpile.pipelines.columns import StoredColumn
from transpile.pipelines.forms.base import AROUND, PART, Make, OneField, not_whole
from transpile.pipelines.forms.reading import parts_of, read_field
from transpile.pipelines.leaf import Approximate, Unsupported, on_field
from transpile.pipelines.stored import text_of
from transpile.record import record

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node


@record
class Element(OneField):
    """One of the elements of this tag in a text of XML, of which the platform takes none apart."""

    tag: str

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Element:
        """`element: {in: field, tag: Data}`."""
        field, tag = parts_of(reader, node, "in", "tag")
        return cls(read_field(reader, field), reader.text(tag))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """What is anchored gets the tag before or behind it."""
        start, end = f"<{self.tag}>", f"</{self.tag}>"
        match test:
            case Pattern(parts) if test.shape in (Shape.EQUALS, Shape.CONTAINS, Shape.STARTS, Shape.ENDS) and parts:
                first = (ANY,) if parts[0] is ANY else (ANY, start)
                last = (ANY,) if parts[-1] is ANY else (end, ANY)
                return on_field(Pattern.of(*first, *parts, *last, case=test.case), self.field, leaf)
            case Pattern() if test.shape is Shape.PRESENT:
                return on_field(Pattern.of(ANY, start, ANY), self.field, leaf)
            case Pattern() if test.parts:
                sought = test.render(re.escape, any_="[^<]*", one="[^<]")
                return on_field(Regex(f"{start}{sought}{end}", case=test.case), self.field, leaf)
            case Regex():
                return _inside(test, self.field, leaf)
            case _:
                raise Unsupported(
                    codes.MAP004, why="the platform keeps it in a text of XML, where only a piece can be sought"
                )

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        yield self.field.name, f"<{self.tag}>{text_of(value)}</{self.tag}>"

    def whole(self) -> StoredColumn:
        raise not_whole(AROUND)

    def places(self) -> Iterator[tuple[str, Element]]:
        yield self.field.name, self

    def invert(self, make: Make, test: Test) -> Expr | None:
        """A piece of the text is taken for a piece of an element; the tags themselves are none."""
        if not isinstance(test, Pattern) or test.shape is not Shape.CONTAINS:
            return None
        start, end = f"<{self.tag}>", f"</{self.tag}>"
        text = test.literal
        inner = text.removeprefix(start).removesuffix(end)
        if not inner or set(inner) & set("<>"):
            return None
        before, after = ((ANY,) if inside else () for inside in (not text.startswith(start), not text.endswith(end)))
        return make(Pattern.of(*before, inner, *after, case=test.case))


@record
class Inside(OneField):
    """A piece of a longer text, such as the message of an event."""

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Inside:
        """`inside: field`."""
        return cls(read_field(reader, node))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        return _inside(test, self.field, leaf)

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        yield self.field.name, text_of(value)

    def whole(self) -> StoredColumn:
        raise not_whole(PART)


def _inside(test: Test, field: Field, leaf: Match) -> Expr:
    """What is asked of the value, looked for in all of the text. Raises `Approximate`."""
    match test:
        case Pattern() if test.literal:
            sought: Test = Pattern.of(ANY, *test.parts, ANY, case=test.case)
        case Regex():
            sought = test
        case _:
            raise Unsupported(
                codes.MAP004, why="the platform keeps it in a longer text, where only a piece of text can be sought"
            )
    raise Approximate(on_field(sought, field, leaf), "the platform keeps it in a longer text, all of which is searched")
