"""The commands of a search, one after the other: what each does to the fields and to the condition of the rule."""

from __future__ import annotations

import re
from functools import partial
from typing import assert_never

from transpile.codes import Code
from transpile.dialects.base import Lifted, ReadOptions
from transpile.dialects.spl import codes
from transpile.dialects.spl import tree as spl
from transpile.dialects.spl.lift_assemble import Conditions
from transpile.dialects.spl.lift_eval import Scope, truth, value
from transpile.dialects.spl.lift_fields import Fields
from transpile.dialects.spl.lift_logic import either, opposite
from transpile.dialects.spl.lift_rows import any_row, looked_up, lookup_rows, named_groups, rows_found
from transpile.dialects.spl.lift_search import Scope as SearchScope
from transpile.dialects.spl.lift_search import macro, search, searchmatch
from transpile.dialects.spl.lift_settle import Remainder
from transpile.dialects.spl.lift_stats import Fold, Folding, marked, spread, window_of
from transpile.dialects.spl.lift_tables import ADDED, ENRICHING, EXTRACTING, SHOWN, extracted_from, is_computed_name
from transpile.dialects.spl.lift_value import COLUMN, Computed, Unknown, as_opaque, ask, filled, present, unfilled
from transpile.dialects.spl.macros import PLATFORM, Expanded, split_call
from transpile.dialects.spl.strings import RAW, unquote
from transpile.ir.expr import TRUE, Constant, Expr, Keyword, Match
from transpile.ir.match import Call, Compare, Field, Function, Literal, Regex
from transpile.ir.walk import field_names, leaves

CIM_FILL = "unknown"  # what the Common Information Model's data models put into missing fields


class Reader:
    """Reads the commands of one search."""

    def __init__(self, expanded: Expanded, options: ReadOptions) -> None:
        self.expanded = expanded
        self.options = options
        self.rest = Remainder(expanded.original)
        self.fields = Fields()
        self.conditions = Conditions(self.rest)
        self.fold: Fold | None = None
        self.span_of_time: str | None = None
        self.shown: tuple[str, ...] = ()
        self.started = False
        self._folded: list[spl.AnyCommand] = []
        # Commands that keep some of the rows, each with the fields of which it keeps every value, as `dedup` does.
        self._limits: list[tuple[spl.Plain, frozenset[str]]] = []
        self.mixed = False  # whether results of other searches are among the rows

    def read(self, command: spl.AnyCommand) -> None:
        """Take in the next command."""
        first, self.started = not self.started, True
        self.fields.begin(command.place)
        match command:
            case spl.Search(expr):
                self._add(search(expr, self._search_scope()), command)
            case spl.Where(expr):
                self._add(truth(expr, self._scope()).holds, command)
            case spl.Eval(assignments):
                for name, expr in assignments:
                    self.fields.begin(command.place)
                    self.fields.set(name, value(expr, self._scope()))
                    if is_computed_name(name):
                        self.fields.extract(Unknown(self.expanded.text(command.place), codes.SPL013))
                self._leave(codes.SPL009, command)
            case spl.Regex(name, pattern, negated):
                self._regex(name or RAW, pattern, negated, command)
            case spl.Tstats():
                self._tstats(command)
            case spl.Stats():
                self._stats(command)
            case spl.Rename(pairs):
                for old, new in pairs:
                    self.fields.rename(old, new)
                self._leave(codes.SPL009, command)
            case spl.Fields():
                self._fields(command)
            case spl.Rex():
                self._rex(command)
            case spl.Lookup():
                self._lookup(command)
            case spl.Plain():
                self._plain(command, first)
            case spl.Branch():
                self._branch(command, first)
            case spl.Command(name, text):
                self._command(command, name.lower(), text, first)
            case spl.Macro(text):
                self._macro(command, text)
            case _:
                assert_never(command)

    def finish(self) -> Lifted:
        """What the commands so far mean. Aggregations that nothing tests only arrange what is shown."""
        if not self.conditions.on_rows:
            for command in self._folded:
                self._leave(codes.SPL009, command)
        for limit, kept in self._limits:  # `dedup` folds alerts; the others drop some
            self._leave(codes.SPL009 if limit.name == "dedup" or kept else codes.SPL026, limit)
        tested = {(self.expanded.text(place), self.expanded.span(place)) for place in self.fields.tested}
        self.rest.recall(codes.SPL009, codes.SPL027, tested)
        return self.conditions.finish(self.fold, self.shown)

    def _leave(self, code: Code, command: spl.AnyCommand, *, about: str = "", wider: bool = True) -> None:
        text = self.expanded.text(command.place)
        self.rest.leave(code, text, self.expanded.span(command.place), about=about, wider=wider)

    def _add(self, condition: Expr, command: spl.AnyCommand) -> None:
        """Ask for a condition; one that goes without saying is named."""
        if isinstance(condition, Constant):
            self._leave(codes.SPL009, command)
        for leaf in leaves(condition):
            match leaf:
                case Match(Field(name), Compare(), _, span) if not name.startswith(COLUMN):
                    self.rest.report.note(codes.SPL019, span, text=name)
                case _:
                    pass
        self._test(condition)

    def _present(self, name: str, held: Computed, command: spl.AnyCommand) -> None:
        """Ask for a value of a field."""
        condition = present(held, self.expanded.span(command.place))
        if condition != TRUE:
            self.fields.test(name)
        self.conditions.add(condition)

    def _test(self, condition: Expr) -> None:
        """Ask for a condition of the rows that the commands before it kept."""
        if condition != TRUE:
            self.fields.test()
        tested = set(field_names(condition))
        for limit in list(self._limits):
            command, fields = limit
            if not isinstance(condition, Constant) and not (tested and tested <= fields):
                self._leave(codes.SPL024, command)
                self._limits.remove(limit)
        self.conditions.add(condition)

    def _scope(self) -> Scope:
        return Scope(
            self.fields.get, self.expanded.span, self.expanded.text, partial(searchmatch, scope=self._search_scope())
        )

    def _search_scope(self) -> SearchScope:
        return SearchScope(self.fields.get, self.expanded.span, self.expanded.text, self._subsearch)

    def _subsearch(self, found: spl.Subsearch) -> Expr:
        """The results of a subsearch become terms: alternatives of a row each."""
        rows = rows_found(found.pipeline, self.options.lookups)
        span = self.expanded.span(found.place)
        if rows is None:
            return as_opaque(Unknown(self.expanded.text(found.place), codes.SPL014), span)
        return any_row(rows, self._search_scope())

    def _regex(self, name: str, pattern: str, negated: bool, command: spl.Regex) -> None:
        span = self.expanded.span(command.place)
        if name == RAW:
            found: Expr = Keyword(Regex(pattern), span)
        else:
            found = ask(self.fields.get(name), Regex(pattern), span, "re").holds
        self._test(opposite(found) if negated else found)

    def _fields(self, command: spl.Fields) -> None:
        if command.removed:
            self.fields.remove(command.fields)
        elif "*" not in command.fields:
            self.fields.keep(command.fields)
            self.shown = command.fields
        self._leave(codes.SPL009, command)

    def _rex(self, command: spl.Rex) -> None:
        """Each named group of the regex fills a field."""
        options = {option.name: unquote(option.value) for option in command.options}
        subject = options.get("field", RAW)
        plain = options.get("mode") != "sed" and options.get("max_match", "1") == "1" and subject != RAW
        held = self.fields.get(subject)
        why = Unknown(self.expanded.text(command.place), codes.SPL013)
        if options.get("mode") == "sed":
            self.fields.set(subject, why)
            return
        groups = named_groups(command.pattern)
        if groups is None:
            self.fields.default = why
        for number, name in groups or ():
            if plain and isinstance(held, Field | Call):
                self.fields.set(name, Call(Function.CAPTURE, (held, Literal(command.pattern), Literal(number))))
            else:
                self.fields.set(name, why)
        self._leave(codes.SPL009, command)

    def _lookup(self, command: spl.Lookup) -> None:
        """A lookup fills fields from the row whose columns equal the fields."""
        rows = lookup_rows(command.table, self.options.lookups)
        text = self.expanded.text(command.place)
        for column, name in command.outputs:
            if rows is None:
                self.fields.set(name, Unknown(text, codes.SPL011, command.table))
            else:
                self.fields.set(name, looked_up(command, rows, column, self._search_scope()))
        if not command.outputs:
            self.fields.default = Unknown(text, codes.SPL011, command.table)
        self._leave(codes.SPL009, command)

    def _tstats(self, command: spl.Tstats) -> None:
        self.conditions.dataset = command.dataset
        if command.where is not None:
            self.conditions.add(search(command.where, self._search_scope()))
        for option in command.options:
            if isinstance(option, spl.Macro) and split_call(option.text)[0] not in PLATFORM:
                self.conditions.add(macro(option.text, self.expanded.span(command.place)))
        filling = [one.value for one in command.options if isinstance(one, spl.Flag) and one.name == "fillnull_value"]
        fill = unquote(filling[0]) if filling else ""
        self._folds(command, command.aggregations, command.by, command.span, fill=fill or CIM_FILL)

    def _stats(self, command: spl.Stats) -> None:
        if command.name != "stats":
            text = self.expanded.text(command.place)
            for one in command.aggregations:
                self.fields.set(one.name, Unknown(text, codes.SPL015))
            self._leave(codes.SPL009, command)
            return
        self._folds(command, command.aggregations, command.by, self.span_of_time)

    def _folds(
        self,
        command: spl.Stats | spl.Tstats,
        aggregations: tuple[spl.Aggregation, ...],
        by: tuple[str, ...],
        span: str | None,
        *,
        fill: str | None = None,
    ) -> None:
        """Rows that are told apart by some values. `stats` drops events without one; data models fill them in."""
        values = tuple((name, self.fields.get(name)) for name in by if name != "_time")
        if self.fold is not None:
            values = tuple((name, unfilled(held)) for name, held in values)
        if fill is None and self.fold is None:
            for name, held in values:
                self._present(name, held, command)
        tested = self.conditions.on_rows or self.mixed
        folding = Folding(values, self.fold, {}, {})
        known: dict[str, Computed] = {name: held if fill is None else filled(held, fill) for name, held in values}
        groups, made = self.fields.makers(), {}
        for one in aggregations:
            self.fields.begin(command.place)
            argument = self.fields.get(one.argument) if isinstance(one.argument, str) else None
            made[one.name] = groups | self.fields.makers()
            text = self.expanded.text(one.place)
            known[one.name] = Unknown(text, codes.SPL015) if tested else folding.result(one, argument, text)
        if "_time" in by:
            known["_time"] = Field("_time")
        self.fields.only(known, made, spread(aggregations, self.fields.before(), tested))
        self.shown = tuple(name for name in by if name != "_time")
        self._folded.append(command)
        if tested:
            return
        if self.fold is not None:
            folding.columns = {column.name: column for column in self.fold.columns} | folding.columns
        window = window_of(span) if "_time" in by else self.fold.window if self.fold else None
        measures, columns = tuple(folding.measures.items()), tuple(folding.columns.values())
        self.fold = Fold(values, measures, columns, window, "_time" in by and window is None)

    def _plain(self, command: spl.Plain, first: bool) -> None:
        options = {option.name: unquote(option.value) for option in command.options}
        words = command.words[: command.words.index("sortby")] if "sortby" in command.words else command.words
        names = [name.lstrip("-+") for name in words if not name.isdigit() and name.lower() != "by"]
        why = Unknown(self.expanded.text(command.place), codes.SPL013)
        match command.name:
            case "bin" | "bucket" if command.words == ("_time",):
                self.span_of_time = options.get("span")
                self._folded.append(command)
                return
            case "bin" | "bucket":
                self.fields.set(names[-1] if names else "", why)
            case "fillnull":
                self._fillnull(command, options)
            case "head" | "tail" | "dedup" | "top" | "rare":
                self._limit(command, list(filter(None, names)), options)
                return
            case "sort" if any(count.isdecimal() and int(count) for count in (*words[:1], options.get("limit", ""))):
                self._limits.append((command, frozenset()))
                return
            case "makemv":
                for name in names:
                    self.fields.set(name, why)
            case "mvexpand":
                for name in names[:1]:
                    self.fields.set(name, marked(self.fields.get(name)))
            case "spath":
                plain = self.fields.get(options.get("input", RAW)) == Field(RAW)
                path = options.get("path", "".join(command.words[:1]))
                if path:
                    self.fields.set(options.get("output", path), Field(path) if plain else why)
                elif not plain:
                    self.fields.extract(why)
            case "transaction" | "inputlookup":
                self._opaque(command, command.name, first)
                return
        self._leave(codes.SPL009, command)

    def _limit(self, command: spl.Plain, names: list[str], options: dict[str, str]) -> None:
        """A command that keeps some of the rows: the first ones, one for each value, or the values that are common."""
        held = {name: self.fields.get(name) for name in names}
        if command.name in ("head", "tail"):
            self._limits.append((command, frozenset()))
            return
        if options.get("keepempty") != "true":
            for name, value in held.items():
                self._present(name, value, command)
        if command.name == "dedup":
            plain = all(isinstance(value, Field) for value in held.values())
            fields = (
                frozenset(value.name for value in held.values() if isinstance(value, Field)) if plain else frozenset()
            )
            self._limits.append((command, fields))
            return
        for option, name in (("countfield", "count"), ("percentfield", "percent")):
            held[options.get(option, name)] = Unknown(self.expanded.text(command.place), codes.SPL015)
        self.fields.only(held)
        self.shown = tuple(names)
        self._limits.append((command, frozenset(held) if options.get("limit") == "0" else frozenset()))

    def _opaque(self, command: spl.AnyCommand, name: str, first: bool) -> None:
        """A command that may change what matches and any field."""
        self.fields.default = Unknown(self.expanded.text(command.place), codes.SPL012, name)
        self._leave(codes.SPL012, command, about=name)
        if first:
            self.conditions.unread = True

    def _fillnull(self, command: spl.Plain, options: dict[str, str]) -> None:
        filling = options.get("value", "0")
        if not command.words:
            self.fields.fill = filling
        for name in command.words or tuple(self.fields.names()):
            self.fields.begin(command.place)
            self.fields.set(name, filled(self.fields.get(name), filling))

    def _branch(self, command: spl.Branch, first: bool) -> None:
        """Results of other searches: joined to these, or added to them."""
        if first and command.name in ("multisearch", "union") and self._alternatives(command):
            return
        text = self.expanded.text(command.place)
        added = command.name in ("append", "appendpipe", "multisearch", "union")
        self.mixed = self.mixed or added
        self._leave(codes.SPL014, command, wider=not added)
        if not added or first:
            self.fields.default = Unknown(text, codes.SPL014)
        if first:
            self.conditions.unread = True

    def _alternatives(self, command: spl.Branch) -> bool:
        """Several searches at the front as alternatives of one condition, if each is nothing but a condition."""
        found: list[Expr] = []
        for pipeline in command.pipelines:
            inner = Reader(self.expanded, self.options)
            for one in pipeline.commands:
                inner.read(one)
            condition = inner.conditions.plain()
            if condition is None or inner.fold is not None or inner.rest.left:
                return False
            found.append(condition)
        self.conditions.add(either(*found))
        return True

    def _command(self, command: spl.Command, name: str, text: str, first: bool) -> None:
        if first and name in ("from", "datamodel"):
            self._from(text.split())
            return
        counted = name == "sort" and re.match(r"\s*(?:limit\s*=\s*)?[1-9]", text)
        if counted or name not in SHOWN | EXTRACTING | ADDED.keys() | ENRICHING.keys():
            self._opaque(command, name, first)
            return
        if name in EXTRACTING and self.fields.get(extracted_from(name, text)) != Field(RAW):
            self.fields.extract(Unknown(self.expanded.text(command.place), codes.SPL013))
        whole = Unknown(self.expanded.text(command.place), codes.SPL012, name)
        targets = ENRICHING[name](text) if name in ENRICHING else list(ADDED.get(name, ()))
        for target in targets:
            self.fields.set(target, whole)
        if name in ENRICHING and not targets:
            self.fields.default = whole
        self._leave(codes.SPL009, command)

    def _from(self, words: list[str]) -> None:
        """`from datamodel:"Web.Web"` reads a data set, whose fields have bare names here."""
        name = unquote(words[-1].rpartition(":")[2]) if words else ""
        self.conditions.dataset = name or None
        self.fields = Fields(name.rpartition(".")[2] + "." if name else "")

    def _macro(self, command: spl.Macro, text: str) -> None:
        name, arguments = split_call(text)
        if name == "drop_dm_object_name" and arguments:
            self.fields.rename(f"{arguments[0]}.*", "*")
        if name in PLATFORM or name.endswith("_filter"):
            self._leave(codes.SPL018, command)
            return
        self._leave(codes.SPL010, command, about=name)
        self.fields.default = Unknown(f"`{text}`", codes.SPL010, name)
