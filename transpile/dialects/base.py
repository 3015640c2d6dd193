"""What a dialect is: a record of functions. Its folder exports one as `DIALECT`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from transpile.diagnostics import Diagnostic, Report
from transpile.ir.rule import Rule
from transpile.source import Source


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of one rule of a text: the rule, or None with the reasons; and how to name it to a user."""

    rule: Rule | None
    diagnostics: tuple[Diagnostic, ...] = ()
    id: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """A language: the functions that go between text, its native tree and IR.

    A dialect's folder is imported only when the dialect is used, and of it what reads and runs queries only when that
    is first done (`later`).

    - `lower(rule, report)`: the native tree that means the rule (after `run_passes`). What cannot be said exactly
      goes to the report; the tree is then discarded unless the report holds approximations only and they are allowed.
      It never raises for any rule that the IR can hold.
    - `print(tree)`: text. It never fails, and knows nothing of IR.
    - `parse(source)`: the tree of a text; raises `transpile.syntax.lexer.ParseError`. `parse(print(tree)) == tree`.
    - `lift(tree, source)`: IR rules, where the language can be read back.
    - `run(tree, events)`: the positions (from 0) of the events that the query returns, by the language's own
      documented meaning. Raises `transpile.evaluate.Unproven` where that is not documented.
    """

    name: str  # "spl"
    title: str  # "Splunk SPL"
    extension: str  # ".spl", of output files
    default_model: str  # the data model used when none is named
    lower: Callable[[Rule, Report], Any]
    print: Callable[[Any], str]
    parse: Callable[[Source], Any]
    run: Callable[[Any, Iterable[Mapping[str, Any]]], Iterator[int]] | None = None


def later(module: str, name: str) -> Callable[..., Any]:
    """The function `name` of a module that is imported when the function is first called.

    >>> later("json", "dumps")([1])
    '[1]'
    """

    def call(*arguments: Any) -> Any:
        return getattr(import_module(module), name)(*arguments)

    return call
