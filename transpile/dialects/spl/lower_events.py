"""A condition on single events as commands: as much as possible in the base search, the rest in `regex` and `where`.

The condition is cut into parts that must all hold. A part that the search language says exactly goes into the base
search. Any other becomes a command of its own, and the base search gets the least that the part implies, if that
narrows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import assert_never

from transpile.diagnostics import Report
from transpile.dialects.spl import codes
from transpile.dialects.spl.lower_search import EVERYTHING, every, search, widen
from transpile.dialects.spl.lower_where import Regexp, keyword_regexp, regexp, where
from transpile.dialects.spl.strings import RAW, quote_field
from transpile.dialects.spl.tree import AnyCommand, Search, SearchExpr, Where
from transpile.dialects.spl.tree import Regex as RegexCommand
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or, never_written
from transpile.ir.match import Exists, Field, Pattern, Regex, Shape

_ESCAPED = re.compile(r"""[\\"'<>&\x00-\x1f\x7f-\U0010ffff]""")  # what JSON or XML spells otherwise


def events_commands(condition: Expr, report: Report) -> tuple[AnyCommand, ...]:
    """The commands that find the events for which the condition holds; what SPL cannot say goes to the report."""
    remark(condition, report)
    base, hard = divide(condition, lambda part: False)
    if not base:
        base = [wide for part in hard if (wide := widen(part, presence=True)) is not None]
    return (Search(every(base) if base else EVERYTHING), *(filter_(part, report) for part in hard))


def divide(condition: Expr, unsafe: Callable[[Expr], bool]) -> tuple[list[SearchExpr], list[Expr]]:
    """What the base search says, and the parts that need commands of their own; nothing `unsafe` is in the base."""
    base: list[SearchExpr] = []
    hard: list[Expr] = []
    for part in _parts(condition):
        exact = None if unsafe(part) else search(part)
        if exact is None:
            hard.append(part)
        else:
            base.append(exact)
    base += [wide for part in hard if not unsafe(part) and (wide := widen(part)) is not None]
    return list(dict.fromkeys(base)), hard


def _parts(expr: Expr) -> Iterator[Expr]:
    """Expressions that hold together exactly when `expr` does, cut where the search language ends."""
    match expr:
        case And(args):
            for arg in args:
                yield from _parts(arg)
        case Not(Or(args)) if search(expr) is None:
            easy = tuple(arg for arg in args if search(arg) is not None)
            if easy:
                yield Not(easy[0] if len(easy) == 1 else Or(easy))
            for arg in args:
                if search(arg) is None:
                    yield from _parts(Not(arg))
        case _:
            yield expr


def filter_(expr: Expr, report: Report) -> AnyCommand:
    """The command that keeps the events for which `expr` holds."""
    negated = isinstance(expr, Not)
    leaf = expr.arg if isinstance(expr, Not) else expr
    if isinstance(leaf, Match | Keyword) and _is_regex(leaf):
        name, found = _regexp(leaf, report)
        # `regex f!=` keeps the events that lack the field (Search Reference, `regex`).
        return RegexCommand(name, found.text if found else "", negated)
    return Where(where(expr, report))


def _is_regex(leaf: Match | Keyword) -> bool:
    """Whether the `regex` command can ask this."""
    test = leaf.test
    if isinstance(leaf, Keyword):
        return True
    if not isinstance(leaf.value, Field):
        return False
    if leaf.field.repeated or quote_field(leaf.field.name) != leaf.field.name:
        return False  # `regex` is not documented for several values, nor for names in quotes
    return isinstance(test, Regex) or (isinstance(test, Pattern) and test.shape is not Shape.EQUALS)


def _regexp(leaf: Match | Keyword, report: Report) -> tuple[str, Regexp | None]:
    test = leaf.test
    assert isinstance(test, Pattern | Regex)
    if isinstance(leaf, Keyword):
        return RAW, keyword_regexp(test, report, leaf.span)
    return leaf.field.name, regexp(test, report, leaf.span)


def remark(expr: Expr, report: Report) -> None:
    """Report what holds of a leaf wherever it is lowered to."""
    match expr:
        case And(args) | Or(args):
            for arg in args:
                remark(arg, report)
        case Not(arg):
            report.negated = not report.negated
            remark(arg, report)
            report.negated = not report.negated
        case Match(Field() as field, Exists()):
            report.approximate(codes.SPL008, expr.span, wider=False, field=field.name)
        case Keyword(Pattern() as test) if _ESCAPED.search(test.literal):
            report.note(codes.SPL006, expr.span, keyword=test.literal)
        case Match() | Keyword() | Constant():
            pass
        case Opaque():
            never_written(expr)
        case _:
            assert_never(expr)
