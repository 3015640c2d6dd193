"""The text of a condition on rules: `level >= high and status in (stable, test) and not path ~ deprecated`."""

from __future__ import annotations

import re
from difflib import get_close_matches

from transpile.selection.tree import FIELDS, LEVELS, ORDERED, STATUSES, Both, Condition, Criterion, Either, Negated
from transpile.source import Source
from transpile.syntax.infix import Binary, Infix
from transpile.syntax.lexer import SKIP, Lexer, ParseError, Token, Tokens

_LEXER = Lexer(
    [
        (SKIP, r"\s+"),
        ("operator", r"==|!=|<=|>=|!~|[=<>~]"),
        ("mark", r"[(),]"),
        ("text", r'"[^"]*"' + r"|'[^']*'"),
        ("word", r"""[^\s()<>=!~,"']+"""),
    ]
)
_ORDERS = ("<", "<=", ">", ">=")
_SHORT = {"product": "logsource.product", "category": "logsource.category", "service": "logsource.service"}
_PLURAL = {"tags": "tag", "references": "reference", "licence": "license"}
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


def parse(text: str) -> Condition:
    """The condition of a text. Raises `ParseError`.

    >>> parse("level >= high and not path ~ deprecated").parts[0]
    Criterion(field='level', operator='>=', values=('high',))
    """
    source = Source(text)
    tokens = Tokens(source, _LEXER.tokens(source))
    condition = _GRAMMAR.parse(tokens)
    if tokens.now.kind != "end":
        tokens.fail("expected `and`, `or` or the end")
    return condition


def _test(tokens: Tokens) -> Condition:
    field = _field(tokens)
    if tokens.accept("not"):
        tokens.expect("in")
        return Negated(_member(tokens, field))
    if tokens.accept("in"):
        return _member(tokens, field)
    operator = tokens.take() if tokens.now.kind == "operator" else tokens.fail("expected ==, !=, ~, <, <=, >, >= or in")
    said = operator.text
    if said in _ORDERS and field not in ORDERED:
        raise _wrong(tokens, operator, f"`{field}` has no order; {said} works on {', '.join(ORDERED)}")
    values = (_value(tokens, field, checked="~" not in said),)
    if said in ("!=", "!~"):
        return Negated(Criterion(field, "==" if said == "!=" else "~", values))
    return Criterion(field, "==" if said == "=" else said, values)


def _member(tokens: Tokens, field: str) -> Condition:
    tokens.expect("(")
    values = [_value(tokens, field)]
    while tokens.accept(","):
        values.append(_value(tokens, field))
    tokens.expect(")")
    return Criterion(field, "==", tuple(values))


def _field(tokens: Tokens) -> str:
    token = tokens.expect_kind("word") if tokens.now.kind == "word" else tokens.fail("expected the name of a field")
    name = token.text.lower()
    name = _SHORT.get(name) or _PLURAL.get(name) or name
    if name not in FIELDS:
        raise _wrong(tokens, token, f"rules have no `{token.text}`{_guess(name, [*FIELDS, *_SHORT])}")
    return name


def _value(tokens: Tokens, field: str, checked: bool = True) -> str:
    if tokens.now.kind not in ("word", "text"):
        tokens.fail("expected a value")
    token = tokens.take()
    value = token.text[1:-1] if token.kind == "text" else token.text
    if not checked:
        return value
    known = {"level": LEVELS, "status": STATUSES}.get(field)
    if known and value.lower() not in known:
        raise _wrong(tokens, token, f"`{value}` is not a {field}{_guess(value.lower(), known)}")
    if field in ("date", "modified") and not _DATE.fullmatch(value):
        raise _wrong(tokens, token, f"`{value}` is not a date such as 2026-01-31")
    return value


def _guess(name: str, known: tuple[str, ...] | list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"; did you mean `{near[0]}`?" if near else f"; expected one of {', '.join(known)}"


def _wrong(tokens: Tokens, token: Token, message: str) -> ParseError:
    return ParseError(message, tokens.source.span(token.start, token.end))


_GRAMMAR: Infix[Condition] = Infix(
    levels=(Binary(("or",), Either), Binary(("and",), Both)),
    negate=Negated,
    operand=_test,
    starts=lambda tokens: False,
)
