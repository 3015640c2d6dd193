"""What an eval expression gives, by Splunk's documentation; each fact has its source beside it.

Values are None (NULL: no value), truth values, numbers, texts, and tuples of two or more texts (several values). Text
is compared with its case. A function or operator that gets NULL gives NULL unless the table below says otherwise; AND
and OR pass over NULL as far as the other side settles it. What is not documented for several values is `Unproven`
unless it comes out the same for each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from types import MappingProxyType
from typing import NamedTuple, assert_never

from transpile.dialects.kit.running.perl import PCRE, compile_perl
from transpile.dialects.spl.run_facts import Facts
from transpile.dialects.spl.run_operators import OPERATORS, Result, as_number, as_text, as_truth, equal, like
from transpile.dialects.spl.run_search import ORDERS, in_network, number, texts
from transpile.dialects.spl.tree import (
    Among,
    And,
    Binary,
    Call,
    EvalExpr,
    Macro,
    Name,
    Negative,
    Not,
    Number,
    Or,
    String,
    Xor,
)
from transpile.evaluate import Unproven, check_arguments

Term = Callable[[Facts], Result]


def compile_eval(expr: EvalExpr) -> Term:
    """The expression as a function of an event. Raises `Unproven` for functions that are not known here."""
    match expr:
        case Name(name):
            return lambda facts: _field(facts, name)
        case String(text):
            return lambda facts: text
        case Number(text):
            value = float(text)
            return lambda facts: value
        case Negative(arg):
            inner = compile_eval(arg)
            return lambda facts: _strict(lambda value: -as_number(value), inner(facts))
        case Not(arg):
            inner = compile_eval(arg)
            return lambda facts: _strict(lambda value: not as_truth(value), inner(facts))
        case And(args):
            return _settled(tuple(map(compile_eval, args)), by=False)
        case Or(args):
            return _settled(tuple(map(compile_eval, args)), by=True)
        case Xor(args):
            terms = tuple(map(compile_eval, args))
            return lambda facts: _strict(
                lambda *values: sum(map(as_truth, values)) % 2 == 1, *(t(facts) for t in terms)
            )
        case Binary(operator, left, right):
            if operator in ORDERS and any(
                isinstance(side, String) and number(side.text) is not None for side in (left, right)
            ):
                raise Unproven(f"{operator} with a number in quotes: by size, or as text")
            one, two, apply = compile_eval(left), compile_eval(right), OPERATORS[operator]
            return lambda facts: _strict(apply, one(facts), two(facts))
        case Among(value, choices):
            return compile_eval(Call("in", (value, *choices)))
        case Call(name, args):
            return _call(name, args)
        case Macro(text):
            raise Unproven(f"the macro `{text}` is defined elsewhere")
        case _:
            assert_never(expr)


def holds(expr: EvalExpr) -> Callable[[Facts], bool]:
    """Whether `where` keeps an event: only if the expression is true (Search Reference, `where`)."""
    term = compile_eval(expr)
    return lambda facts: term(facts) is True


def _field(facts: Facts, name: str) -> Result:
    found = texts(facts, name)
    return None if not found else found[0] if len(found) == 1 else found


def _strict(function: Callable[..., Result], *values: Result) -> Result:
    """The function of values that are not NULL, else NULL; of several values, if it comes out the same for each."""
    if any(value is None for value in values):
        return None
    for i, value in enumerate(values):
        if isinstance(value, tuple):
            found = {_strict(function, *values[:i], one, *values[i + 1 :]) for one in value}
            if len(found) > 1:
                raise Unproven("an operator or function of several values, of which they are documented for one")
            return found.pop()
    return function(*values)


def _settled(terms: tuple[Term, ...], by: bool) -> Term:
    """AND is settled by a false argument, OR by a true one, whatever is NULL or unproven of the others."""

    def term(facts: Facts) -> Result:
        doubt, null = None, False
        for one in terms:
            try:
                value = one(facts)
            except Unproven as error:
                doubt = error
                continue
            if value is None:
                null = True
            elif as_truth(value) is by:
                return by
        if doubt is not None:
            raise doubt
        return None if null else not by

    return term


# --- functions


class _Function(NamedTuple):
    """What a function does to its arguments. `lazy`: it gets them as they are, NULL and several values too."""

    apply: Callable[..., Result]
    lazy: bool = False


def _call(name: str, args: tuple[EvalExpr, ...]) -> Term:
    if name == "mvfilter" and len(args) == 1:
        return _mvfilter(args[0])
    function = _FUNCTIONS.get(name)
    if function is None:
        raise Unproven(f"the function {name}() is not run here")
    terms = tuple(map(compile_eval, args))
    apply = function.apply
    check_arguments(name, apply, len(args))
    if function.lazy:
        return lambda facts: apply(*(term(facts) for term in terms))
    return lambda facts: _strict(apply, *(term(facts) for term in terms))


def compile_regex(pattern: str) -> re.Pattern[str]:
    """A PCRE regex for Python. Raises `Unproven` where Python has none of the same meaning."""
    return compile_perl(pattern, PCRE)


def _match(value: Result, pattern: Result) -> bool:
    """True if the regex finds a match against any substring (`match()`)."""
    return compile_regex(pattern).search(as_text(value)) is not None


def _mvfind(value: Result, pattern: Result) -> Result:
    """The index of the first value that the regex matches, else NULL (`mvfind()`)."""
    for index, one in enumerate(_several(value)):
        if compile_regex(pattern).search(as_text(one)):
            return float(index)
    return None


def _mvfilter(predicate: EvalExpr) -> Term:
    """The values of the one field in the predicate for which it is true (`mvfilter()`)."""
    names = {node.name for node in _names(predicate)}
    if len(names) != 1:
        raise Unproven("mvfilter() of other than one field")
    name = names.pop()
    term = compile_eval(predicate)

    def apply(facts: Facts) -> Result:
        kept = [one for one in texts(facts, name) if term(Facts({name: one})) is True]
        return None if not kept else kept[0] if len(kept) == 1 else tuple(kept)

    return apply


def _names(expr: EvalExpr) -> list[Name]:
    """The fields in an expression."""
    match expr:
        case Name():
            return [expr]
        case And(args) | Or(args) | Xor(args) | Call(_, args):
            return [name for arg in args for name in _names(arg)]
        case Not(arg) | Negative(arg):
            return _names(arg)
        case Binary(_, left, right):
            return _names(left) + _names(right)
        case Among(value, choices):
            return _names(value) + [name for choice in choices for name in _names(choice)]
        case String() | Number() | Macro():
            return []
        case _:
            assert_never(expr)


def _several(value: Result) -> tuple[Result, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _each(function: Callable[[str], str]) -> Callable[[Result], Result]:
    """A function of text that is documented for several values as well."""

    def apply(value: Result) -> Result:
        if value is None:
            return None
        return tuple(map(function, value)) if isinstance(value, tuple) else function(as_text(value))

    return apply


def _tonumber(value: Result) -> Result:
    """NULL if a field's value cannot be parsed (`tonumber()`)."""
    return value if isinstance(value, float) else number(value)


def _substr(value: Result, start: Result, length: Result = None) -> str:
    """Indexes start at 1; negative ones count from the end, as in SQLite (`substr()`)."""
    text, begin = as_text(value), int(as_number(start))
    if begin == 0:
        raise Unproven("substr() from 0")
    begin = begin - 1 if begin > 0 else max(len(text) + begin, 0)
    if length is None:
        return text[begin:]
    if int(as_number(start)) < -len(text) or as_number(length) < 0:
        raise Unproven("substr() of a length from before the start")
    return text[begin : begin + int(as_number(length))]


def _split(value: Result, delimiter: Result) -> Result:
    if delimiter == "":
        raise Unproven("split() at the empty string")
    found = tuple(as_text(value).split(delimiter))
    return found if len(found) > 1 else found[0]


def _mvcount(value: Result) -> Result:
    """The number of values; NULL if there is none (`mvcount()`)."""
    return float(len(_several(value))) if value is not None else None


def _in(value: Result, *choices: Result) -> Result:
    """True if one of the choices is the value (`in()`)."""
    return any(equal(value, choice) for choice in choices)


def _if(predicate: Result, yes: Result, no: Result) -> Result:
    """`no` unless the predicate is true (`if()`)."""
    return yes if predicate is True else no


def _case(*args: Result) -> Result:
    """The value after the first condition that is true, else NULL (`case()`)."""
    return next((value for condition, value in zip(args[::2], args[1::2], strict=False) if condition is True), None)


def _cidrmatch(network: Result, value: Result) -> bool:
    try:
        return in_network(as_text(value), ip_network(as_text(network), strict=False))
    except ValueError as error:
        raise Unproven(f"cidrmatch() with {network!r}") from error


def _tostring(value: Result) -> str:
    """A number as text; other forms, and truth values, depend on a second argument (`tostring()`)."""
    return as_text(value)


def _mvindex(value: Result, index: Result) -> Result:
    """The value at an index from 0, from the end if it is negative; NULL if there is none (`mvindex()`)."""
    found, at = _several(value), int(as_number(index))
    return found[at] if -len(found) <= at < len(found) else None


def _replace(value: Result, pattern: Result, new: Result) -> str:
    """Every match of the regex; `\\1` in the new text is a group of it (`replace()`)."""
    if re.search(r"\\(?!\d|\\)", new):
        raise Unproven("a backslash in the text that replaces")
    return compile_regex(pattern).sub(new, as_text(value))


def _extreme(choose: Callable[[list[float]], float]) -> Callable[..., Result]:
    """The greatest (least) of numbers; with texts among them, or NULL, the outcome is not followed here (`max()`)."""
    return lambda *values: choose([as_number(value) for value in values])


_FUNCTIONS: Mapping[str, _Function] = MappingProxyType(
    {
        # Comparison and conditional functions
        "match": _Function(_match),
        "like": _Function(like),
        "in": _Function(_in),
        "cidrmatch": _Function(_cidrmatch),
        "if": _Function(_if, lazy=True),
        "case": _Function(_case, lazy=True),
        "coalesce": _Function(lambda *values: next((value for value in values if value is not None), None), lazy=True),
        "nullif": _Function(lambda one, two: None if _strict(equal, one, two) is True else one, lazy=True),
        "true": _Function(lambda: True),
        "false": _Function(lambda: False),
        "null": _Function(lambda: None),
        # Informational functions
        "isnull": _Function(lambda value: value is None, lazy=True),
        "isnotnull": _Function(lambda value: value is not None, lazy=True),
        # Text and conversion functions
        "lower": _Function(_each(str.lower), lazy=True),
        "upper": _Function(_each(str.upper), lazy=True),
        "len": _Function(lambda value: float(len(as_text(value)))),
        "substr": _Function(_substr),
        "tonumber": _Function(_tonumber),
        "tostring": _Function(_tostring),
        "replace": _Function(_replace),
        "min": _Function(_extreme(min)),
        "max": _Function(_extreme(max)),
        # Functions of several values
        "mvfind": _Function(_mvfind, lazy=True),
        "mvcount": _Function(_mvcount, lazy=True),
        "split": _Function(_split),
        "mvindex": _Function(_mvindex, lazy=True),
    }
)
