"""The condition of a rule: a two-valued boolean expression over one event.

Invariants
- Everything is immutable; a pass returns a new expression and shares what it did not change.
- A `Match` on a missing field is false, but for `Null`; so `Not(Match)` is true there.
- `And(())` is true and `Or(())` is false; after `passes.simplify` neither occurs, and no `And` holds an `And`,
  no `Or` an `Or`, no `Not` a `Not`.
"""

from __future__ import annotations

from typing import NoReturn

from transpile.ir.match import Field, Pattern, Regex, Test, Value
from transpile.record import record
from transpile.source import Span


@record
class And:
    """Every argument holds."""

    args: tuple[Expr, ...]


@record
class Or:
    """At least one argument holds."""

    args: tuple[Expr, ...]


@record
class Not:
    """The argument does not hold."""

    arg: Expr


@record
class Match:
    """The value, most often a field's, passes the test; of a list of values, at least one does.

    `operator` is how the author wrote it, for readers and catalogues (`contains`, `in`, `re` ...); it never
    changes the meaning, which is the test's alone.
    """

    value: Value
    test: Test
    operator: str = ""
    span: Span | None = None

    @property
    def field(self) -> Field:
        """The value, which must be a field: for rooms that see no others, as `ir.needs` makes sure."""
        value = self.value
        if isinstance(value, Field):
            return value
        raise TypeError(f"{value} is computed, and here only fields are expected")


@record
class Keyword:
    """Some value anywhere in the event contains the pattern, or the regex finds something in it.

    The pattern is not anchored: `Pattern.of("mimikatz")` is looked for inside of values.
    """

    test: Pattern | Regex
    span: Span | None = None


@record
class Constant:
    """Always true or always false."""

    value: bool


@record
class Opaque:
    """A predicate that was read but has no form here, with its text: catalogued and reported, never written."""

    text: str
    language: str
    span: Span | None = None


Expr = And | Or | Not | Match | Keyword | Constant | Opaque


def never_written(opaque: Opaque) -> NoReturn:
    """Raise `TypeError`: writers never see what has no form here, since `dialects.needs` refuses such rules before."""
    raise TypeError(f"no writer expects {opaque.text!r}")


TRUE, FALSE = Constant(True), Constant(False)
