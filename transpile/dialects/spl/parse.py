"""SPL text to its tree: cuts the text into commands, and reads each in its own language.

A command that has no node of its own becomes a `Command` with its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from transpile.dialects.spl.parse_args import aggregations, arguments, flag, options_of_tstats, read_arguments
from transpile.dialects.spl.parse_args import word as name
from transpile.dialects.spl.parse_eval import parse_assignments, parse_condition
from transpile.dialects.spl.parse_search import parse_search, search_tokens
from transpile.dialects.spl.strings import unquote
from transpile.dialects.spl.tree import (
    AnyCommand,
    Branch,
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
from transpile.syntax.lexer import END, ParseError

# What may hide a pipe: strings, names, macros, comments, subsearches; and an escaped character outside of them.
_PIECE = re.compile(r"""```.*?```|"(?:[^"\\]|\\.)*"|(?<![\w'])'(?:[^'\\]|\\.)*'(?!\w)|`[^`]*`|\\.|[\[\]|]""", re.DOTALL)
_BLANKS = re.compile(r"(?:\s|```.*?```)*", re.DOTALL)
_WORD = re.compile(r"[\w:-]+")
_MACRO = re.compile(r"`([^`]+)`(?:\s|```.*?```)*", re.DOTALL)
_REGEX = re.compile(
    r'(?:(?P<field>[\w.]+|"(?:[^"\\]|\\.)*")\s*(?P<operator>!?=)\s*)?(?P<pattern>"(?:[^"\\]|\\.)*")', re.S
)
_MACRO_BEHIND = re.compile(
    r"(\s*(?:where|eval|regex)\b.*[\w\"')](?<!\bAND)(?<!\bOR)(?<!\bXOR)(?<!\bNOT)(?<!\bIN)(?<!\bLIKE))\s+(`[^`]+`)\s*",
    re.IGNORECASE | re.DOTALL,
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
    """The extents of the commands: what is between the pipes of the outermost level."""
    depth, begin = 0, start
    for piece in _PIECE.finditer(source.text, start, end):
        match piece.group():
            case "[":
                depth += 1
            case "]":
                depth -= 1
            case "|" if depth <= 0:
                yield from _apart(source, begin, piece.start())
                begin = piece.end()
            case _:
                pass
    yield from _apart(source, begin, end)


def _apart(source: Source, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A command's extent, and that of a macro behind its expression, whose text must begin with a pipe of its own."""
    found = _MACRO_BEHIND.fullmatch(source.text, start, end)
    if found is None:
        yield start, end
    else:
        yield found.span(1)
        yield found.span(2)


def _first(source: Source, start: int, end: int, depth: int) -> AnyCommand:
    """The first command of a pipeline that does not begin with a pipe: `search`, said or not."""
    word = _WORD.match(source.text, _skip(source, start, end), end)
    if word and word.group() == "search" and not source.text[word.end() :].lstrip().startswith("="):
        return _command(source, start, end, depth)
    if depth and word:  # a subsearch must name its first command
        return _command(source, start, end, depth)
    return Search(_search(source, start, end, depth), (_skip(source, start, end), end))


def _command(source: Source, start: int, end: int, depth: int) -> AnyCommand:
    start = _skip(source, start, end)
    while end > start and source.text[end - 1].isspace():
        end -= 1
    macro = _MACRO.fullmatch(source.text, start, end)
    if macro:
        return Macro(macro[1], (start, end))
    word = _WORD.match(source.text, start, end)
    if word is None:
        raise ParseError("expected a command", source.span(start, max(end, start + 1)))
    reader = _READERS.get(word.group().lower(), _other)
    command = reader(source, word.group(), _skip(source, word.end(), end), end, depth)
    return replace(command, place=(start, end))


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
    """`tstats OPTIONS AGGREGATIONS [from datamodel=NAME] [where EXPR] [by FIELDS]`; other forms are kept as text."""
    try:
        return _tstats(source, start, end, depth)
    except ParseError:
        return _generic(source, word, start, end, depth)


def _tstats(source: Source, start: int, end: int, depth: int) -> Tstats:
    marks = {
        token.text.lower(): token.start for token in reversed(search_tokens(source, start, end)) if token.kind == "word"
    }
    split = min((marks[name] for name in ("by", "groupby") if name in marks), default=end)
    condition = min(marks.get("where", split), split)
    tokens = arguments(source, start, condition)
    options = options_of_tstats(tokens)
    found = aggregations(tokens, "from")
    dataset = None
    if tokens.accept("from"):
        tokens.expect("datamodel")
        tokens.accept("=")
        dataset = name(tokens)
    tokens.expect_kind(END)
    where = _search(source, condition + len("where"), split, depth) if condition < split else None
    by, span = _by(source, split, end)
    return Tstats(options, found, dataset, where, by, span)


def _by(source: Source, start: int, end: int) -> tuple[tuple[str, ...], str | None]:
    """The fields of a BY clause, and its `span`."""
    tokens = arguments(source, start, end)
    tokens.accept("by", "groupby")
    fields: list[str] = []
    span = None
    while tokens.now.kind != END:
        option = flag(tokens)
        if option:
            span = option.value
        elif not tokens.accept(","):
            fields.append(name(tokens))
    return tuple(fields), span


def _read_branch(source: Source, word: str, start: int, end: int, depth: int) -> AnyCommand:
    """A command with searches in brackets after its other arguments; other forms are kept as text."""
    pieces = _brackets(source, start, end)
    begin = next(pieces, None)
    if begin is None:
        return _generic(source, word, start, end, depth)
    text, pipelines = " ".join(source.text[start : begin.start()].split()), []
    while begin is not None:
        nesting = 1
        closer = begin
        while nesting:
            found = next(pieces, None)
            if found is None:
                raise ParseError("expected ']'", source.span(begin.start(), begin.end()))
            nesting += 1 if found.group() == "[" else -1
            closer = found
        pipelines.append(_pipeline(source, begin.end(), closer.start(), depth + 1))
        begin = next(pieces, None)
        if source.text[closer.end() : begin.start() if begin else end].strip(" \t\r\n,"):
            return _generic(source, word, start, end, depth)
    return Branch(word.lower(), text, tuple(pipelines))


def _brackets(source: Source, start: int, end: int) -> Iterator[re.Match[str]]:
    """The square brackets between two offsets."""
    return (piece for piece in _PIECE.finditer(source.text, start, end) if piece.group() in "[]")


def _other(source: Source, word: str, start: int, end: int, depth: int) -> AnyCommand:
    return read_arguments(source, word, start, end) or _generic(source, word, start, end, depth)


def _generic(source: Source, word: str, start: int, end: int, depth: int) -> AnyCommand:
    return Command(word, source.text[start:end])


_READERS: Mapping[str, Callable[[Source, str, int, int, int], AnyCommand]] = MappingProxyType(
    {
        "search": _read_search,
        "where": _read_where,
        "eval": _read_eval,
        "regex": _read_regex,
        "tstats": _read_tstats,
        **dict.fromkeys(("join", "append", "appendcols", "appendpipe", "multisearch", "union"), _read_branch),
    }
)
