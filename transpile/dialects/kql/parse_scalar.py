"""Reads Kusto's scalar expressions, by the precedence of Microsoft's grammar (Kusto-Query-Language, `Kql.g4`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NoReturn

from transpile.dialects.kql.literals import RESERVED, unquote
from transpile.dialects.kql.tree import (
    LIST_OPERATORS,
    STRING_OPERATORS,
    And,
    Array,
    Assignment,
    Bag,
    Between,
    Binary,
    Bool,
    Call,
    Duration,
    Dynamic,
    DynamicNull,
    DynamicValue,
    Expr,
    In,
    Index,
    Name,
    Negative,
    Number,
    Or,
    Path,
    Place,
    Star,
    String,
    Typed,
)
from transpile.syntax.lexer import SKIP, Lexer, Token, Tokens

_TYPES = "datetime|date|timespan|time|guid|uuid|uniqueid|int|int32|long|int64|real|double|decimal|bool|boolean|typeof"
_UNITS = (
    "minutes|minute|min|m|seconds|second|sec|s|days|day|d|hours|hour|hrs|hr|h|ms|millis|milliseconds|millisecond|milli"
    "|microseconds|microsecond|micros|micro|nanoseconds|nanosecond|nanos|nano|ticks|tick"
)
LEXER = Lexer(
    [
        (SKIP, r"[\s\u200b\ufeff]+|//[^\r\n]*"),
        (
            "string",
            r"""[hH]?(?:@"(?:[^"\r\n]|"")*"|@'(?:[^'\r\n]|'')*'|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'"""
            r"|```[\s\S]*?```|~~~[\s\S]*?~~~)",
        ),
        ("typed", rf"(?:{_TYPES})\s*\([^)\"']*\)"),
        ("duration", rf"\d+(?:\.\d+)?(?:{_UNITS})(?![A-Za-z0-9_])"),
        ("number", r"0[xX][0-9A-Fa-f]+|\d+(?:\.(?!\.)\d*)?(?:[eE][+-]?\d+)?(?![A-Za-z0-9_])"),
        ("word", r"[!$]?(?:in~|[A-Za-z_][A-Za-z0-9_]*)|\d+[A-Za-z_][A-Za-z0-9_]*"),
        ("=", r"=(?![=~>])"),
        ("[", r"\["),
        ("operator", r"==|=~|=>|!=|!~|<=|>=|<>|\.\.|[<>+\-*/%().\]{},;:|!?&^@~]"),
    ]
)

# From the loosest to the tightest; the operands of a string operator are bare terms.
OR, AND, EQUALITY, RELATION, SUM, PRODUCT, TEXT, UNARY, POSTFIX = range(1, 10)
_LEVELS = {
    "or": OR,
    "and": AND,
    **dict.fromkeys(("==", "!=", "<>", "between", "!between", *LIST_OPERATORS), EQUALITY),
    **dict.fromkeys(("<", ">", "<=", ">="), RELATION),
    **dict.fromkeys(("+", "-"), SUM),
    **dict.fromkeys(("*", "/", "%"), PRODUCT),
    **dict.fromkeys(STRING_OPERATORS, TEXT),
}
_DEEPEST = 100  # nested expressions; deeper ones would blow Python's stack


class Cursor(Tokens):
    """A cursor that can go back to where it was."""

    def mark(self) -> tuple[int, int]:
        """Where the cursor is."""
        return self._next, self._depth

    def reset(self, mark: tuple[int, int]) -> None:
        """Go back to a mark."""
        self._next, self._depth = mark

    def end(self) -> int:
        """Where the token that was taken last ends."""
        return self._tokens[max(self._next - 1, 0)].end


class Scalars(ABC):
    """The part of the parser that reads scalar expressions."""

    def __init__(self, tokens: Cursor) -> None:
        self.tokens = tokens

    def place(self, start: int) -> Place:
        """From `start` to the end of the token that was taken last."""
        return start, self.tokens.end()

    @abstractmethod
    def expression(self) -> Expr:
        """A scalar expression or a pipeline."""

    def fail(self, message: str) -> NoReturn:
        """Raise `ParseError` at the next token."""
        self.tokens.fail(message)
        raise AssertionError("unreachable")

    def scalar(self, level: int = OR) -> Expr:
        """A scalar expression whose outermost operator binds at least as tightly as `level`."""
        self.tokens.enter(_DEEPEST)
        start = self.tokens.now.start
        left = Star() if self.tokens.accept("*") else self._unary()
        loosest_next = POSTFIX
        while (found := self._operator()) is not None and level <= found[1] <= loosest_next:
            word, own = found
            left = self._operation(left, word, own, start)
            # Comparisons do not follow one another; everything else groups to the left.
            loosest_next = own - 1 if own in (EQUALITY, RELATION) else own
        self.tokens.leave()
        return left

    def _operator(self) -> tuple[str, int] | None:
        """The infix operator at the cursor and its level."""
        word = self.tokens.now.text
        if word == "matches" and self.tokens.ahead().text == "regex":
            return "matches regex", TEXT
        own = _LEVELS.get(word)
        return None if own is None else (word, own)

    def _operation(self, left: Expr, word: str, own: int, start: int) -> Expr:
        """The operator at the cursor with its operands, of which the left one is read."""
        if own in (OR, AND):
            args = [left]
            while self.tokens.accept(word):
                args.append(self.scalar(own + 1))
            kind = Or if own == OR else And
            flat = tuple(part for arg in args for part in (arg.args if isinstance(arg, kind) else (arg,)))
            return kind(flat, self.place(start))
        self.tokens.take()
        if word == "matches regex":
            self.tokens.take()
        if word in LIST_OPERATORS:
            self.tokens.expect("(")
            choices = self._arguments()
            return In(word, left, choices, self.place(start))
        if word in ("between", "!between"):
            self.tokens.expect("(")
            low = self.scalar(SUM)
            self.tokens.expect("..")
            high = self.scalar(SUM)
            self.tokens.expect(")")
            return Between(word, left, low, high, self.place(start))
        right = self.scalar(own + 1)
        return Binary("!=" if word == "<>" else word, left, right, self.place(start))

    def _unary(self) -> Expr:
        if not self.tokens.at("-", "+"):
            return self.postfix()
        sign = self.tokens.take()
        arg = self.postfix()
        if sign.text == "+":
            return arg
        return Number(-arg.value) if isinstance(arg, Number) else Negative(arg)

    def postfix(self) -> Expr:
        """A term with its properties and elements."""
        start = self.tokens.now.start
        found = self._primary()
        while True:
            if self.tokens.at("."):
                found = self._member(found, start)
            elif self.tokens.at("["):
                self.tokens.take()
                index = self.scalar()
                self.tokens.expect("]")
                found = Index(found, index, self.place(start))
            else:
                return found

    def _member(self, base: Expr, start: int) -> Expr:
        self.tokens.take()
        if self.tokens.at("[") and self.tokens.ahead().kind != "string":
            self.tokens.take()
            index = self.scalar()
            self.tokens.expect("]")
            return Index(base, index, self.place(start))
        member = self.name()
        if self.tokens.accept("("):
            args = self._arguments()
            return Call(member, args, base, self.place(start))
        return Path(base, member, self.place(start))

    def _primary(self) -> Expr:
        token = self.tokens.now
        match token.kind:
            case "string":
                return String(self._strings())
            case "number" | "duration" | "typed":
                return self._literal(self.tokens.take())
            case "word" | "[":
                return self._named()
        if not self.tokens.accept("("):
            self.fail("expected a value")
        found = self.expression()
        self.tokens.expect(")")
        return found

    def _named(self) -> Expr:
        """What begins with a word: a literal, a call, a column."""
        word = self.tokens.now.text
        if word in ("true", "false", "True", "False", "TRUE", "FALSE"):
            self.tokens.take()
            return Bool(word.lower() == "true")
        if word == "dynamic" and self.tokens.ahead().text == "(":
            self.tokens.take()
            self.tokens.take()
            value = self._dynamic()
            self.tokens.expect(")")
            return Dynamic(value)
        if word in RESERVED and self.tokens.ahead().text != "(":
            self.fail("expected a value")
        start = self.tokens.now.start
        name = self.name()
        if not self.tokens.accept("("):
            return Name(name, self.place(start))
        args = self._arguments()
        return Call(name, args, None, self.place(start))

    def _literal(self, token: Token) -> Number | Duration | Typed:
        if token.kind == "duration":
            return Duration(token.text)
        if token.kind == "typed":
            type_, _, text = token.text.partition("(")
            return Typed(type_.strip(), text[:-1].strip())
        if token.text[:2] in ("0x", "0X"):
            return Number(int(token.text, 16))
        return Number(int(token.text) if token.text.isdigit() else float(token.text))

    def _strings(self) -> str:
        """A string, or several side by side, which Kusto joins."""
        value = ""
        while self.tokens.now.kind == "string":
            try:
                value += unquote(self.tokens.now.text)
            except ValueError as error:
                self.fail(str(error))
            self.tokens.take()
        return value

    def name(self) -> str:
        """A name, in brackets or not."""
        if self.tokens.accept("["):
            if self.tokens.now.kind != "string":
                self.fail("expected a quoted name")
            name = self._strings()
            self.tokens.expect("]")
            return name
        return self.tokens.expect_kind("word").text

    def assignment(self, value: Callable[[], Expr]) -> Assignment | None:
        """`name = ` or `(name, name) = ` and a value as `value` reads it, if that is what is at the cursor."""
        start = self.tokens.now.start
        if self.tokens.at("("):
            distance = 1
            while self.tokens.ahead(distance).kind == "word" and self.tokens.ahead(distance + 1).text == ",":
                distance += 2
            if (
                self.tokens.ahead(distance).kind != "word"
                or self.tokens.ahead(distance + 1).text != ")"
                or self.tokens.ahead(distance + 2).kind != "="
            ):
                return None
            self.tokens.take()
            names = [self.name()]
            while self.tokens.accept(","):
                names.append(self.name())
            self.tokens.expect(")")
        elif self.tokens.now.kind in ("word", "["):
            if self.tokens.ahead(3 if self.tokens.now.kind == "[" else 1).kind != "=":
                return None
            names = [self.name()]
        else:
            return None
        self.tokens.expect("=")
        assigned = value()
        return Assignment(tuple(names), assigned, self.place(start))

    def _arguments(self) -> tuple[Expr, ...]:
        """Arguments up to the closing parenthesis, which is taken; the opening one already is."""
        found: list[Expr] = []
        while not self.tokens.at(")"):
            found.append(self.assignment(self.expression) or self.expression())
            if not self.tokens.accept(","):
                break
        self.tokens.expect(")")
        return tuple(found)

    def _dynamic(self) -> DynamicValue:
        """A value inside of `dynamic(...)`: JSON with Kusto's literals."""
        self.tokens.enter()
        found = self._dynamic_value()
        self.tokens.leave()
        return found

    def _dynamic_value(self) -> DynamicValue:
        if self.tokens.accept("["):
            items = []
            while not self.tokens.at("]"):
                items.append(self._dynamic())
                if not self.tokens.accept(","):
                    break
            self.tokens.expect("]")
            return Array(tuple(items))
        if self.tokens.accept("{"):
            pairs = []
            while not self.tokens.at("}"):
                key = self._strings() if self.tokens.now.kind == "string" else self.tokens.expect_kind("word").text
                self.tokens.expect(":")
                pairs.append((key, self._dynamic()))
                if not self.tokens.accept(","):
                    break
            self.tokens.expect("}")
            return Bag(tuple(pairs))
        if self.tokens.accept("null"):
            return DynamicNull()
        value = self._unary()
        if not isinstance(value, String | Number | Bool | Duration | Typed | Dynamic):
            self.fail("expected a literal")
        return value
