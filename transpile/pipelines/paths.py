"""Rewrites of paths, and of other texts of which the platform keeps a part, or a part otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product

from transpile.ir.expr import Expr, Match, Or
from transpile.ir.match import ANY, Exists, Field, Null, Part, Pattern, Regex, Shape, Test
from transpile.pipelines import codes
from transpile.pipelines.forms import FileName, PathAndName, Replace
from transpile.pipelines.leaf import Lossy, Unsaid, holds, on_field


def path_and_name(test: Test, how: PathAndName, leaf: Match) -> Expr:
    r"""A path that the platform keeps whole and by its file name: `\net.exe` at the end means a name equal to it.

    On Windows a name without a dot may be all there is (`System`), and so it is asked of the path.
    """
    tail = _last_piece(test, how.at) if isinstance(test, Pattern) else None
    if isinstance(test, Pattern) and tail is not None and (how.at != "\\" or "." in test.literal):
        return on_field(Pattern(tail, test.case), how.name, leaf)
    return on_field(test, how.path, leaf)


def file_name(test: Test, how: FileName, leaf: Match) -> Expr:
    r"""A path of which the platform keeps the file name: `\net.exe` at the end means a name equal to it."""
    match test:
        case Null() | Exists():
            return on_field(test, how.name, leaf)
        case Pattern():
            if test.shape is Shape.PRESENT:
                return on_field(test, how.name, leaf)
            if (tail := _last_piece(test, how.at)) is not None:
                return on_field(Pattern(tail, test.case), how.name, leaf)
            if test.shape is Shape.ENDS and how.at not in test.literal:
                return on_field(test, how.name, leaf)
            last = test.parts[-1] if test.parts else None
            if isinstance(last, str) and how.at in last:
                name = last.rpartition(how.at)[2]
                raise Lossy(on_field(Pattern.of(name, case=test.case), how.name, leaf), "only the file name is kept")
        case _:
            pass
    raise Unsaid(codes.MAP004, why="only the file name of the path is kept")


def _last_piece(test: Pattern, at: str) -> tuple[Part, ...] | None:
    r"""What must equal the file name, if the pattern asks for that alone: `*\net.exe`."""
    match test.parts:
        case (first, str(text)) if first is ANY and text.startswith(at) and text.count(at) == 1 and len(text) > len(at):
            return (text[len(at) :],)
        case _:
            return None


def prefixed(test: Test, field: Field, prefix: str, leaf: Match) -> Expr:
    """A value behind a piece of text: what is anchored at the value's start gets the piece before it."""
    match test:
        case Null() | Exists():
            return on_field(test, field, leaf)
        case Pattern() if (kept := _behind(test, prefix)) is not None:
            return on_field(kept, field, leaf)
        case _:
            raise Unsaid(codes.MAP004, why=f"the platform keeps it behind {prefix!r}, which this test could meet")


def ended(test: Test, field: Field, ending: str, leaf: Match) -> Expr:
    """A value before a piece of text, as in `prefixed`, back to front."""
    match test:
        case Null() | Exists():
            return on_field(test, field, leaf)
        case Pattern() if (kept := _behind(_turned(test), ending[::-1])) is not None:
            return on_field(_turned(kept), field, leaf)
        case _:
            raise Unsaid(codes.MAP004, why=f"the platform keeps it before {ending!r}, which this test could meet")


def _turned(pattern: Pattern) -> Pattern:
    """The pattern back to front."""
    parts = (part[::-1] if isinstance(part, str) else part for part in reversed(pattern.parts))
    return Pattern.of(*parts, case=pattern.case)


def _behind(test: Pattern, prefix: str) -> Pattern | None:
    """The pattern for values that stand behind a piece of text; None if it could meet that piece."""
    match test:
        case Pattern((str(first), *others), case):
            return Pattern.of(prefix, first, *others, case=case)
        case Pattern((first, str(second), *_)) if first is ANY and not _may_begin_in(second, prefix):
            return test
        case _:
            return test if test.shape is Shape.PRESENT else None


def _may_begin_in(text: str, prefix: str) -> bool:
    """Whether the text, with anything behind it, can begin somewhere in the prefix."""
    text, prefix = text.casefold(), prefix.casefold()
    return any(text.startswith(prefix[i:]) or prefix.startswith(text, i) for i in range(len(prefix)))


def behind(test: Test, field: Field, at: str, leaf: Match) -> Expr:
    """A value as it is or behind another piece of text: what is anchored at its start is asked for in both."""
    match test:
        case Pattern((str(first), *rest)):
            held = Pattern.of(ANY, at + first, *rest, case=test.case)
            return Or((on_field(test, field, leaf), on_field(held, field, leaf)))
        case Pattern() | Null() | Exists():
            return on_field(test, field, leaf)
        case _:
            raise Unsaid(codes.MAP004, why="the platform may keep it behind another text, which this test could meet")


def quoted(test: Test, field: Field, leaf: Match) -> Expr:
    """A value as it is or in single quotes."""
    match test:
        case Pattern(parts) if (
            parts and test.shape is not Shape.PRESENT and (parts[0] is not ANY or parts[-1] is not ANY)
        ):
            before, after = (("'" if part is not ANY else "") for part in (parts[0], parts[-1]))
            held = Pattern.of(before, *parts, after, case=test.case)
            return Or((on_field(test, field, leaf), on_field(held, field, leaf)))
        case Null() | Exists() | Pattern():
            return on_field(test, field, leaf)
        case _:
            raise Unsaid(codes.MAP004, why="the platform may keep it in quotes, which this test could meet")


def element(test: Test, field: Field, tag: str, leaf: Match) -> Expr:
    """A value between tags: what is anchored gets the tag before or behind it."""
    start, end = f"<{tag}>", f"</{tag}>"
    match test:
        case Pattern(parts) if test.shape in (Shape.EQUALS, Shape.CONTAINS, Shape.STARTS, Shape.ENDS) and parts:
            first = (ANY,) if parts[0] is ANY else (ANY, start)
            last = (ANY,) if parts[-1] is ANY else (end, ANY)
            return on_field(Pattern.of(*first, *parts, *last, case=test.case), field, leaf)
        case Pattern() if test.shape is Shape.PRESENT:
            return on_field(Pattern.of(ANY, start, ANY), field, leaf)
        case Pattern() if test.parts:
            sought = test.render(re.escape, any_="[^<]*", one="[^<]")
            regex = Regex(f"<{tag}>{sought}</{tag}>", case=test.case)
            return on_field(regex, field, leaf)
        case Regex():
            return inside(test, field, leaf)
        case _:
            raise Unsaid(codes.MAP004, why="the platform keeps it in a text of XML, where only a piece can be sought")


_LOOKS_OUTSIDE = re.compile(r"[\^$]|\\[AbBGZz]|\(\?[=!<]")  # what of a regex depends on what is around the value


def inside(test: Test, field: Field, leaf: Match) -> Expr:
    """A value somewhere in a longer text: what is asked of the value is looked for in all of it. Raises `Lossy`."""
    match test:
        case Pattern() if test.literal:
            sought: Test = Pattern.of(ANY, *test.parts, ANY, case=test.case)
        case Regex():
            sought = test
        case _:
            raise Unsaid(
                codes.MAP004, why="the platform keeps it in a longer text, where only a piece of text can be sought"
            )
    raise Lossy(on_field(sought, field, leaf), "the platform keeps it in a longer text, all of which is searched")


def extension(test: Test, path: Field, leaf: Match) -> Expr:
    """A file's extension, as the end of its path."""
    if isinstance(test, Pattern) and test.shape is Shape.EQUALS and test.parts and not set(test.literal) & set("./\\"):
        return on_field(Pattern.of(ANY, "." + test.literal, case=test.case), path, leaf)
    raise Unsaid(
        codes.MAP004, why="the platform keeps it as the end of the path, which can only be compared with one value"
    )


def replace(test: Test, how: Replace, leaf: Match) -> Expr:
    """Pieces of a path spelled otherwise: whole pieces are replaced, by each spelling that there is.

    A wildcard must take both spellings or neither, unless the platform has its own spelling too.
    """
    match test:
        case Null() | Exists():
            return on_field(test, how.field, leaf)
        case Pattern():
            pieces = _pieces(test.parts)
            spelled = product(*(_spellings(piece, how.table) for piece in pieces))
            ways = [on_field(Pattern.of(*_joined(one), case=test.case), how.field, leaf) for one in spelled]
            return ways[0] if len(ways) == 1 else Or(tuple(ways))
        case _:
            raise Unsaid(codes.MAP004, why="the platform spells some pieces of it otherwise")


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


def _spellings(piece: list[Part], table: tuple[tuple[str, tuple[str, ...]], ...]) -> list[list[Part]]:
    """The piece as the platform may spell it."""
    match piece:
        case [str(text)]:
            spelled = next((new for old, new in table if old.casefold() == text.casefold()), (text,))
            if not spelled:
                raise Unsaid(codes.MAP004, why=f"how the platform spells {text} is not known")
            return [[new] for new in spelled]
        case _:
            more: list[str] = [new for old, spelled in table for new in _cut_spellings(piece, old, spelled)]
            others: list[list[Part]] = [[new] for new in dict.fromkeys(more)]
            return [piece, *others]


def _cut_spellings(piece: list[Part], old: str, spelled: tuple[str, ...]) -> Iterable[str]:
    """The platform's spellings of a piece of text that a wildcard takes, but not they. Raises `Unsaid`."""
    for part in _wildcard_parts(piece):
        held = holds(Pattern(part), old)
        if not spelled and held and part != (ANY,):
            raise Unsaid(codes.MAP004, why=f"how the platform spells {old} is not known")
        for new in spelled:
            if held == holds(Pattern(part), new) or (not held and old in spelled):
                continue
            if old not in spelled or piece[0] is ANY or piece[-1] is ANY:
                raise Unsaid(codes.MAP004, why=f"the platform says {new!r} for {old!r}, which the wildcard cuts")
            yield new


def _wildcard_parts(piece: list[Part]) -> Iterable[tuple[Part, ...]]:
    """The piece, and what stands on each side of a wildcard that may reach over its ends."""
    yield tuple(piece)
    for i, part in enumerate(piece):
        if part is ANY:
            yield tuple(piece[: i + 1])
            yield tuple(piece[i:])
