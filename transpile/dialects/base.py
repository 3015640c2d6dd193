"""What a dialect is: a record of functions and facts. Its folder exports one as `DIALECT`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from importlib import import_module
from types import MappingProxyType
from typing import Any, NamedTuple

from transpile.codes import Code, Direction
from transpile.diagnostics import Diagnostic, Report
from transpile.ir.match import Case, Function
from transpile.ir.rule import NamedPart, Rule
from transpile.ir.stream import Events, Stream
from transpile.ir.timed import Row as Row
from transpile.ir.timed import Timed as Timed
from transpile.record import record
from transpile.source import Source, Span

Event = Mapping[str, Any]
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@record
class Left:
    """A piece of a source text that is not in the rule: its text and place, what leaving it out does, and why."""

    text: str
    span: Span | None
    effect: Direction  # EXACT: nothing, such as presentation
    code: Code

    def to_dict(self) -> dict[str, Any]:
        """The piece as JSON-ready values."""
        return {
            "text": self.text,
            "line": self.span.line if self.span else None,
            "column": self.span.column if self.span else None,
            "effect": "none" if self.effect is Direction.EXACT else self.effect.value,
            "code": self.code.id,
        }


class RuleOrigin(NamedTuple):
    """Where a rule of a query language came from: its language, its file's format, and its number in it, from 1."""

    language: str
    format: str
    item: int


@record
class Reading:
    """What a reader made of one rule of a text: the rule, or None with the reasons; and how to name it to a user."""

    rule: Rule | None
    diagnostics: tuple[Diagnostic, ...] = ()
    id: str | None = None
    title: str | None = None
    left: tuple[Left, ...] = ()
    origin: RuleOrigin | None = None
    number: int = 1  # among the rules of its text


@record
class Lifted:
    """What a query means, without what its file says of it: the stream, its named pieces, and what was left out.

    An approximation among the diagnostics (`Report.approximate`) makes every query that is written from the rule
    approximate; a refusal means that there is no rule.
    """

    body: Stream | None
    parts: tuple[NamedPart, ...] = ()
    left: tuple[Left, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    fields: tuple[str, ...] = ()  # the columns that the query shows
    lookback: int | None = None  # seconds


@record(eq=False)
class Library:
    """Texts that rules of other texts depend on: by `Dialect.collect`. One object serves a whole run."""

    sources: tuple[Source, ...]


@record
class ReadOptions:
    """How to read rules.

    - `values`: what Sigma's `expand` puts in the place of `%name%`: Sigma strings, wildcards and all, or numbers.
    - `pipelines`: pySigma pipelines to put each rule through, by priority: pipelines as such, names of installed ones,
      and paths of YAML files in pySigma's format.
    - `macros`: definitions by name, with the number of arguments as Splunk writes it: `name(1)`.
    - `lookups`: tables by name: rows of column to value.
    - `library`: texts besides the one that is read, for references across files.
    """

    values: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    pipelines: tuple[Any, ...] = ()
    macros: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    lookups: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=lambda: _NOTHING)
    library: Library | None = None


@record
class Capabilities:
    """What a language can express at all. The house refuses everything else with one shared code (`dialects.needs`).

    Whether a particular stage or function is exact, its writer says.
    """

    stages: frozenset[type] = frozenset({Events})
    functions: frozenset[Function] = frozenset()


@record
class DataSet:
    """How a language stores the events of one data set, for `verify`.

    - `store(event)`: an event with the data model's columns as the platform holds it; None if it cannot.
    - `category`: the column, and the value in it, by which every query on the data set tells its events; None if
      there is none beside the data model's own conditions.
    """

    store: Callable[[Event], Event | None] = lambda event: event
    category: tuple[str, str] | None = None


@record
class Result:
    """The columns of a query's rows that say what an alert is of: times are in the platform's own form."""

    group: tuple[str, ...]  # in the order of the rule's group-by
    value: str | None  # the measure that was compared, if there is one
    first: str | None
    last: str | None
    either: tuple[tuple[str, ...], ...] = ()  # neighbours in `group` that hold one field, in one of them in each row

    def to_dict(self) -> dict[str, Any]:
        """The columns as JSON-ready values."""
        return {"group": list(self.group), "value": self.value, "first": self.first, "last": self.last}


@record
class QueryCost:
    """What of a query no index serves: patterns that begin with any text, regular expressions, and scans.

    A scan is a search that nothing narrows before its tests, or a test of a value that is computed for each event. Each
    language's `cost.py` says which of its nodes are what.
    """

    leading: int = 0
    regexes: int = 0
    scans: int = 0


@record
class Dialect:
    """A language: facts about it, and the functions that go between text, its native tree and IR.

    A dialect's folder is imported only when the dialect is used, and of it what reads and runs queries only when that
    is first done (`later`).

    - `lower(rule, report)`: the native tree that means the rule (after `run_passes`). What cannot be expressed exactly
      goes to the report; the tree is then discarded unless the report holds approximations only and they are allowed.
      It never raises for any rule within `can`.
    - `print(tree)`: text. It never fails, and knows nothing of IR.
    - `parse(source)`: the tree of a text; raises `transpile.syntax.lexer.ParseError`. `parse(print(tree)) == tree`.
    - `lift(tree, source, options)`: what the tree means, in IR. It never raises.
    - `expand(source, macros)`: a text with the macros that it calls put in.
    - `read(source, options)`: the rules of a whole text, for a language whose texts hold more than one query.
      Otherwise a text is one query, read by `parse` and `lift`.
    - `collect(sources)`: of all texts of a run, those that rules of the others depend on; None for a language whose
      rules stand alone.
    - `run(tree, events)`: the positions (from 0) of the events that the query returns, by the language's own
      documented meaning. Raises `transpile.evaluate.Unproven` where that is not documented.
    - `rows(tree, events)`: the rows that the query returns over events that have a time, in any order; for rules that
      relate several events. Raises `Unproven` likewise.
    - `result(rule)`: which columns of the rows that `lower` makes of such a rule say what an alert is of.
    - `data_set(name)`: how the events of a data model's data set are stored.
    - `cost(tree)`: what of a query no index serves.
    - `begins`: a pattern; a text that begins with it, after comments, is surely of this language.
    - `highlight(text)`: the text in pieces, each with its kind (`transpile.syntax.highlight.Kind`).
    """

    name: str  # "spl"
    title: str  # "Splunk SPL"
    extensions: tuple[str, ...]  # (".spl",); the first is that of output files
    print: Callable[[Any], str]
    parse: Callable[[Source], Any]
    lower: Callable[[Rule, Report], Any] | None = None
    run: Callable[[Any, Iterable[Event]], Iterator[int]] | None = None
    lift: Callable[[Any, Source, ReadOptions], Lifted] | None = None
    expand: Callable[[Source, Mapping[str, str]], Source] | None = None
    read: Callable[[Source, ReadOptions], list[Reading]] | None = None
    collect: Callable[[Iterable[Source]], Library | None] | None = None
    rows: Callable[[Any, Sequence[Timed]], list[Row]] | None = None
    result: Callable[[Rule], Result] | None = None
    can: Capabilities = Capabilities()
    case: Case = Case.UNICODE  # what its case-insensitive operators take for the same
    default_model: str = "none"  # the data model used when none is named
    aliases: tuple[str, ...] = ()
    links: tuple[str, ...] = ()  # its reference pages
    data_set: Callable[[str], DataSet] = lambda name: DataSet()
    highlight: Callable[[str], Iterable[tuple[str, str]]] | None = None
    cost: Callable[[Any], QueryCost] | None = None
    queries: Callable[[Source], Sequence[Source]] = lambda source: (source,)  # the queries of a text that holds several
    by_default: bool = True  # written when no language is named
    comment: tuple[str, str] | None = None  # what opens and closes a comment of one line; None without comments
    parting: str = ""  # what is between the documents of one file
    begins: str = ""  # empty where no beginning is sure
    backends: tuple[str, ...] = ()  # names of the pySigma backend that writes it, that of its plugin first
    kept_in: str = ""  # the field that says where an event is kept, of which rules say nothing
    holds_rules: bool = False  # its files hold named rules, several to a file, rather than one query

    @property
    def extension(self) -> str:
        """The extension of files that are written, with its dot."""
        return self.extensions[0]


def later(module: str, name: str) -> Callable[..., Any]:
    """The function `name` of a module that is imported when the function is first called.

    >>> later("json", "dumps")([1])
    '[1]'
    """

    def call(*arguments: Any) -> Any:
        return getattr(import_module(module), name)(*arguments)

    return call
