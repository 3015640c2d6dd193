"""Lifts the kuery text inside of `KQL("...")`: fields with values, ranges and wildcards, joined by and, or, not."""

from __future__ import annotations

from transpile.dialects.esql.lift_values import UnliftableError
from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import ANY, Case, Compare, Field, Order, Part, Pattern, Test
from transpile.source import Source, Span
from transpile.syntax.infix import Binary, Infix
from transpile.syntax.lexer import END, SKIP, Lexer, ParseError, Tokens

_LEXER = Lexer(
    [
        (SKIP, r"\s+"),
        ("string", r'"(?:[^"\\]|\\.)*"'),
        ("sign", r"<=|>=|[():<>{}]"),
        ("word", r'(?:\\.|[^\s():<>"{}\\])+'),
    ]
)


def lift_kuery(text: str, span: Span | None) -> Expr:
    """The condition that a kuery text is. Raises `UnliftableError` for what has no form in IR.

    >>> lift_kuery("not a : x*", None).arg.test
    Pattern(parts=('x', <Wildcard.ANY: '*'>), case=<Case.SENSITIVE: 'sensitive'>)
    """
    source = Source(text)
    try:
        tokens = Tokens(source, _LEXER.tokens(source))
        found = _grammar(None, span).parse(tokens)
        if tokens.now.kind != END:
            tokens.fail("expected the end")
    except ParseError as error:
        raise UnliftableError(f"the query in KQL() cannot be read: {error.message}") from error
    return found


def _grammar(name: str | None, span: Span | None) -> Infix[Expr]:
    """The grammar of queries, or of the values of a field."""

    def operand(tokens: Tokens) -> Expr:
        if tokens.now.kind not in ("word", "string"):
            tokens.fail("expected a field or value")
        if name is not None:
            return Match(Field(name), _value(tokens), "", span)
        here = _text(tokens.take().text)
        if order := tokens.accept("<", "<=", ">", ">="):
            return Match(Field(here), _order(Order(order.text), tokens), "", span)
        if not tokens.accept(":"):
            raise UnliftableError("a value without a field, in KQL()")
        if "*" in here or tokens.at("{"):
            raise UnliftableError("a pattern of fields, or a nested field, in KQL()")
        if tokens.accept("("):
            found = _grammar(here, span).parse(tokens)
            tokens.expect(")")
            return found
        return Match(Field(here), _value(tokens), "", span)

    return Infix(
        levels=(Binary(("or",), Or), Binary(("and",), And)), negate=Not, operand=operand, starts=lambda tokens: False
    )


def _text(text: str) -> str:
    return text.replace("\\", "")


def _order(order: Order, tokens: Tokens) -> Test:
    number = Pattern.of(tokens.take().text.strip('"')).as_number()
    if number is None:
        raise UnliftableError("a range of anything but numbers, in KQL()")
    return Compare(order, number)


def _value(tokens: Tokens) -> Test:
    """A value: quoted ones hold no wildcards; words side by side are one text."""
    token = tokens.take()
    if token.kind == "string":
        return Pattern.of(token.text[1:-1].replace('\\"', '"').replace("\\\\", "\\"), case=Case.SENSITIVE)
    if token.kind != "word":
        raise UnliftableError("a value that cannot be read, in KQL()")
    text = token.text
    while tokens.now.kind == "word" and not tokens.at("and", "or", "not"):
        text += " " + tokens.take().text
    if text == "*":
        return Pattern((ANY,))
    parts: list[Part] = []
    escaped = False
    for char in text:
        if char == "\\" and not escaped:
            escaped = True
            continue
        parts.append(ANY if char == "*" and not escaped else char)
        escaped = False
    return Pattern.of(*parts, case=Case.SENSITIVE)
