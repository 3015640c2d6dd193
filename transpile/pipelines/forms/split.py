"""Values in two fields: a domain and a user, a registry key and a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Call,
    Exists,
    Field,
    FieldType,
    Function,
    Literal,
    Null,
    Number,
    Part,
    Pattern,
    Test,
)
from transpile.pipelines import codes
from transpile.pipelines.columns import StoredColumn
from transpile.pipelines.forms.affixes import Prefixed
from transpile.pipelines.forms.base import Form, not_whole
from transpile.pipelines.forms.paths import FileName
from transpile.pipelines.forms.reading import take
from transpile.pipelines.forms.rename import Rename
from transpile.pipelines.forms.storing import store
from transpile.pipelines.leaf import Unsupported
from transpile.pipelines.stored import Unstorable, text_of
from transpile.record import record

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node
    from transpile.pipelines.forms import How


@record
class Split(Form):
    """`head + at + tail` in two fields, parted at the last `at`.

    Unless `always`, a value without `at` is all tail. With `whole_head`, a value may also be kept whole in the head
    with nothing in the tail: a registry key of which no value is told.
    """

    head: How
    tail: How
    at: str = "\\"
    always: bool = False
    whole_head: bool = False

    @classmethod
    def read(cls, reader: ModelReader, node: Node, read_how: Callable[[ModelReader, Node], How]) -> Split:
        """`split: {head: how, tail: how, at: text, always: true, whole: true}`."""
        parts = reader.map(node, ("head", "tail", "at", "always", "whole"))
        head, tail = (read_how(reader, take(reader, node, parts, key)) for key in ("head", "tail"))
        at = reader.text(parts["at"]) if "at" in parts else "\\"
        always, whole = (key in parts and reader.text(parts[key]) == "true" for key in ("always", "whole"))
        return cls(head, tail, at, always, whole)

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """An alternative for each place where the pattern allows the last separator."""
        match test:
            case Null():
                return And((self.head.rewrite(test, leaf), self.tail.rewrite(test, leaf)))
            case Exists():
                return (self.head if self.whole_head else self.tail).rewrite(test, leaf)
            case Number(number):
                test = Pattern.of(str(number))
            case Pattern():
                pass
            case _:
                raise Unsupported(
                    codes.MAP004, why="it is kept in two fields, and only plain values and wildcards can be parted"
                )
        if test.parts == _ANYTHING:
            return (self.head if self.whole_head else self.tail).rewrite(_ANY_VALUE, leaf)
        alternatives: list[Expr] = []
        whole = self.whole_head
        for head, tail in _partings(test.parts, self.at):
            if whole and head == test.parts and tail == _ANYTHING:  # the head alone, with whatever tail or none
                alternatives.append(self.head.rewrite(test, leaf))
                whole = False
            else:
                alternatives.append(self._parted(test, head, tail, leaf))
        if not self.always and not any(isinstance(part, str) and self.at in part for part in test.parts):
            alternatives.append(And((self.head.rewrite(Null(), leaf), self.tail.rewrite(test, leaf))))
        if whole:
            alternatives.append(And((self.tail.rewrite(Null(), leaf), self.head.rewrite(test, leaf))))
        if not alternatives:
            raise Unsupported(codes.MAP004, why=f"its values always hold {self.at!r}, which this one lacks")
        return Or(tuple(alternatives))

    def _parted(self, test: Pattern, head: tuple[Part, ...], tail: tuple[Part, ...], leaf: Match) -> Expr:
        """The head has one part of the pattern, the tail the other."""
        sides = [(head, self.head), (tail, self.tail)]
        tests = [how.rewrite(Pattern.of(*side, case=test.case), leaf) for side, how in sides if side != _ANYTHING]
        if head == tail == _ANYTHING:
            tests.append(self.tail.rewrite(_ANY_VALUE, leaf))
        if self.whole_head and tail == _ANYTHING:
            tests.append(Not(self.tail.rewrite(Null(), leaf)))
        if not self.always and head == _ANYTHING:
            tests.insert(0, Not(self.head.rewrite(Null(), leaf)))
        return And(tuple(tests))

    def fields(self) -> tuple[Field, ...]:
        return (self.head if self.whole_head else self.tail).fields()

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        text = text_of(value)
        before, found, after = text.rpartition(self.at)
        if (self.always and not found) or (found and not (before and after)):
            raise Unstorable(f"{text!r} is not parted by {self.at!r}")
        if found:
            yield from store(before, self.head)
        yield from store(after, self.tail)

    def whole(self) -> StoredColumn:
        """Both columns joined, where every value is in just the two and each pair is one value."""
        match self.head, self.tail:
            case (Rename(head), Rename(tail)) if self.always and head.type is tail.type is FieldType.STRING:
                return StoredColumn(Call(Function.CONCAT, (head, Literal(self.at), tail)))
        raise not_whole("the platform keeps it in two columns, and not always in both")

    def places(self) -> Iterator[tuple[str, Prefixed | FileName]]:
        """The head is what is before the separator, the tail what is behind it."""
        for name, how in self.head.places():
            if isinstance(how, Rename):
                yield name, Prefixed(how.field, self.at)
        for name, how in self.tail.places():
            if isinstance(how, Rename):
                yield name, FileName(how.field, self.at)


_ANYTHING: tuple[Part, ...] = (ANY,)
_ANY_VALUE = Pattern(_ANYTHING)


def _partings(parts: tuple[Part, ...], at: str) -> Iterable[tuple[tuple[Part, ...], tuple[Part, ...]]]:
    """Each way in which a pattern may match `head + at + tail` where the tail holds no `at`."""
    for i in range(len(parts) - 1, -1, -1):
        part = parts[i]
        if isinstance(part, str):
            head, found, tail = part.rpartition(at)
            if found:
                yield _trim((*parts[:i], head)), _trim((tail, *parts[i + 1 :]))
                return
        elif part is ANY:
            yield parts[: i + 1], parts[i:]
        elif part is ONE and len(at) == 1:
            yield parts[:i], parts[i + 1 :]


def _trim(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple(part for part in parts if part != "")
