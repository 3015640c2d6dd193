"""Prints the tree as the community's style guide lays rules out: one predicate a line, two blanks a level."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import assert_never

from transpile.dialects.yaral.tree import (
    Absent,
    And,
    Arithmetic,
    Call,
    Compare,
    Count,
    Expr,
    InList,
    Key,
    Match,
    Not,
    Number,
    Or,
    Path,
    Quantified,
    Regex,
    Rule,
    String,
    Truth,
    Variable,
)
from transpile.syntax.emit import ATOM, Fragment, backslashed, guard

WIDTH = 110  # a longer line of ands and ors is broken

# How tightly operators bind. AND and OR stand on one level, so that every mix of them gets parentheses.
_BOOLEAN, _NOT, _COMPARE, _SUM, _PRODUCT = 1, 2, 3, 4, 5

_CONTROLS = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t"})


def print_rule(rule: Rule) -> str:
    """The text of a rule, with a line break at its end."""
    sections = [("meta", [f"{line.key} = {quote(line.value)}" for line in rule.meta])]
    sections.append(("events", [line for predicate in rule.events for line in _predicate(predicate)]))
    if rule.match:
        sections.append(("match", [_match(rule.match)]))
    if rule.outcome:
        sections.append(
            ("outcome", [f"${line.name} = {guard(_inline(line.value), _COMPARE)}" for line in rule.outcome])
        )
    sections.append(("condition", [_inline(rule.condition).text]))
    if rule.options:
        sections.append(("options", [f"{line.key} = {_option(line.value)}" for line in rule.options]))
    text = "\n\n".join(_section(name, lines) for name, lines in sections)
    return f"rule {rule.name} {{\n\n{text}\n}}\n"


def print_expr(expr: Expr) -> str:
    """An expression on one line."""
    return _inline(expr).text


def _section(name: str, lines: Iterable[str]) -> str:
    return "\n".join([f"  {name}:", *("    " + line for line in lines)])


def _match(match: Match) -> str:
    window = match.window
    names = ", ".join(f"${name}" for name in match.variables)
    if window.kind in ("over", "by"):
        return f"{names} {window.kind} {window.length}{window.unit}"
    return f"{names} over {window.length}{window.unit} {window.kind} ${window.pivot}"


def _option(value: Truth | Number | str) -> str:
    return value if isinstance(value, str) else _inline(value).text


def _predicate(expr: Expr) -> list[str]:
    """The lines of a predicate that is by itself; an OR of several is in parentheses, for the next is ANDed."""
    match expr:
        case And(args):
            return _group("(", args, "and")
        case Or(args):
            return _group("(", args, "or")
        case Not(And(args)):
            return _group("not (", args, "and")
        case Not(Or(args)):
            return _group("not (", args, "or")
        case _:
            return [_inline(expr).text]


def _group(opener: str, args: tuple[Expr, ...], word: str) -> list[str]:
    """Operands between parentheses: on one line, or each on lines of its own with the operator at the line's end."""
    operands = [_predicate(arg) for arg in args]
    if all(len(lines) == 1 for lines in operands):
        line = opener + f" {word} ".join(lines[0] for lines in operands) + ")"
        if len(line) <= WIDTH:
            return [line]
    broken = [opener]
    for number, lines in enumerate(operands, 1):
        broken += ["  " + line for line in lines]
        if number < len(operands):
            broken[-1] += " " + word
    return [*broken, ")"]


def _inline(expr: Expr) -> Fragment:
    """An expression on one line. The kinds that rules have most come first."""
    match expr:
        case Compare(left, operator, right, nocase):
            sides = f"{guard(_inline(left), _COMPARE)} {operator} {guard(_inline(right), _COMPARE)}"
            return Fragment(sides + (" nocase" if nocase else ""), _COMPARE)
        case Path(variable, steps):
            return Fragment(f"${variable}" + "".join(map(_step, steps)), ATOM)
        case Regex(pattern):
            return Fragment(f"/{escape_slashes(pattern)}/", ATOM)
        case String():
            return Fragment(quote(expr), ATOM)
        case Variable(name):
            return Fragment(f"${name}", ATOM)
        case Count(name):
            return Fragment(f"#{name}", ATOM)
        case Absent(name):
            return Fragment(f"!${name}", ATOM)
        case Number(value):
            return Fragment(_number(value), ATOM)
        case Truth(value):
            return Fragment("true" if value else "false", ATOM)
        case Quantified(quantifier, path):
            return Fragment(f"{quantifier} {_inline(path).text}", ATOM)
        case Call(function, args, nocase):
            text = f"{function}({', '.join(_inline(arg).text for arg in args)})"
            return Fragment(text + " nocase", _COMPARE) if nocase else Fragment(text, ATOM)
        case Arithmetic(left, operator, right):
            level = _SUM if operator in "+-" else _PRODUCT
            return Fragment(f"{guard(_inline(left), level - 1)} {operator} {guard(_inline(right), level)}", level)
        case InList(value, name, kind, nocase):
            words = (guard(_inline(value), _COMPARE), "in", kind, f"%{name}", "nocase" if nocase else "")
            return Fragment(" ".join(filter(None, words)), _COMPARE)
        case And(args):
            return Fragment(" and ".join(guard(_inline(arg), _BOOLEAN) for arg in args), _BOOLEAN)
        case Or(args):
            return Fragment(" or ".join(guard(_inline(arg), _BOOLEAN) for arg in args), _BOOLEAN)
        case Not(arg):
            return Fragment(f"not {guard(_inline(arg), _BOOLEAN)}", _NOT)
        case _:
            assert_never(expr)


def _step(step: str | int | Key) -> str:
    match step:
        case str():
            return "." + step
        case int():
            return f"[{step}]"
        case Key(text):
            return f"[{quote(String(text))}]"
        case _:
            assert_never(step)


def quote(string: String) -> str:
    r"""A string between its quotes.

    >>> quote(String('a"b\\c')), quote(String("a\\c", raw=True))
    ('"a\\"b\\\\c"', '`a\\c`')
    """
    if string.raw:
        return f"`{string.text}`"
    text = backslashed(string.text, '\\"')
    return f'"{text if text.isprintable() else text.translate(_CONTROLS)}"'


def escape_slashes(pattern: str) -> str:
    r"""A regex with each `/` as `\/`.

    >>> print(escape_slashes(r"/etc/\w"))
    \/etc\/\w
    """
    return pattern.replace("/", r"\/")


def _number(value: int | float) -> str:
    """A number without an exponent, which the language has not; a float keeps its decimal point."""
    text = repr(value)
    if "e" not in text:
        return text
    text = format(Decimal(text), "f")
    return text if "." in text else text + ".0"
