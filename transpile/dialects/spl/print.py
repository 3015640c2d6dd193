"""The tree to SPL text, laid out as Splunk users write it: a command a line, long expressions a part a line.

OR binds tighter than AND in the search language, and AND tighter than OR in the eval language. To spare readers that,
an AND in an OR and an OR in an AND are always in parentheses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Generic, TypeVar, assert_never

from transpile.dialects.spl.parse_eval import COMPARISONS, PRODUCTS, SUMS
from transpile.dialects.spl.strings import quote, quote_eval, quote_field, quote_name, quote_target, quote_word
from transpile.dialects.spl.tree import (
    Aggregation,
    Among,
    And,
    AnyCommand,
    Binary,
    Branch,
    Call,
    Command,
    Comparison,
    Directive,
    Eval,
    EvalExpr,
    Fields,
    Flag,
    In,
    Literal,
    Lookup,
    Macro,
    Name,
    Negative,
    Not,
    Number,
    Or,
    Pipeline,
    Plain,
    Regex,
    Rename,
    Rex,
    Search,
    SearchExpr,
    Stats,
    String,
    Subsearch,
    Tstats,
    Value,
    Where,
    Xor,
)
from transpile.record import record
from transpile.syntax.emit import ATOM, Fragment, guard, infix

WIDTH = 100
INDENT = "    "
T = TypeVar("T")

_BOOLEAN, _NOT, _COMPARISON, _SUM, _PRODUCT, _SIGN = range(1, 7)  # how tightly operators bind


def print_pipeline(tree: Pipeline) -> str:
    """The text of a search. It never fails.

    >>> print_pipeline(Pipeline((Search(And((Literal("*"), Comparison("EventID", "=", Literal("1", True))))),)))
    '"*" EventID=1'
    """
    first, *rest = tree.commands
    head = _search(first.expr) if isinstance(first, Search) else "| " + _command(first)
    return "\n".join([head, *("| " + _command(command) for command in rest)])


def _command(command: AnyCommand) -> str:
    match command:
        case Search(expr):
            return "search " + _search(expr)
        case Where(expr):
            return "where " + _layout(_EVAL, expr, INDENT)
        case Eval(assignments):
            parts = [f"{quote_target(name)}={_flat_eval(expr).text}" for name, expr in assignments]
            line = "eval " + ", ".join(parts)
            return line if len(line) <= WIDTH else "eval " + f",\n{INDENT}".join(parts)
        case Regex(None, pattern):
            return "regex " + quote(pattern)
        case Regex(field, pattern, negated):
            return f"regex {quote_field(field or '')}{'!=' if negated else '='}{quote(pattern)}"
        case Tstats():
            return _tstats(command)
        case Stats():
            return _stats(command)
        case Rename(pairs):
            return "rename " + ", ".join(f"{quote_word(old)} as {quote_word(new)}" for old, new in pairs)
        case Fields(name, fields, removed):
            return f"{name} {'- ' if removed else ''}{' '.join(map(quote_word, fields))}"
        case Rex(options, pattern):
            return " ".join(["rex", *map(_flag, options), quote(pattern)])
        case Lookup():
            return _lookup(command)
        case Plain(name, options, words):
            return " ".join([name, *map(_flag, options), *map(_argument, words)])
        case Branch():
            return _branch(command)
        case Command(name, text):
            return f"{name} {text}" if text else name
        case Macro(text):
            return f"`{text}`"
        case _:
            assert_never(command)


def _tstats(command: Tstats) -> str:
    options = [f"`{one.text}`" if isinstance(one, Macro) else _flag(one) for one in command.options]
    lines = ["tstats " + " ".join([*options, *map(_aggregation, command.aggregations)])]
    if command.dataset is not None:
        lines.append("from datamodel=" + quote_field(command.dataset))
    if command.where is not None:
        lines.append("where " + _search(command.where, INDENT * 2))
    if command.by or command.span:
        span = [f"span={command.span}"] if command.span else []
        at = command.by.index("_time") + 1 if "_time" in command.by else len(command.by)
        names = list(map(quote_word, command.by))
        lines.append("by " + " ".join([*names[:at], *span, *names[at:]]))
    return f"\n{INDENT}".join(lines)


def _stats(command: Stats) -> str:
    parts = [*map(_flag, command.options), *map(_aggregation, command.aggregations)]
    by = [f"by {' '.join(map(quote_word, command.by))}"] if command.by else []
    return " ".join([command.name, *parts, *by])


def _aggregation(one: Aggregation) -> str:
    match one.argument:
        case None:
            text = one.function
        case str(name):
            text = f"{one.function}({quote_word(name)})"
        case expr:
            text = f"{one.function}(eval({_flat_eval(expr).text}))"
    return text if one.alias is None else f"{text} as {quote_word(one.alias)}"


def _argument(word: str) -> str:
    """A word of a command of which `-` and AS are words too."""
    return word if word[:1] in ("-", "+") or word.lower() in ("as", "by") else quote_word(word)


def _flag(option: Flag) -> str:
    return f"{option.name}={option.value}"


def _lookup(command: Lookup) -> str:
    parts = ["lookup", *map(_flag, command.options), quote_word(command.table), *map(_pair, command.inputs)]
    if command.mode:
        parts.append(command.mode)
        parts.append(", ".join(map(_pair, command.outputs)))
    return " ".join(parts)


def _pair(pair: tuple[str, str]) -> str:
    column, name = pair
    return quote_word(column) if column == name else f"{quote_word(column)} as {quote_word(name)}"


def _branch(command: Branch) -> str:
    text = " ".join([command.name, *([command.text] if command.text else [])])
    searches = list(map(_bracketed, command.pipelines))
    line = " ".join([text, *searches])
    return line if len(line) <= WIDTH and len(searches) == 1 else f"\n{INDENT}".join([text, *searches])


def _bracketed(pipeline: Pipeline) -> str:
    """A search in brackets, on one line as far as its commands are."""
    first, *rest = pipeline.commands
    head = "search " + _search(first.expr, INDENT * 2) if isinstance(first, Search) else "| " + _command(first)
    return f"[{' | '.join([head, *map(_command, rest)])}]"


def _search(expr: SearchExpr, margin: str = "") -> str:
    return _layout(_SEARCH, expr, margin)


# --- both languages: booleans and their layout


@record
class _Grammar(Generic[T]):
    """How a language spells its boolean operators (each with its precedence), and prints all else on one line.

    `lists` gives what may be broken into a line for each part: what is before the bracket, and the parts.
    """

    operators: Mapping[type[Any], tuple[str, int]]
    not_level: int
    leaf: Callable[[T], Fragment]
    lists: Callable[[T], tuple[str, Sequence[str]] | None]


def _flat(grammar: _Grammar[Any], expr: Any) -> Fragment:
    """The expression on one line."""
    match expr:
        case And(args) | Or(args) | Xor(args):
            word, level = grammar.operators[type(expr)]
            return infix([_flat(grammar, arg) for arg in args], f" {word} " if word else " ", level)
        case Not(arg):
            inner = _flat(grammar, arg)
            # NOT takes another NOT as it is.
            return Fragment("NOT " + guard(inner, grammar.not_level - 1), grammar.not_level)
        case _:
            return grammar.leaf(expr)


def _layout(grammar: _Grammar[Any], expr: Any, margin: str, flat: Fragment | None = None) -> str:
    """The expression on one line if it is short, else its parts on lines of their own, `margin` before each.

    `flat` is the expression on one line, where that is known already.
    """
    flat = flat or _flat(grammar, expr)
    if len(margin) + len(flat.text) <= WIDTH:
        return flat.text
    match expr:
        case And(args) | Or(args) | Xor(args):
            word, level = grammar.operators[type(expr)]
            joint = f"\n{margin}{word} " if word else f"\n{margin}"
            return joint.join([_part(grammar, arg, level, margin) for arg in args])
        case Not(arg):
            return "NOT " + _part(grammar, arg, grammar.not_level - 1, margin)
        case _:
            return _list(grammar, expr, flat, margin)


def _part(grammar: _Grammar[Any], expr: Any, level: int, margin: str) -> str:
    """An operand, in parentheses of its own lines if it binds no tighter than `level`."""
    flat = _flat(grammar, expr)
    if flat.level > level:
        return _layout(grammar, expr, margin, flat)
    if len(margin) + len(flat.text) + 2 <= WIDTH:
        return f"({flat.text})"
    inner = margin + INDENT
    return f"(\n{inner}{_layout(grammar, expr, inner, flat)}\n{margin})"


def _list(grammar: _Grammar[Any], expr: Any, flat: Fragment, margin: str) -> str:
    """A list of values, one a line; anything else as it is."""
    found = grammar.lists(expr)
    if found is None:
        return flat.text
    opener, values = found
    inner = f"\n{margin}{INDENT}"
    return f"{opener}({inner}{f',{inner}'.join(values)}\n{margin})"


# --- the search language


def _search_leaf(expr: SearchExpr) -> Fragment:
    match expr:
        case Literal() | Directive() | Macro():
            return Fragment(_value(expr), ATOM)
        case Comparison(field, operator, value):
            return Fragment(f"{quote_field(field)}{operator}{_value(value)}", ATOM)
        case In(field, values):
            return Fragment(f"{quote_field(field)} IN ({', '.join(map(_value, values))})", ATOM)
        case Subsearch(pipeline):
            return Fragment(_bracketed(pipeline), ATOM)
        case And() | Or() | Not():
            raise AssertionError("printed by _flat")
        case _:
            assert_never(expr)


def _value(value: Value) -> str:
    if isinstance(value, Literal):
        return value.text if value.bare else quote(value.text)
    return f"`{value.text}`" if isinstance(value, Macro) else f"{value.name}({value.text})"


def _search_list(expr: SearchExpr) -> tuple[str, Sequence[str]] | None:
    return (f"{quote_field(expr.field)} IN ", list(map(_value, expr.values))) if isinstance(expr, In) else None


_SEARCH: _Grammar[SearchExpr] = _Grammar(
    MappingProxyType({And: ("", _BOOLEAN), Or: ("OR", _BOOLEAN)}), not_level=_NOT, leaf=_search_leaf, lists=_search_list
)


# --- the eval language

_LEVELS: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(COMPARISONS, _COMPARISON) | dict.fromkeys(SUMS, _SUM) | dict.fromkeys(PRODUCTS, _PRODUCT)
)
_TIGHT = ("=", "==", "!=", "<", "<=", ">", ">=", ".")  # written without blanks around


def _flat_eval(expr: EvalExpr) -> Fragment:
    return _flat(_EVAL, expr)


def _eval_leaf(expr: EvalExpr) -> Fragment:
    match expr:
        case Name(name):
            return Fragment(quote_name(name), ATOM)
        case String(text):
            return Fragment(quote_eval(text), ATOM)
        case Number(text):
            return Fragment(text, ATOM)
        case Macro(text):
            return Fragment(f"`{text}`", ATOM)
        case Call(name, args):
            return Fragment(f"{name}({', '.join(_flat_eval(arg).text for arg in args)})", ATOM)
        case Negative(arg):
            return Fragment("-" + guard(_flat_eval(arg), _SIGN - 1), _SIGN)
        case Binary(operator, left, right):
            level = _LEVELS[operator]
            # Operators of one level are read from the left; comparisons do not follow each other.
            first = guard(_flat_eval(left), level if level == _COMPARISON else level - 1)
            second = guard(_flat_eval(right), level)
            tight = operator in _TIGHT and not (operator == "." and second[0].isdigit())  # `.5` is a number
            return Fragment(f"{first}{operator if tight else f' {operator} '}{second}", level)
        case Among(value, choices):
            items = ", ".join(_flat_eval(choice).text for choice in choices)
            return Fragment(f"{guard(_flat_eval(value), _COMPARISON)} IN ({items})", _COMPARISON)
        case And() | Or() | Xor() | Not():
            raise AssertionError("printed by _flat")
        case _:
            assert_never(expr)


def _eval_list(expr: EvalExpr) -> tuple[str, Sequence[str]] | None:
    if not isinstance(expr, Among):
        return None
    opener = guard(_flat_eval(expr.value), _COMPARISON) + " IN "
    return opener, [_flat_eval(choice).text for choice in expr.choices]


_EVAL: _Grammar[EvalExpr] = _Grammar(
    MappingProxyType({Xor: ("XOR", _BOOLEAN), Or: ("OR", _BOOLEAN), And: ("AND", _BOOLEAN)}),
    not_level=_NOT,
    leaf=_eval_leaf,
    lists=_eval_list,
)
