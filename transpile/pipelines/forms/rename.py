"""Values that are kept as they are, that the log source itself says, or that are not kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from transpile.ir.expr import FALSE, TRUE, Expr, Match
from transpile.ir.match import Test
from transpile.pipelines import codes
from transpile.pipelines.columns import StoredColumn
from transpile.pipelines.forms.base import Form, Make, OneField, not_whole
from transpile.pipelines.forms.reading import read_field
from transpile.pipelines.leaf import Unsupported, holds, on_field
from transpile.pipelines.stored import Unstorable, as_typed, text_of
from transpile.record import record

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node


@record
class Rename(OneField):
    """The same value under another name."""

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Rename:
        """`to: field`, or the field alone."""
        return cls(read_field(reader, node))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        return on_field(test, self.field, leaf)

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        yield self.field.name, as_typed(value, self.field)

    def whole(self) -> StoredColumn:
        return StoredColumn(self.field)

    def places(self) -> Iterator[tuple[str, Rename]]:
        yield self.field.name, self

    def invert(self, make: Make, test: Test) -> Expr:
        return make(test)


@record
class Fixed(Form):
    """The log source itself says the value; nothing on the platform repeats it."""

    value: str

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Fixed:
        """`fixed: value`."""
        return cls(reader.text(node))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        return TRUE if holds(test, self.value) else FALSE

    def empty(self, value: Any) -> Iterator[tuple[str, Any]]:
        if value is not None:
            raise Unstorable("an empty value is none of those that the platform tells apart")
        return iter(())

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        text = text_of(value)
        if text.casefold() != self.value.casefold():
            raise Unstorable(f"this log source always has {self.value!r}, not {text!r}")
        return iter(())

    def whole(self) -> StoredColumn:
        raise not_whole(f"it is always {self.value!r} there, and no column holds it")


@record
class Absent(Form):
    """The platform does not record it, and why."""

    reason: str

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Absent:
        """`absent: reason`."""
        return cls(reader.text(node))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        raise Unsupported(codes.MAP003, reason=self.reason)

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        return iter(())

    def whole(self) -> StoredColumn:
        raise Unsupported(codes.MAP003, reason=self.reason)
