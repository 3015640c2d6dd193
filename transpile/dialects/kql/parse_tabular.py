"""Reads tabular operators. One that has a node in the tree but does not fit it is kept as text, like any other."""

from __future__ import annotations

from collections.abc import Callable

from transpile.dialects.kql.parse_scalar import Scalars
from transpile.dialects.kql.tree import (
    Assignment,
    Columns,
    DataTable,
    Expand,
    Expanded,
    Expr,
    Join,
    Key,
    Name,
    Operator,
    Partition,
    Pipeline,
    Raw,
    Scan,
    Sort,
    Step,
    Summarize,
    Top,
    Union,
    Where,
    Wildcard,
)
from transpile.syntax.lexer import END, ParseError

# Operators that begin a pipeline, for want of a table before them.
_SOURCES = ("union", "print", "range", "datatable", "externaldata", "external_data", "search", "find")
_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")
_PARAMETERS = ("kind", "isfuzzy", "withsource", "with_source")
_DEEPEST = 60  # tables within tables


class Tabular(Scalars):
    """The part of the parser that reads pipelines."""

    def pipeline(self) -> Expr:
        """A scalar expression or a pipeline."""
        start = self.tokens.now.start
        source = self.source_operator() or self.scalar()
        operators = self.operators()
        if not operators and not isinstance(source, Operator):
            return source
        return Pipeline(source, operators, self.place(start))

    def operators(self) -> tuple[Operator, ...]:
        """`| operator ...`, any number of times."""
        found: list[Operator] = []
        while self.tokens.accept("|"):
            found.append(self.operator())
        return tuple(found)

    def source_operator(self) -> Operator | None:
        """The operator at the cursor, if it may begin a pipeline."""
        if not self.tokens.at(*_SOURCES) or self.tokens.now.kind != "word" or self.tokens.ahead().text == "-":
            return None
        if self.tokens.at("range") and self.tokens.ahead(2).text != "from":
            return None  # a column or the function of that name
        return self.operator()

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

    def operator(self) -> Operator:
        """The operator at the cursor."""
        start = self.tokens.now.start
        name = self.operator_name()
        match name:
            case "where" | "filter":
                predicate = self.scalar()
                return Where(predicate, self.place(start))
            case "extend" | "project" | "project-rename" | "distinct":
                columns = self.columns()
                return Columns(name, columns, self.place(start))
            case "summarize":
                return self.summarize(start)
            case "join" | "lookup":
                parameters = self.parameters()
                right = self.postfix()
                on = self.scalars() if self.tokens.accept("on") else ()
                return Join(name, right, on, parameters, self.place(start))
            case "union":
                parameters = self.parameters()
                tables = self.tables()
                return Union(tables, parameters, self.place(start))
            case _:
                return self.attempt(name, start)

    def summarize(self, start: int) -> Summarize:
        """`summarize` after its name."""
        parameters = self.parameters()
        aggregates = () if self.ends_operator() or self.tokens.at("by") else self.columns()
        by = self.columns() if self.tokens.accept("by") else ()
        return Summarize(aggregates, by, parameters, self.place(start))

    def attempt(self, name: str, start: int) -> Operator:
        """An operator of which some forms have a node; others are text."""
        readers: dict[str, Callable[[str, int], Operator]] = {
            "project-away": self.plain_columns,
            "project-keep": self.plain_columns,
            "project-reorder": self.plain_columns,
            "serialize": self.plain_columns,
            "print": self.plain_columns,
            "sort": self.sort,
            "order": self.sort,
            "top": self.top,
            "mv-expand": self.expand,
            "mvexpand": self.expand,
            "mv-apply": self.expand,
            "scan": self.scan,
            "partition": self.partition,
            "datatable": self.datatable,
        }
        read = readers.get(name)
        mark = self.tokens.mark()
        if read is not None:
            try:
                found = read(name, start)
            except ParseError:
                pass
            else:
                if self.ends_operator():
                    return found
            self.tokens.reset(mark)
        text = self.raw()
        return Raw(name, text, self.place(start))

    def ends_operator(self) -> bool:
        """Whether the operator at the cursor has ended."""
        return self.tokens.now.kind == END or self.tokens.at("|", ";", *_CLOSING)

    # --- operators that may be kept as text

    def plain_columns(self, name: str, start: int) -> Columns:
        """Columns and nothing else; `serialize` may have none."""
        columns = () if name == "serialize" and self.ends_operator() else self.columns()
        return Columns(name, columns, self.place(start))

    def sort(self, name: str, start: int) -> Sort:
        """`by key, ...`"""
        self.tokens.expect("by")
        keys = self.keys()
        return Sort(name, keys, self.place(start))

    def top(self, name: str, start: int) -> Top:
        """`count by key, ...`"""
        count = self.scalar()
        self.tokens.expect("by")
        keys = self.keys()
        return Top(count, keys, self.place(start))

    def keys(self) -> tuple[Key, ...]:
        """What to order by."""
        found = [self.key()]
        while self.tokens.accept(","):
            found.append(self.key())
        return tuple(found)

    def key(self) -> Key:
        """One of them: `value asc nulls first`."""
        value = self.scalar()
        direction = self.tokens.take().text if self.tokens.at("asc", "desc") else ""
        nulls = ""
        if self.tokens.accept("nulls"):
            if not self.tokens.at("first", "last"):
                self.tokens.fail("expected first or last")
            nulls = self.tokens.take().text
        return Key(value, direction, nulls)

    def expand(self, name: str, start: int) -> Expand:
        """`column to typeof(type), ...`, and for `mv-apply` `on (operators)`."""
        columns = [self.expanded()]
        while self.tokens.accept(","):
            columns.append(self.expanded())
        body: tuple[Operator, ...] = ()
        if name == "mv-apply":
            self.tokens.expect("on")
            body = self.body()
        return Expand(name, tuple(columns), body, self.place(start))

    def expanded(self) -> Expanded:
        """One column of an expansion."""
        value = self.column()
        if not self.tokens.accept("to"):
            return Expanded(value)
        type_ = self.tokens.expect_kind("typed").text
        if not type_.startswith("typeof"):
            self.tokens.fail("expected typeof")
        return Expanded(value, type_.partition("(")[2][:-1].strip())

    def body(self) -> tuple[Operator, ...]:
        """Operators in parentheses, without a table."""
        self.tokens.expect("(")
        found = (self.operator(), *self.operators())
        self.tokens.expect(")")
        return found

    def partition(self, name: str, start: int) -> Partition:
        """`by column (operators)`."""
        parameters = self.parameters()
        self.tokens.expect("by")
        by = Name(self.name())
        body = self.body()
        return Partition(by, body, parameters, self.place(start))

    def scan(self, name: str, start: int) -> Scan:
        """`declare (columns) with (steps)`."""
        declared = self.schema() if self.tokens.accept("declare") else ()
        self.tokens.expect("with")
        self.tokens.expect("(")
        steps: list[Step] = []
        while not self.tokens.at(")"):
            steps.append(self.step())
            self.tokens.expect(";")
        self.tokens.expect(")")
        return Scan(declared, tuple(steps), self.place(start))

    def step(self) -> Step:
        """One step of a scan."""
        self.tokens.expect("step")
        name = self.name()
        output = ""
        if self.tokens.accept("output"):
            self.tokens.expect("=")
            output = self.tokens.expect_kind("word").text
        self.tokens.expect(":")
        condition = self.scalar()
        assignments: list[Assignment] = []
        if self.tokens.accept("=>"):
            while True:
                found = self.assignment(self.scalar)
                if found is None:
                    self.fail("expected an assignment")
                assignments.append(found)
                if not self.tokens.accept(","):
                    break
        return Step(name, condition, tuple(assignments), output)

    def datatable(self, name: str, start: int) -> DataTable:
        """`(columns) [values]`."""
        columns = self.schema()
        self.tokens.expect("[")
        values: list[Expr] = []
        while not self.tokens.at("]"):
            values.append(self.scalar())
            if not self.tokens.accept(","):
                break
        self.tokens.expect("]")
        return DataTable(columns, tuple(values), self.place(start))

    def schema(self) -> tuple[tuple[str, str], ...]:
        """`(name: type, ...)`."""
        self.tokens.expect("(")
        found: list[tuple[str, str]] = []
        while not self.tokens.at(")"):
            name = self.name()
            self.tokens.expect(":")
            found.append((name, self.tokens.expect_kind("word").text))
            if not self.tokens.accept(","):
                break
        self.tokens.expect(")")
        return tuple(found)

    # --- lists

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
        """Columns, some of them assigned."""
        found = [self.column()]
        while self.tokens.accept(","):
            found.append(self.column())
        return tuple(found)

    def column(self) -> Expr:
        """A column, assigned or not."""
        return self.assignment(self.scalar) or self.scalar()

    def scalars(self) -> tuple[Expr, ...]:
        """Expressions with commas between."""
        found = [self.scalar()]
        while self.tokens.accept(","):
            found.append(self.scalar())
        return tuple(found)

    def tables(self) -> tuple[Expr, ...]:
        """The tables of a `union`."""
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
            self.tokens.enter(_DEEPEST)
            found = self.postfix()
            self.tokens.leave()
            return found
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
