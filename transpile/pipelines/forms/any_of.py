"""Values in one of several places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from transpile.ir.expr import And, Expr, Keyword, Match, Or
from transpile.ir.match import Call, Cidr, Compare, Field, FieldType, Function, Null, Number, Pattern, Shape, Test
from transpile.ir.walk import replace_leaves
from transpile.pipelines import codes
from transpile.pipelines.columns import StoredColumn
from transpile.pipelines.forms.base import Form, not_whole
from transpile.pipelines.forms.rename import Rename
from transpile.pipelines.forms.storing import store
from transpile.pipelines.leaf import Unsupported
from transpile.pipelines.stored import Unstorable
from transpile.record import record, replace

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node
    from transpile.pipelines.forms import How


@record
class AnyOf(Form):
    """The value is in one of several places; with `first`, in the first of them whose type can hold it."""

    options: tuple[How, ...]
    first: bool = False

    @classmethod
    def read(
        cls, reader: ModelReader, node: Node, read_how: Callable[[ModelReader, Node], How], *, first: bool = False
    ) -> AnyOf:
        """`any: [how, how]` or `first: [how, how]`."""
        return cls(tuple(read_how(reader, item) for item in reader.items(node)), first)

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """The test on each place but those that can never hold the value."""
        parts = []
        refused: Unsupported | None = None
        for option in self.options:
            typed = isinstance(option, Rename) and option.field.type in (FieldType.IP, FieldType.NUMBER)
            try:
                parts.append(option.rewrite(test, leaf))
            except Unsupported as unsupported:
                if unsupported.code != codes.MAP005:
                    raise
                refused = unsupported
            else:
                if self.first and typed and _is_one_value(test):
                    break
        if refused is not None and not parts:
            raise refused
        if len(parts) > 1:
            parts = [replace_leaves(part, _optional) for part in parts]
        return And(tuple(parts)) if isinstance(test, Null) else Or(tuple(parts))

    def fields(self) -> tuple[Field, ...]:
        return self.options[0].fields()

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        """The value in the first place that can hold it."""
        for option in self.options[:-1]:
            try:
                return iter(list(store(value, option)))
            except Unstorable:
                continue
        return store(value, self.options[-1])

    def whole(self) -> StoredColumn:
        fields = [option.field for option in self.options if isinstance(option, Rename)]
        if len(fields) < len(self.options):
            raise not_whole("the platform keeps it in one of several columns, in different shapes")
        distinct = tuple(dict.fromkeys(fields))
        return StoredColumn(distinct[0] if len(distinct) == 1 else Call(Function.COALESCE, distinct, self.first))

    def places(self) -> Iterator[tuple[str, How]]:
        for option in self.options:
            yield from option.places()


def _optional(leaf: Match | Keyword) -> Expr:
    if isinstance(leaf, Match) and isinstance(leaf.value, Field):
        return replace(leaf, value=replace(leaf.value, optional=True))
    return leaf


def _is_one_value(test: Test) -> bool:
    """Whether only values of a place's own type can pass the test."""
    return isinstance(test, Number | Compare | Cidr) or (isinstance(test, Pattern) and test.shape is Shape.EQUALS)
