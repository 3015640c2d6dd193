"""Values of an enumeration: spelled otherwise, or told apart by other fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from transpile.ir.expr import Expr, Match, Or
from transpile.ir.match import Boolean, Compare, Exists, FieldType, Null, Number, Pattern, Shape, Test
from transpile.pipelines import codes
from transpile.pipelines.columns import StoredColumn
from transpile.pipelines.forms.base import SPELLED, Form, Make, OneField, not_whole
from transpile.pipelines.forms.conditions import Conditions, all_of, condition, constants
from transpile.pipelines.forms.reading import parse_field, read_field, take
from transpile.pipelines.leaf import Unsupported, holds, on_field
from transpile.pipelines.stored import Unstorable, as_typed, text_of
from transpile.record import record

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node


@record
class Values(OneField):
    """The same value but for some, which the platform spells otherwise; keys are case-folded."""

    table: Mapping[str, str]

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Values:
        """`values: {in: field, A: a}`."""
        parts = reader.map(node)
        field = read_field(reader, take(reader, node, parts, "in"))
        return cls(field, MappingProxyType({key.casefold(): reader.text(value) for key, value in parts.items()}))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """The value as the platform spells it. An ENUM field has no values but those of the table."""
        closed = self.field.type is FieldType.ENUM
        if isinstance(test, Pattern) and test.cased:
            raise Unsupported(
                codes.MAP004, why="the platform spells some of its values otherwise, and the test minds their case"
            )
        match test:
            case Pattern() | Number() | Boolean():
                plain = _plain(test)
                if plain is not None:
                    spelled = self.table.get(plain.casefold())
                    if spelled is None and closed:
                        raise Unsupported(codes.MAP006, value=plain, known=", ".join(self.table))
                    return on_field(test if spelled is None else Pattern.of(spelled), self.field, leaf)
                if closed and not _is_any_value(test):
                    spelled_ = dict.fromkeys(new for old, new in self.table.items() if holds(test, old))
                    return Or(tuple(on_field(Pattern.of(one), self.field, leaf) for one in spelled_))
                if closed or all(holds(test, old) == holds(test, new) for old, new in self.table.items()):
                    return on_field(test, self.field, leaf)
            case Null() | Exists():
                return on_field(test, self.field, leaf)
            case _:
                pass
        raise Unsupported(codes.MAP004, why="the platform spells some of its values otherwise")

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        """The platform's own name for a value; an ENUM field has no others."""
        text = text_of(value)
        spelled = self.table.get(text.casefold())
        if spelled is None and self.field.type is FieldType.ENUM:
            raise Unstorable(f"{text!r} is not a value of {self.field.name}")
        yield self.field.name, as_typed(value if spelled is None else spelled, self.field)

    def whole(self) -> StoredColumn:
        raise not_whole(SPELLED)

    def places(self) -> Iterator[tuple[str, Values]]:
        yield self.field.name, self

    def invert(self, make: Make, test: Test) -> Expr | None:
        """The value as the log source spells it; of several with one name on the platform, any."""
        if isinstance(test, Null | Compare):
            return make(test)
        literal = test.literal if isinstance(test, Pattern) and test.shape is Shape.EQUALS else None
        literal = str(test.value) if isinstance(test, Number) else literal
        if literal is None:
            return None
        olds = [old for old, new in self.table.items() if str(new).casefold() == literal.casefold()]
        if not olds:
            return make(test)
        found = tuple(make(Pattern.of(old)) for old in olds)
        return found[0] if len(found) == 1 else Or(found)


@record
class Cases(Form):
    """A field with few values, each told on the platform by conditions on other fields; keys are case-folded."""

    table: Mapping[str, Conditions]

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Cases:
        """`cases: {A: {field: value, ...}}`."""
        table: dict[str, Conditions] = {}
        for _, case, body in reader.pairs(node):
            table[case.casefold()] = tuple(
                condition(reader, value, parse_field(reader, key_node, key), reader.values(value))
                for key_node, key, value in reader.pairs(body)
            )
        return cls(MappingProxyType(table))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """The conditions of every value that passes the test."""
        match test:
            case Pattern() if test.cased:
                raise Unsupported(
                    codes.MAP004, why="the platform tells its values by other fields, and the test minds their case"
                )
            case Pattern() | Number() | Boolean():
                found = tuple(all_of(conditions) for value, conditions in self.table.items() if holds(test, value))
                if found:
                    return Or(found)
                raise Unsupported(codes.MAP006, value=_plain(test) or "the pattern", known=", ".join(self.table))
            case _:
                raise Unsupported(codes.MAP004, why="the platform tells its values by other fields")

    def empty(self, value: Any) -> Iterator[tuple[str, Any]]:
        if value is not None:
            raise Unstorable("an empty value is none of those that the platform tells apart")
        return iter(())

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        text = text_of(value)
        if text.casefold() not in self.table:
            raise Unstorable(f"{text!r} is none of {', '.join(self.table)}")
        yield from constants(self.table[text.casefold()], {})

    def whole(self) -> StoredColumn:
        raise not_whole(SPELLED)

    def places(self) -> Iterator[tuple[str, Cases]]:
        for conditions in self.table.values():
            if len(conditions) == 1:
                yield conditions[0].field.name, self

    def invert(self, make: Make, test: Test) -> Expr | None:
        """The case of which the test is the one condition."""
        if not isinstance(test, Pattern | Number | Boolean) or (wanted := _plain(test)) is None:
            return None
        told = {
            case: str(conditions[0].values[0]).casefold()
            for case, conditions in self.table.items()
            if len(conditions) == 1 and len(conditions[0].values) == 1 and not conditions[0].more
        }
        found = [case for case, value in told.items() if value == wanted.casefold()]
        return make(Pattern.of(found[0])) if len(found) == 1 else None


def _plain(test: Pattern | Number | Boolean) -> str | None:
    """The one value that passes the test; None if there are several."""
    match test:
        case Pattern():
            return test.literal if test.shape is Shape.EQUALS else None
        case Number(number):
            return str(number)
        case Boolean(truth):
            return "true" if truth else "false"


def _is_any_value(test: Test) -> bool:
    return isinstance(test, Pattern) and test.shape is Shape.PRESENT
