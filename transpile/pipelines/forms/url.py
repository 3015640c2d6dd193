"""Parts of a URL where the platform keeps only the URL: what a test of a part says about it, and the URL of an event.

A URL is `path`, or `path?query`, with or without scheme and host before the path. A path has no question mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from transpile.ir.expr import FALSE, Expr, Match, Not, Or
from transpile.ir.match import ANY, Case, Field, Null, Number, Part, Pattern, Regex, Shape, Test
from transpile.pipelines import codes
from transpile.pipelines.columns import StoredColumn
from transpile.pipelines.forms.base import PART, Form, Make, not_whole
from transpile.pipelines.forms.reading import parts_of, read_field
from transpile.pipelines.leaf import Unsupported, on_field
from transpile.record import record

if TYPE_CHECKING:
    from transpile.pipelines.document import ModelReader, Node


class Piece(Enum):
    """A part of a URL. The path is all before the query: for URLs without scheme and host, as web servers log them."""

    PATH = "path"
    QUERY = "query"
    EXTENSION = "extension"


@record
class UrlPart(Form):
    """A part of a URL that the platform keeps only as a whole."""

    url: Field
    piece: Piece

    @classmethod
    def read(cls, reader: ModelReader, node: Node) -> UrlPart:
        """`url: {in: field, part: query}`."""
        field, part = parts_of(reader, node, "in", "part")
        pieces = {piece.value: piece for piece in Piece}
        if reader.text(part) not in pieces:
            reader.fail(part, f"a part of a URL is one of {', '.join(pieces)}")
        return cls(read_field(reader, field), pieces[reader.text(part)])

    def rewrite(self, test: Test, leaf: Match) -> Expr:
        """The test on the URL, for plain values and wildcards alone."""
        match test:
            case Number(number):
                test = Pattern.of(str(number))
            case Pattern(()):
                raise Unsupported(codes.MAP004, why="an empty one leaves no trace in the URL")
            case Pattern() | Null():
                pass
            case _:
                raise Unsupported(
                    codes.MAP004, why="the platform keeps the whole URL, and this test cannot be kept to a part of it"
                )
        match self.piece:
            case Piece.QUERY:
                said = _query(test)
            case Piece.PATH:
                said = _path(test)
            case Piece.EXTENSION:
                said = _extension(test)
        if isinstance(test, Null):
            return Not(Or(tuple(on_field(one, self.url, leaf) for one in said)))
        return Or(tuple(on_field(one, self.url, leaf) for one in said)) if said else FALSE

    def store(self, value: Any) -> Iterator[tuple[str, Any]]:
        return iter(())  # `events` puts the parts of a URL together when all of them are known

    def whole(self) -> StoredColumn:
        raise not_whole(PART)

    def invert(self, make: Make, test: Test) -> Expr | None:
        """A piece of what follows a question mark, or what precedes the first one."""
        match test:
            case Pattern((first, "?", second, *rest), case) if (
                first is ANY and second is ANY and rest and self.piece is Piece.QUERY
            ):
                return make(Pattern.of(ANY, *rest, case=case))
            case Regex(pattern, case=case) if self.piece is Piece.PATH and (found := _IN_PATH_ALONE.match(pattern)):
                text = re.sub(r"\\(.)", r"\1", found["text"])
                return make(Pattern.of(ANY, text, ANY, case=case))
            case _:
                return None


_IN_PATH: Mapping[str, str] = MappingProxyType({"any_": "[^?]*", "one": "[^?]"})
_IN_QUERY: Mapping[str, str] = MappingProxyType({"any_": r"[\s\S]*", "one": r"[\s\S]"})
_IN_PATH_ALONE = re.compile(r"\^\[\^\?\]\*(?P<text>(?:[\w/%&=~ -]|\\[^\w])+)\Z")  # that the path contains a plain text
_END = r"(?:\?|\z)"  # of the path
_BEFORE_PATH = "(?:[^?/]*//)?[^?/]*"  # scheme and host, if they are there


def _query(test: Pattern | Null) -> tuple[Test, ...]:
    """What follows the first question mark; of `Null`, what must not be."""
    if isinstance(test, Null) or test.parts[0] is ANY:
        return (Pattern.of(ANY, "?", *((ANY,) if isinstance(test, Null) else test.parts), case=_case(test)),)
    return (_regex(r"^[^?]*\?", test, _IN_QUERY, r"\z"),)


def _path(test: Pattern | Null) -> tuple[Test, ...]:
    """What is before the first question mark; none can hold one."""
    if isinstance(test, Null) or test.shape is Shape.PRESENT:
        return (Regex("^[^?]"),)
    if "?" in test.literal:
        return ()
    match test.parts:
        case (str(),):
            return test, Pattern.of(*test.parts, "?", ANY, case=test.case)
        case (str(), last) if last is ANY:
            return (test,)
        case _:
            return (_regex("^", test, _IN_PATH, _END),)


def _extension(test: Pattern | Null) -> tuple[Test, ...]:
    """What follows the last dot of the path."""
    if isinstance(test, Null) or test.shape is not Shape.EQUALS or set(test.literal) & set("./\\?"):
        raise Unsupported(
            codes.MAP004, why="the platform keeps it as the end of the path, and can be asked for one value only"
        )
    return (_regex(rf"^{_BEFORE_PATH}/[^?]*\.", test, _IN_PATH, _END),)


def _regex(before: str, test: Pattern, wildcards: Mapping[str, str], end: str) -> Regex:
    """The pattern between two anchors; a wildcard at its end needs none."""
    parts: tuple[Part, ...] = test.parts
    if parts[-1] is ANY:
        parts, end = parts[:-1], ""
    return Regex(before + Pattern(parts).render(re.escape, **wildcards) + end, case=test.case)


def _case(test: Pattern | Null) -> Case:
    return test.case if isinstance(test, Pattern) else Case.UNICODE


def whole_url(pieces: Mapping[Piece, str]) -> str | None:
    """The URL that has these parts; None if there is none, or a part is not of its form."""
    path, query = pieces.get(Piece.PATH, ""), pieces.get(Piece.QUERY)
    extension = pieces.get(Piece.EXTENSION)
    if not path and extension is not None:
        path = f"/file.{extension}"
    if "" in pieces.values() or "?" in path or (extension is not None and _extension_of(path) != extension):
        return None
    return path if query is None else f"{path}?{query}"


def has_pieces(url: str, pieces: Mapping[Piece, str]) -> bool:
    """Whether a URL has these parts."""
    path, asked, query = url.partition("?")
    path = re.sub(f"^{_BEFORE_PATH}", "", path)
    there = {Piece.PATH: path, Piece.QUERY: query if asked else None, Piece.EXTENSION: _extension_of(path)}
    return all(there[piece] == value for piece, value in pieces.items())


def _extension_of(path: str) -> str | None:
    _, dot, extension = path.rpartition(".")
    return extension if dot and "/" in path and "/" not in extension else None
