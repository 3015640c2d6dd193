"""What every way of storing a field can do, where it needs nothing of its own.

Five questions are asked of a form, and each form answers them side by side in its own file:

- `read`: how a field table writes it (docs/pipelines.md lists them all);
- `rewrite(test, leaf)`: the rule's half: the same test on the platform's own fields, exactly. `leaf` gives its operator
  and place. Raises `Unsupported` where the fields cannot express it, `Approximate` where they express something wider
  or narrower;
- `store(value)`: the event's half: the columns that hold one value, which is neither empty nor a list, and what each
  holds. Raises `Unstorable` for a value that the platform cannot hold. `empty(value)` is the same for an empty one;
- `whole()`: the column that holds each value as the rule's events have it, for what rules on many events group by, join
  on and count. Raises `Unsupported` where there is none;
- `places()` and `invert(make, test)`: the way back: the platform's fields that a query may name, each with the form by
  which a test of it is read, and the test of the Sigma field that such a test comes to.

`rewrite` and `store` are written apart and tested against each other: a mistake that both shared would not show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from transpile.ir.expr import Expr, Match
from transpile.ir.match import Field, FieldType, Test
from transpile.pipelines import codes
from transpile.pipelines.leaf import Unsupported
from transpile.pipelines.stored import Unstorable
from transpile.record import record

if TYPE_CHECKING:
    from transpile.pipelines.forms import How

Make = Callable[[Test], Match]


class Form:
    """What a form answers unless it says otherwise: nothing of it is read back."""

    __slots__ = ()

    def fields(self) -> tuple[Field, ...]:
        """The columns that are empty when the value is."""
        return ()

    def empty(self, value: Any) -> Iterator[tuple[str, Any]]:
        """The columns of a value that is None, `""` or an empty list."""
        for field in self.fields():
            if value == "" and field.type in _NEVER_EMPTY:
                raise Unstorable(f"{field.name} holds no empty text")
            yield field.name, value

    def places(self) -> Iterator[tuple[str, How]]:
        """The platform's fields that a query may name, each with the form by which its tests are read back."""
        return iter(())

    def invert(self, make: Make, test: Test) -> Expr | None:
        """The test of the Sigma field that a test of the platform's comes to; None where it has no exact form."""
        return None


@record
class OneField(Form):
    """A form that keeps the whole value in one field."""

    field: Field

    def fields(self) -> tuple[Field, ...]:
        return (self.field,)


_NEVER_EMPTY = frozenset({FieldType.NUMBER, FieldType.BOOLEAN, FieldType.TIME, FieldType.IP})


# Why no column holds each value as the rule's events have it.
SPELLED = "the platform spells its values otherwise"
AROUND = "the platform keeps it with another text around it"
PART = "the platform keeps it as a part of another value, or in parts"


def not_whole(why: str) -> Unsupported:
    """The exception of a form of which no column holds the whole value."""
    return Unsupported(codes.MAP011, why=why)
