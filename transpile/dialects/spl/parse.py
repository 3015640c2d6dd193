"""SPL text to its tree: cuts the text into commands, and reads each in its own language.

A command that has no node of its own becomes a `Command` with its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from transpile.dialects.spl.parse_eval import parse_assignments, parse_condition
from transpile.dialects.spl.parse_search import parse_search, search_tokens
from transpile.dialects.spl.strings import unquote
from transpile.dialects.spl.tree import (
    AnyCommand,
    Command,
    Eval,
    Macro,
    Pipeline,
    Regex,
    Search,
    SearchExpr,
    Tstats,
    Where,
)
from transpile.source import Source
from transpile.syntax.lexer import ParseError

# What may hide a pipe: strings, macros, comments, subsearches; and an escaped character outside of them.
_PIECE = re.compile(r'```.*?```|"(?:[^"\\]|\\.)*"|`[^`]*`|\\.|[\[\]|]', re.DOTALL)
_BLANKS = re.compile(r"(?:\s|```.*?```)*", re.DOTALL)
_WORD = re.compile(r"[\w:-]+")
_MACRO = re.compile(r"`([^`]+)`(?:\s|```.*?```)*", re.DOTALL)
_REGEX = re.compile(
    r'(?:(?P<field>[\w.]+|"(?:[^"\\]|\\.)*")\s*(?P<operator>!?=)\s*)?(?P<pattern>"(?:[^"\\]|\\.)*")', re.S
)
_DEEPEST = 20  # subsearches within subsearches


def parse(source: Source) -> Pipeline:
    """The tree of a search. Raises `ParseError`."""
    return _pipeline(source, 0, len(source.text), 0)


def _pipeline(source: Source, start: int, end: int, depth: int) -> Pipeline:
    """The pipeline between two offsets; `depth` counts the subsearches around it."""
    if depth > _DEEPEST:
        raise ParseError(f"subsearches nested deeper than {_DEEPEST}", source.span(start, start + 1))
    pieces = list(_commands(source, start, end))
    first, *rest = pieces
    commands: list[AnyCommand] = []
    if source.text[slice(*first)].strip():
        commands.append(_first(source, *first, depth))
    commands += [_command(source, *piece, depth) for piece in rest]
    if not commands:
        raise ParseError("a search must say something", source.span(start, start + 1))
    return Pipeline(tuple(commands))


def _commands(source: Source, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The extents of the commands: what stands between the pipes of the outermost level."""
    depth, begin = 0, start
    for piece in _PIECE.finditer(source.text, start, end):
        match piece.group():
            case "[":
                depth += 1
            case "]":
                depth -= 1
            case "|" if depth <= 0:
                yield begin, piece.start()
                begin = piece.end()
            case _:
                pass
    yield begin, end


def _first(source: Source, start: int, end: int, depth: int) -> AnyCommand:
    """The first command of a pipeline that does not begin with a pipe: `search`, said or not."""
    word = _WORD.match(source.text, _skip(source, start, end), end)
    if word and word.group() == "search" and not source.text[word.end() :].lstrip().startswith("="):
        return _command(source, start, end, depth)
    if depth and word:  # a subsearch must name its first command
        return _command(source, start, end, depth)
    return Search(_search(source, start, end, depth))


def _command(source: Source, start: int, end: int, depth: int) -> AnyCommand:
    start = _skip(source, start, end)
    while end > start and source.text[end - 1].isspace():
        end -= 1
    macro = _MACRO.fullmatch(source.text, start, end)
    if macro:
        return Macro(macro[1])
    word = _WORD.match(source.text, start, end)
    if word is None:
        raise ParseError("expected a command", source.span(start, max(end, start + 1)))
    reader = _READERS.get(word.group().lower(), _generic)
    return reader(source, word.group(), _skip(source, word.end(), end), end, depth)


def _skip(source: Source, start: int, end: int) -> int:
    """The offset of the first character that is neither blank nor comment."""
    found = _BLANKS.match(source.text, start, end)
    return found.end() if found else start


def _search(source: Source, start: int, end: int, depth: int) -> SearchExpr:
    return parse_search(source, start, end, lambda begin, stop: _pipeline(source, begin, stop, depth + 1))


def _read_search(source: Source, word: str, start: int, end: int, depth: int) -> AnyCommand:
    return Search(_search(source, start, end, depth))


def _read_where(source: Source, word: str, start: int, end: int, depth: int) -> AnyCommand:
    return Where(parse_condition(source, start, end))


def _read_eval(source: Source, word: str, start: int, end: int, depth: int) -> AnyCommand:
    return Eval(parse_assignments(source, start, end))


def _read_regex(source: Source, word: str, start: int, end: int, depth: int) -> AnyCommand:
    found = _REGEX.fullmatch(source.text, start, end)
    if found is None:
        return _generic(source, word, start, end, depth)
    field = unquote(found["field"]) if found["field"] else None
    return Regex(field, unquote(found["pattern"]), found["operator"] == "!=")


def _read_tstats(source: Source, word: str, start: int, end: int, depth: int) -> AnyCommand:
    """`tstats HEAD from datamodel=NAME [where EXPR] [by WORDS]`; other forms are kept as text."""
    tokens = search_tokens(source, start, end)
    marks = {token.text.lower(): token for token in reversed(tokens) if token.kind == "word"}
    origin = marks.get("from")
    if origin is None:
        return _generic(source, word, start, end, depth)
    after = [token for token in tokens if token.start > origin.start]
    if len(after) < 2 or after[0].text.lower() != "datamodel":
        return _generic(source, word, start, end, depth)
    name = after[2] if after[1].text == "=" else after[1]
    split = next((t for t in tokens if t.kind == "word" and t.text.lower() in ("by", "groupby")), None)
    condition = next((t for t in after if t.kind == "word" and t.text.lower() == "where"), None)
    stop = split.start if split else end
    where = _search(source, condition.end, stop, depth) if condition and condition.start < stop else None
    if condition is None and source.text[name.end : stop].strip():
        return _generic(source, word, start, end, depth)
    by = _by_words(source, split.end, end) if split else ()
    return Tstats(" ".join(source.text[start : origin.start].split()), unquote(name.text), where, by)


def _by_words(source: Source, start: int, end: int) -> tuple[str, ...]:
    """Fields and options (`span=1h`) of a BY clause."""
    text = re.sub(r"\s*=\s*", "=", source.text[start:end])
    return tuple(re.findall(r'"(?:[^"\\]|\\.)*"|[^\s,]+', text))


def _generic(source: Source, word: str, start: int, end: int, depth: int) -> AnyCommand:
    return Command(word, source.text[start:end])


_READERS: Mapping[str, Callable[[Source, str, int, int, int], AnyCommand]] = MappingProxyType(
    {
        "search": _read_search,
        "where": _read_where,
        "eval": _read_eval,
        "regex": _read_regex,
        "tstats": _read_tstats,
    }
)
