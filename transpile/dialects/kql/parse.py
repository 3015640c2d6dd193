"""Reads Kusto queries: statements, pipelines and tabular operators. `parse_scalar` reads the expressions in them."""

from __future__ import annotations

from functools import lru_cache

from transpile.dialects.kql.parse_scalar import LEXER, Scalars
from transpile.dialects.kql.tree import (
    Call,
    Columns,
    Expr,
    Function,
    Join,
    Let,
    Name,
    Operator,
    Path,
    Pipeline,
    Raw,
    RawStatement,
    Script,
    Statement,
    Summarize,
    Union,
    Where,
    Wildcard,
)
from transpile.source import Source
from transpile.syntax.lexer import END, ParseError, Tokens

# Operators that begin a pipeline, for want of a table before them.
_SOURCES = ("union", "print", "range", "datatable", "externaldata", "external_data", "search", "find")
_STATEMENTS = ("set", "declare", "alias", "restrict")
_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")
_PARAMETERS = ("kind", "isfuzzy", "withsource", "with_source")


def parse(source: Source) -> Script:
    """The tree of a query text. Raises `ParseError` with the place.

    >>> parse(Source("T | where a == 1")).statements[0].source
    Name(name='T')
    """
    parser = _Parser(source)
    script = parser.script()
    if parser.tokens.now.kind != END:
        parser.tokens.fail("expected the end")
    return script


@lru_cache(maxsize=256)
def parse_dataset(text: str) -> tuple[tuple[Statement, ...], Pipeline]:
    """What a data model names as the source of events: a table (brackets are not needed), a function call, `union`
    of tables, or any beginning of a query; as the statements before it and a pipeline to go on with.

    >>> parse_dataset("my-table")
    ((), Pipeline(source=Name(name='my-table'), operators=()))
    """
    try:
        *before, table = parse(Source(text)).statements
    except ParseError:
        before, table = [], Name(text)
    match table:
        case Pipeline():
            return tuple(before), table
        case Name() | Call() | Path():
            return tuple(before), Pipeline(table)
        case _:
            return (), Pipeline(Name(text))


class _Parser(Scalars):
    """A cursor over one text. It lives for one call of `parse`."""

    def __init__(self, source: Source) -> None:
        super().__init__(Tokens(source, LEXER.tokens(source)))

    # --- statements

    def script(self) -> Script:
        """Statements parted by `;`, up to the end or a `}`."""
        found: list[Statement] = []
        while self.tokens.now.kind != END and not self.tokens.at("}"):
            found.append(self.statement())
            if not self.tokens.accept(";"):
                break
        if not found:
            self.tokens.fail("expected a query")
        return Script(tuple(found))

    def statement(self) -> Statement:
        if self.tokens.at("let") and self.tokens.ahead().kind in ("word", "[") and self.tokens.ahead(2).text != ".":
            return self.let()
        if self.tokens.at(*_STATEMENTS) and self.tokens.ahead().kind == "word":
            return RawStatement(self.raw())
        return self.expression()

    def let(self) -> Let:
        self.tokens.take()
        name = self.name()
        self.tokens.expect("=")
        view = self.tokens.at("view") and self.tokens.ahead().text == "("
        if view:
            self.tokens.take()
        if not self.tokens.at("(") or not self.is_function():
            return Let(name, self.expression())
        self.tokens.take()
        parameters = self.raw()
        self.tokens.expect(")")
        self.tokens.expect("{")
        body = self.script()
        self.tokens.expect("}")
        return Let(name, Function(parameters, body, view))

    def is_function(self) -> bool:
        """Whether the parenthesis at the cursor closes before a `{`."""
        distance = depth = 0
        while (token := self.tokens.ahead(distance)).kind != END:
            depth += token.text in _OPENING
            depth -= token.text in _CLOSING
            distance += 1
            if depth == 0:
                return self.tokens.ahead(distance).text == "{"
        return False

    # --- pipelines

    def expression(self) -> Expr:
        """A scalar expression or a pipeline: they look alike up to the first `|`."""
        source = self.source_operator() or self.scalar()
        operators: list[Operator] = []
        while self.tokens.accept("|"):
            operators.append(self.operator(self.operator_name()))
        if not operators and not isinstance(source, Operator):
            return source
        return Pipeline(source, tuple(operators))

    def source_operator(self) -> Operator | None:
        if not self.tokens.at(*_SOURCES) or self.tokens.now.kind != "word" or self.tokens.ahead().text == "-":
            return None
        if self.tokens.at("range") and self.tokens.ahead(2).text != "from":
            return None  # a column or the function of that name
        return self.operator(self.operator_name())

    def operator_name(self) -> str:
        """The words of an operator, joined by hyphens: `mv-expand`."""
        first = last = self.tokens.expect_kind("word")
        name = first.text
        while (
            self.tokens.at("-")
            and self.tokens.now.start == last.end
            and self.tokens.ahead().kind == "word"
            and self.tokens.ahead().start == last.end + 1
        ):
            self.tokens.take()
            last = self.tokens.take()
            name += "-" + last.text
        return name

    def operator(self, name: str) -> Operator:
        match name:
            case "where" | "filter":
                return Where(self.scalar())
            case "extend" | "project" | "project-rename" | "distinct":
                return Columns(name, self.columns())
            case "summarize":
                parameters = self.parameters()
                aggregates = () if self.ends_operator() or self.tokens.at("by") else self.columns()
                return Summarize(aggregates, self.columns() if self.tokens.accept("by") else (), parameters)
            case "join" | "lookup":
                parameters = self.parameters()
                right = self.postfix()
                return Join(name, right, self.scalars() if self.tokens.accept("on") else (), parameters)
            case "union":
                parameters = self.parameters()
                return Union(self.tables(), parameters)
            case _:
                return Raw(name, self.raw())

    def ends_operator(self) -> bool:
        return self.tokens.now.kind == END or self.tokens.at("|", ";", *_CLOSING)

    def parameters(self) -> tuple[tuple[str, str], ...]:
        """`kind=inner hint.strategy=shuffle`, before an operator's own arguments."""
        found: list[tuple[str, str]] = []
        while (self.tokens.at(*_PARAMETERS) and self.tokens.ahead().kind == "=") or (
            self.tokens.at("hint") and self.tokens.ahead().text == "."
        ):
            name = self.tokens.take().text
            while self.tokens.accept("."):
                name += "." + self.tokens.expect_kind("word").text
            self.tokens.expect("=")
            found.append((name, self.tokens.take().text))
        return tuple(found)

    def columns(self) -> tuple[Expr, ...]:
        found = [self.column()]
        while self.tokens.accept(","):
            found.append(self.column())
        return tuple(found)

    def column(self) -> Expr:
        return self.assignment(self.scalar) or self.scalar()

    def scalars(self) -> tuple[Expr, ...]:
        found = [self.scalar()]
        while self.tokens.accept(","):
            found.append(self.scalar())
        return tuple(found)

    def tables(self) -> tuple[Expr, ...]:
        found = [self.table()]
        while self.tokens.accept(","):
            found.append(self.table())
        return tuple(found)

    def table(self) -> Expr:
        """A table of a `union`; a name may hold `*`."""
        pattern, end = "", self.tokens.now.start
        for distance in range(8):
            token = self.tokens.ahead(distance)
            if token.start != end or not (token.text == "*" or token.kind == "word"):
                break
            pattern, end = pattern + token.text, token.end
        if "*" not in pattern:
            return self.postfix()
        while self.tokens.now.start < end and self.tokens.now.kind != END:
            self.tokens.take()
        return Wildcard(pattern)

    def raw(self) -> str:
        """The text up to what ends the operator or statement, with single blanks for the blanks in it."""
        text, depth, end = "", 0, -1
        while self.tokens.now.kind != END:
            token = self.tokens.now
            if depth == 0 and (token.text in ("|", ";") or token.text in _CLOSING):
                break
            depth += token.text in _OPENING
            depth -= token.text in _CLOSING
            text += (" " if text and token.start > end else "") + token.text
            end = token.end
            self.tokens.take()
        return text
