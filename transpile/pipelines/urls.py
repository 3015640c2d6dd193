"""Parts of a URL where the platform keeps only the URL: what a test of a part says about it, and the URL of an event.

A URL is `path`, or `path?query`, with or without scheme and host before the path. A path has no question mark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from transpile.ir.expr import FALSE, Expr, Match, Not, Or
from transpile.ir.match import ANY, Case, Null, Number, Part, Pattern, Regex, Shape, Test
from transpile.pipelines import codes
from transpile.pipelines.forms import Piece, UrlPart
from transpile.pipelines.leaf import Unsaid, on_field

_IN_PATH: Mapping[str, str] = {"any_": "[^?]*", "one": "[^?]"}
_IN_QUERY: Mapping[str, str] = {"any_": r"[\s\S]*", "one": r"[\s\S]"}
_END = r"(?:\?|\z)"  # of the path
_BEFORE_PATH = "(?:[^?/]*//)?[^?/]*"  # scheme and host, if they are there


def url_part(test: Test, how: UrlPart, leaf: Match) -> Expr:
    """The test on the URL. Raises `Unsaid` for all but plain values and wildcards."""
    match test:
        case Number(number):
            test = Pattern.of(str(number))
        case Pattern(()):
            raise Unsaid(codes.MAP004, why="an empty one leaves no trace in the URL")
        case Pattern() | Null():
            pass
        case _:
            raise Unsaid(
                codes.MAP004, why="the platform keeps the whole URL, and this test cannot be kept to a part of it"
            )
    match how.piece:
        case Piece.QUERY:
            said = _query(test)
        case Piece.PATH:
            said = _path(test)
        case Piece.EXTENSION:
            said = _extension(test)
    if isinstance(test, Null):
        return Not(Or(tuple(on_field(one, how.url, leaf) for one in said)))
    return Or(tuple(on_field(one, how.url, leaf) for one in said)) if said else FALSE


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
        raise Unsaid(
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
