"""Paths with some pieces spelled otherwise: the roots of the registry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from transpile.ir.expr import Expr, Match, Or
from transpile.ir.match import ANY, Exists, Null, Part, Pattern, Test
from transpile.pipelines import codes
from transpile.pipelines.columns import StoredColumn
from transpile.pipelines.forms.base import SPELLED, Make, OneField, not_whole
from transpile.pipelines.forms.reading import read_field, take
from transpile.pipelines.leaf import Unsupported, holds, on_field
from transpile.pipelines.stored import Unstorable, text_of
from transpile.record import record

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node

Table = tuple[tuple[str, tuple[str, ...]], ...]


@record
class Replace(OneField):
    """The same value with some pieces between backslashes spelled otherwise.

    Each piece has the spellings that the platform's sources use, the usual one first; one without any has no known
    spelling.
    """

    table: Table

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> Replace:
        """`replace: {in: field, HKLM: HKEY_LOCAL_MACHINE, HKU: [HKU, HKEY_USERS], HKCR: ""}`."""
        parts = reader.map(node)
        field = read_field(reader, take(reader, node, parts, "in"))
        return cls(field, tuple((old, tuple(filter(None, reader.values(new)))) for old, new in parts.items()))

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """Whole pieces are replaced, by each spelling that there is.

        A wildcard must take both spellings or neither, unless the platform has its own spelling too.
        """
        match test:
            case Null() | Exists():
                return on_field(test, self.field, leaf)
            case Pattern():
                pieces = _pieces(test.parts)
                spelled = product(*(_spellings(piece, self.table) for piece in pieces))
                ways = [on_field(Pattern.of(*_joined(one), case=test.case), self.field, leaf) for one in spelled]
                return ways[0] if len(ways) == 1 else Or(tuple(ways))
            case _:
                raise Unsupported(codes.MAP004, why="the platform spells some pieces of it otherwise")

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        text = text_of(value)
        spelled = {old.casefold(): new for old, new in self.table}
        pieces = [spelled.get(piece.casefold(), (piece,)) for piece in text.split("\\")]
        if not all(pieces):
            raise Unstorable(f"how the platform spells {text!r} is not known")
        yield self.field.name, "\\".join(new[0] for new in pieces)

    def whole(self) -> StoredColumn:
        raise not_whole(SPELLED)

    def places(self) -> Iterator[tuple[str, Replace]]:
        yield self.field.name, self

    def invert(self, make: Make, test: Test) -> Expr | None:
        """Each piece in the log source's spelling: `HKEY_LOCAL_MACHINE` is `HKLM`."""
        if not isinstance(test, Pattern):
            return make(test) if isinstance(test, Null) else None
        spelled = {new.casefold(): old for old, news in self.table for new in news}

        def piece(text: str) -> str:
            return "\\".join(spelled.get(one.casefold(), one) for one in text.split("\\"))

        parts = (piece(part) if isinstance(part, str) else part for part in test.parts)
        return make(Pattern.of(*parts, case=test.case))


def _pieces(parts: tuple[Part, ...]) -> list[list[Part]]:
    pieces: list[list[Part]] = [[]]
    for part in parts:
        if isinstance(part, str):
            first, *others = part.split("\\")
            if first:
                pieces[-1].append(first)
            pieces += [[other] if other else [] for other in others]
        else:
            pieces[-1].append(part)
    return pieces


def _joined(pieces: Iterable[list[Part]]) -> Iterable[Part]:
    for i, piece in enumerate(pieces):
        yield from ("\\", *piece) if i else piece


def _spellings(piece: list[Part], table: Table) -> list[list[Part]]:
    """The piece as the platform may spell it."""
    match piece:
        case [str(text)]:
            spelled = next((new for old, new in table if old.casefold() == text.casefold()), (text,))
            if not spelled:
                raise Unsupported(codes.MAP004, why=f"how the platform spells {text} is not known")
            return [[new] for new in spelled]
        case _:
            more: list[str] = [new for old, spelled in table for new in _cut_spellings(piece, old, spelled)]
            others: list[list[Part]] = [[new] for new in dict.fromkeys(more)]
            return [piece, *others]


def _cut_spellings(piece: list[Part], old: str, spelled: tuple[str, ...]) -> Iterable[str]:
    """The platform's spellings of a piece of text that a wildcard takes, but not they. Raises `Unsupported`."""
    for part in _wildcard_parts(piece):
        held = holds(Pattern(part), old)
        if not spelled and held and part != (ANY,):
            raise Unsupported(codes.MAP004, why=f"how the platform spells {old} is not known")
        for new in spelled:
            if held == holds(Pattern(part), new) or (not held and old in spelled):
                continue
            if old not in spelled or piece[0] is ANY or piece[-1] is ANY:
                raise Unsupported(codes.MAP004, why=f"the platform says {new!r} for {old!r}, which the wildcard cuts")
            yield new


def _wildcard_parts(piece: list[Part]) -> Iterable[tuple[Part, ...]]:
    """The piece, and what is on each side of a wildcard that may reach over its ends."""
    yield tuple(piece)
    for i, part in enumerate(piece):
        if part is ANY:
            yield tuple(piece[: i + 1])
            yield tuple(piece[i:])
