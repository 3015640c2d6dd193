"""Parses a rule: what we print, and as much as is practical of what people write."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NoReturn, TypeVar

from transpile.dialects.yaral.tree import (
    SECTIONS,
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
    Meta,
    Not,
    Number,
    Option,
    Or,
    Outcome,
    Path,
    Quantified,
    Regex,
    Rule,
    Step,
    String,
    Truth,
    Variable,
    Window,
)
from transpile.source import Source, Span
from transpile.syntax.lexer import END, SKIP, Lexer, ParseError, Token, Tokens

LEXER = Lexer(
    [
        (SKIP, r"\s+|//[^\n]*|/\*[\s\S]*?\*/"),
        # A regex literal follows `=` or `!=`, or is an argument but the first, so that its slash does not divide.
        ("regex", r"!?=\s*/(?![/*])(?:[^/\\\n]|\\.)+/"),
        ("regex argument", r",\s*/(?![/*])(?:[^/\\\n]|\\.)+/"),
        ("string", r'"(?:[^"\\\n]|\\.)*"'),
        ("raw string", r"`[^`]*`"),
        ("duration", r"\d+[a-z]\b"),
        ("number", r"\d+(?:\.\d+)?\b"),
        ("variable", r"\$[A-Za-z_]\w*"),
        ("count", r"#[A-Za-z_]\w*"),
        ("list", r"%[A-Za-z_][\w.]*"),
        ("word", r"[A-Za-z_]\w*"),
        ("symbol", r"!=|<=|>=|[-=<>{}()\[\],:.+*/%!]"),
    ],
    re.ASCII,
)

T = TypeVar("T")

_DEEPEST = 60  # levels of nesting; each takes a dozen of Python's frames

_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_UNESCAPED = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "'": "'", "`": "`"}


def parse(source: Source) -> Rule:
    """The rule of a text. Raises `ParseError` where it is none, or more than one."""
    return Parser(source).rule()


class Parser:
    """One parsing of one text. `place` tells afterwards where the nodes of the tree were read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens = LEXER.tokens(source)
        self._at = Tokens(source, self.tokens)
        self._starts: dict[int, tuple[object, Token]] = {}
        self._closed: set[int] = set()

    def is_closed(self, node: object) -> bool:
        """Whether a node of the tree stood in parentheses."""
        return id(node) in self._closed

    def place(self, node: object) -> Span | None:
        """Where a node of the tree begins; None for one that is not of this tree."""
        _, token = self._starts.get(id(node), (None, None))
        return self.source.span(token.start, token.end) if token else None

    def rule(self) -> Rule:
        """The rule, which must be the whole text."""
        at = self._at
        at.expect("rule")
        name = at.expect_kind("word").text
        at.expect("{")
        meta = self._section("meta", self._meta) or ()
        events = self._section("events", self._events)
        match = self._section("match", self._match)
        outcome = self._section("outcome", self._outcome) or ()
        condition = self._section("condition", self._or)
        options = self._section("options", self._options) or ()
        if self._header():
            at.fail("each section appears once, in the order " + ", ".join(SECTIONS))
        at.expect("}")
        if at.now.kind != END:
            at.fail("expected nothing after the rule")
        if events is None or condition is None:
            at.fail("a rule needs an events and a condition section")
        assert events is not None and condition is not None
        return Rule(name, meta, events, condition, match, outcome, options)

    def _header(self) -> bool:
        return self._at.at(*SECTIONS) and self._at.ahead().text == ":"

    def _section(self, name: str, read: Callable[[], T]) -> T | None:
        """What a section holds, or None where it is not here."""
        if not (self._header() and self._at.at(name)):
            return None
        self._at.take()
        self._at.take()
        return read()

    def _ends(self) -> bool:
        """Whether the section ends here."""
        return self._header() or self._at.at("}") or self._at.now.kind == END

    def _lines(self, read: Callable[[], T]) -> tuple[T, ...]:
        found = []
        while not self._ends():
            start = self._at.now
            line = read()
            self._starts[id(line)] = (line, start)
            found.append(line)
        return tuple(found)

    def _meta(self) -> tuple[Meta, ...]:
        return self._lines(lambda: Meta(self._key(), self._string(strict=False)))

    def _key(self) -> str:
        """The name before an equals sign."""
        name = self._at.expect_kind("word").text
        self._at.expect("=")
        return name

    def _string(self, *, strict: bool = True) -> String:
        token = self._at.take()
        if token.kind == "string":
            return String(re.sub(r"\\(.)", partial(self._unescape, token, strict), token.text[1:-1]))
        if token.kind == "raw string":
            return String(token.text[1:-1], raw=True)
        return self._fail(token, "expected a string in quotes")

    def _unescape(self, token: Token, strict: bool, found: re.Match[str]) -> str:
        """A double-quoted string "must include escape characters"; only the common ones are documented to be any.

        Metadata of published rules have others, which SecOps takes.
        """
        if not strict and found[1] not in _UNESCAPED:
            return found[0]
        if found[1] not in _UNESCAPED:
            self._fail(token, f"unknown escape {found[0]} in a string; a backslash is written \\\\")
        return _UNESCAPED[found[1]]

    def _fail(self, token: Token, message: str) -> NoReturn:
        raise ParseError(message, self.source.span(token.start, max(token.end, token.start + 1)))

    def _events(self) -> tuple[Expr, ...]:
        return self._lines(self._or)

    def _match(self) -> Match:
        at = self._at
        variables = [self._variable()]
        while at.accept(","):
            variables.append(self._variable())
        kind = (at.accept("over", "by") or at.fail("expected 'over' or 'by'")).text.lower()
        length = at.expect_kind("duration").text
        pivot = None
        if kind == "over" and (side := at.accept("before", "after")):
            kind, pivot = side.text.lower(), self._variable()
        return Match(tuple(variables), Window(int(length[:-1]), length[-1], kind, pivot))

    def _variable(self) -> str:
        return self._at.expect_kind("variable").text[1:]

    def _outcome(self) -> tuple[Outcome, ...]:
        def line() -> Outcome:
            name = self._variable()
            self._at.expect("=")
            return Outcome(name, self._sum())

        return self._lines(line)

    def _options(self) -> tuple[Option, ...]:
        return self._lines(lambda: Option(self._key(), self._option_value()))

    def _option_value(self) -> Truth | Number | str:
        token = self._at.take()
        if token.kind == "number":
            return _number(token)
        if token.kind == "duration":
            return token.text
        if token.text.lower() in ("true", "false"):
            return Truth(token.text.lower() == "true")
        return self._fail(token, "expected true, false, a number or a length of time")

    # Expressions, from the loosest operator to the tightest.

    def _or(self) -> Expr:
        return self._joined("or", Or, self._and)

    def _and(self) -> Expr:
        return self._joined("and", And, self._not)

    def _joined(self, word: str, build: type[And] | type[Or], operand: Callable[[], Expr]) -> Expr:
        args = [operand()]
        while self._at.accept(word):
            args.append(operand())
        return args[0] if len(args) == 1 else build(tuple(args))

    def _not(self) -> Expr:
        self._at.enter(_DEEPEST)
        try:
            return Not(self._not()) if self._at.accept("not") else self._comparison()
        finally:
            self._at.leave()

    def _comparison(self) -> Expr:
        at, start = self._at, self._at.now
        expr = self._sum()
        if at.now.kind == "regex":
            operator, pattern = _parted(at.take())
            expr = Compare(expr, operator, Regex(pattern), self._nocase())
        elif operator_ := at.accept(*_COMPARISONS):
            expr = Compare(expr, operator_.text, self._sum(), self._nocase())
        elif at.accept("in"):
            kind = at.accept("regex", "cidr")
            name = at.expect_kind("list").text[1:]
            expr = InList(expr, name, kind.text.lower() if kind else "", self._nocase())
        elif isinstance(expr, Call) and self._nocase():
            expr = replace(expr, nocase=True)
        self._starts[id(expr)] = (expr, start)
        return expr

    def _nocase(self) -> bool:
        return self._at.accept("nocase") is not None

    def _sum(self) -> Expr:
        return self._arithmetic(("+", "-"), self._product)

    def _product(self) -> Expr:
        return self._arithmetic(("*", "/", "%"), self._operand)

    def _arithmetic(self, operators: tuple[str, ...], operand: Callable[[], Expr]) -> Expr:
        left = operand()
        while operator := self._at.accept(*operators):
            left = Arithmetic(left, operator.text, operand())
        return left

    def _operand(self) -> Expr:
        start = self._at.now
        expr = self._primary(start)
        self._starts[id(expr)] = (expr, start)
        return expr

    def _primary(self, token: Token) -> Expr:
        at = self._at
        match token.kind:
            case "variable":
                return self._path()
            case "count":
                return Count(at.take().text[1:])
            case "string" | "raw string":
                return self._string()
            case "number":
                return _number(at.take())
            case "word" if not self._header():
                return self._word()
        if at.accept("!"):
            return Absent(self._variable())
        if at.accept("("):
            expr = self._or()
            at.expect(")")
            self._closed.add(id(expr))
            return expr
        return self._fail(token, f"expected a field, a value or a function, found {token.text or 'the end'!r}")

    def _path(self) -> Path | Variable:
        at, name = self._at, self._variable()
        steps: list[Step] = []
        while True:
            if at.accept("."):
                steps.append(at.expect_kind("word").text)
            elif steps and at.accept("["):
                steps.append(int(at.take().text) if at.now.kind == "number" else Key(self._string().text))
                at.expect("]")
            else:
                return Path(name, tuple(steps)) if steps else Variable(name)

    def _word(self) -> Expr:
        """`true`, `false`, `any` and `all`, or a function's call."""
        at, start = self._at, self._at.take()
        word = start.text.lower()
        if word in ("true", "false"):
            return Truth(word == "true")
        if word in ("any", "all"):
            path = self._operand()
            return Quantified(word, path) if isinstance(path, Path) else self._fail(start, f"{word} needs a field")
        name = start.text
        if at.now.text == ":":
            self._fail(start, f"there is no section {name!r}; there are {', '.join(SECTIONS)}")
        while at.accept("."):
            name += "." + at.expect_kind("word").text
        if not at.accept("("):
            self._fail(start, f"{name!r} is not a function call; a field begins with its event's variable, $e.{name}")
        args: list[Expr] = []
        while not at.accept(")"):
            if args and at.now.kind == "regex argument":
                token = at.take()
                args.append(String(_parted(token)[1], raw=True))
                self._starts[id(args[-1])] = (args[-1], token)
                continue
            if args:
                at.expect(",")
            args.append(self._or())
        return Call(name, tuple(args))


def _parted(token: Token) -> tuple[str, str]:
    """The operator or comma before a regex literal, and its pattern."""
    before, _, pattern = token.text[:-1].partition("/")
    return before.strip(), pattern.replace("\\/", "/")


def _number(token: Token) -> Number:
    return Number(float(token.text) if "." in token.text else int(token.text))
