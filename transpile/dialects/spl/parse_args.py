"""The arguments of commands: options (`span=5m`), fields, aggregations (`dc(user) AS users`), pairs (`a AS b`).

Each reader gives the command's node, or None where it does not know the form; the command then stays text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from transpile.dialects.spl.parse_eval import parse_condition
from transpile.dialects.spl.strings import unquote, unquote_eval
from transpile.dialects.spl.tree import (
    Aggregation,
    AnyCommand,
    EvalExpr,
    Fields,
    Flag,
    Lookup,
    Macro,
    Plain,
    Rename,
    Rex,
    Stats,
)
from transpile.source import Source
from transpile.syntax.lexer import END, SKIP, Lexer, ParseError, Token, Tokens

_LEXER = Lexer(
    [
        (SKIP, r"(?:\s|```.*?```)+"),
        ("string", r'"(?:[^"\\]|\\.)*"'),
        ("name", r"'(?:[^'\\]|\\.)*'"),
        ("macro", r"`[^`]*`"),
        ("mark", r"[(),\[\]=|]"),
        ("word", r"""(?:[^\s"`(),\[\]=|'\\]|\\.|(?<=\w)')+"""),
        ("other", r"."),
    ],
    re.DOTALL,
)
# fmt: off
FUNCTIONS = frozenset(
    (
        "avg", "c", "count", "dc", "distinct_count", "earliest", "earliest_time", "estdc", "estdc_error", "first",
        "last", "latest", "latest_time", "list", "max", "mean", "median", "min", "mode", "per_day", "per_hour",
        "per_minute", "per_second", "range", "rate", "sparkline", "stdev", "stdevp", "sum", "sumsq", "values", "var",
        "varp",
    )
)
# fmt: on
_PERCENTILE = re.compile(r"(?:exactperc|upperperc|perc|p)\d+(?:\.\d+)?")


def arguments(source: Source, start: int, end: int) -> Tokens:
    """The words of a command's arguments."""
    return Tokens(source, _LEXER.tokens(source, start, end))


def is_aggregate(name: str) -> bool:
    """Whether a word names a function of `stats`."""
    return name.lower() in FUNCTIONS or _PERCENTILE.fullmatch(name.lower()) is not None


def word(tokens: Tokens) -> str:
    """A field or another word, in quotes or not. Raises `ParseError`."""
    token = tokens.take()
    match token.kind:
        case "string":
            return unquote(token.text)
        case "name":
            return unquote_eval(token.text)
        case "word":
            return unquote(token.text)
        case _:
            return tokens.fail(f"expected a field, found {token.text!r} before").text


def words(tokens: Tokens, *stops: str) -> tuple[str, ...]:
    """Fields, with commas or blanks between, up to the end or one of `stops`."""
    found = []
    while tokens.now.kind != END and not (tokens.now.kind == "word" and tokens.at(*stops)):
        if not tokens.accept(","):
            found.append(word(tokens))
    return tuple(found)


def flag(tokens: Tokens) -> Flag | None:
    """`name=value` at the cursor, if that is what is there."""
    if tokens.now.kind != "word" or tokens.ahead().text != "=":
        return None
    name = tokens.take().text
    tokens.take()
    value = tokens.take()
    if value.kind not in ("word", "string", "macro", "name"):
        tokens.fail(f"expected a value for {name}")
    return Flag(name, value.text)


def flags(tokens: Tokens) -> tuple[Flag, ...]:
    """The options at the cursor."""
    found = []
    while option := flag(tokens):
        found.append(option)
        tokens.accept(",")
    return tuple(found)


def alias(tokens: Tokens) -> str | None:
    """What is after AS, if that comes next; a bare name may end in brackets: `flags(inheritance)`."""
    if tokens.now.kind != "word" or not tokens.accept("as"):
        return None
    name = word(tokens)
    if tokens.at("(") and tokens.now.start == tokens.last.end:
        opener = tokens.now
        name += tokens.source.text[opener.start : _closing(tokens).end]
    return name


def aggregation(tokens: Tokens) -> Aggregation:
    """One aggregation with its alias. Raises `ParseError`."""
    start = tokens.now
    name = word(tokens).lower()
    if start.kind != "word" or not is_aggregate(name):
        tokens.fail(f"{name!r} is not an aggregation")
    argument = _argument(tokens) if tokens.at("(") else None
    renamed = alias(tokens)
    return Aggregation(name, argument, renamed, (start.start, tokens.now.start))


def _argument(tokens: Tokens) -> str | EvalExpr | None:
    opener = tokens.expect("(")
    if tokens.accept(")"):
        return None
    first = tokens.now
    if first.kind == "word" and first.text.lower() == "eval" and tokens.ahead().text == "(":
        tokens.take()
        inner = tokens.now
        closer = _closing(tokens)
        tokens.expect(")")
        return parse_condition(tokens.source, inner.end, closer.start)
    if tokens.ahead().text == ")":
        found = word(tokens)
        tokens.expect(")")
        return found
    while not tokens.at(")"):
        if tokens.take().kind == END:
            tokens.fail("expected ')'")
    return tokens.source.text[opener.end : tokens.take().start].strip()


def _closing(tokens: Tokens) -> Token:
    """The token that closes the bracket at the cursor, taken."""
    depth = 0
    while True:
        token = tokens.take()
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "mark" else 0
        if token.kind == END:
            tokens.fail("expected ')'")
        if depth == 0:
            return token


def aggregations(tokens: Tokens, *stops: str) -> tuple[Aggregation, ...]:
    """Aggregations, with commas or blanks between, up to the end or one of `stops`."""
    found = []
    while tokens.now.kind != END and not (tokens.now.kind == "word" and tokens.at(*stops)):
        if not tokens.accept(","):
            found.append(aggregation(tokens))
    return tuple(found)


def options_of_tstats(tokens: Tokens) -> tuple[Flag | Macro, ...]:
    """The options and macros before the aggregations of `tstats`."""
    found: list[Flag | Macro] = []
    while tokens.now.kind == "macro" or (tokens.now.kind == "word" and tokens.ahead().text == "="):
        if tokens.now.kind == "macro":
            found.append(Macro(tokens.take().text[1:-1]))
        elif option := flag(tokens):
            found.append(option)
        tokens.accept(",")
    return tuple(found)


# --- one reader for each form


def _stats(name: str, tokens: Tokens) -> AnyCommand:
    options = flags(tokens)
    found = aggregations(tokens, "by")
    by = words(tokens) if tokens.accept("by") else ()
    return Stats(name, options, found, by)


def _rename(name: str, tokens: Tokens) -> AnyCommand:
    pairs = []
    while tokens.now.kind != END:
        old = word(tokens)
        new = alias(tokens)
        if new is None:
            tokens.fail("expected AS")
        else:
            pairs.append((old, new))
        tokens.accept(",")
    return Rename(tuple(pairs))


def _fields(name: str, tokens: Tokens) -> AnyCommand:
    removed = tokens.accept("-") is not None
    if not removed:
        tokens.accept("+")
    return Fields(name, words(tokens), removed)


def _rex(name: str, tokens: Tokens) -> AnyCommand:
    options, pattern = list(flags(tokens)), tokens.now
    if pattern.kind != "string":
        tokens.fail("expected a regex in quotes")
    tokens.take()
    return Rex((*options, *flags(tokens)), unquote(pattern.text))


def _lookup(name: str, tokens: Tokens) -> AnyCommand:
    options = flags(tokens)
    table = word(tokens)
    inputs = _pairs(tokens)
    mode = tokens.accept("output", "outputnew")
    outputs = _pairs(tokens) if mode else ()
    return Lookup(options, table, inputs, mode.text.upper() if mode else None, outputs)


def _pairs(tokens: Tokens) -> tuple[tuple[str, str], ...]:
    found = []
    while tokens.now.kind != END and not (tokens.now.kind == "word" and tokens.at("output", "outputnew")):
        if tokens.accept(","):
            continue
        column = word(tokens)
        found.append((column, alias(tokens) or column))
    return tuple(found)


def _plain(name: str, tokens: Tokens) -> AnyCommand:
    options: list[Flag] = []
    found: list[str] = []
    while tokens.now.kind != END:
        if tokens.accept(","):
            continue
        option = flag(tokens)
        if option:
            options.append(option)
        elif tokens.now.kind == "word" or tokens.now.kind == "string":
            found.append(word(tokens))
        else:
            tokens.fail("expected a field or an option")
    return Plain(name, tuple(options), tuple(found))


# fmt: off
_PLAIN = frozenset(
    (
        "bin", "bucket", "sort", "dedup", "head", "tail", "reverse", "fillnull", "mvexpand", "makemv", "spath",
        "transaction", "inputlookup", "top", "rare",
    )
)
# fmt: on
_READERS: Mapping[str, Callable[[str, Tokens], AnyCommand]] = MappingProxyType(
    {
        **dict.fromkeys(("stats", "eventstats", "streamstats"), _stats),
        "rename": _rename,
        **dict.fromkeys(("table", "fields"), _fields),
        "rex": _rex,
        "lookup": _lookup,
        **dict.fromkeys(_PLAIN, _plain),
    }
)


def read_arguments(source: Source, name: str, start: int, end: int) -> AnyCommand | None:
    """The node of a command with its arguments between two offsets, or None if this is not one of the forms here."""
    reader = _READERS.get(name.lower())
    if reader is None:
        return None
    try:
        return reader(name.lower(), arguments(source, start, end))
    except ParseError:
        return None
