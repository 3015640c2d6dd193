"""Puts a rule through a data model: fields, values and log source become the platform's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, assert_never

from transpile.codes import Effect
from transpile.diagnostics import Report
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import (
    ANY,
    Call,
    Case,
    Field,
    FieldRef,
    FieldType,
    Null,
    Number,
    Pattern,
    Regex,
    Test,
    Value,
)
from transpile.ir.passes import simplify
from transpile.ir.rule import Rule
from transpile.ir.stream import LogSource
from transpile.ir.walk import field_names, value_fields, value_text, without_covered
from transpile.pipelines import codes, datasets
from transpile.pipelines.columns import Wanted
from transpile.pipelines.dropped import asks_for_any, takes_word
from transpile.pipelines.escapes import escaped, is_escaped, spellings
from transpile.pipelines.forms import Absent, Filled, Fixed, PathAndName, Rename
from transpile.pipelines.leaf import Approximate, Unsupported
from transpile.pipelines.limits import together
from transpile.pipelines.logsource import narrowed, products
from transpile.pipelines.model import FieldEntry, Model, ModelPlace, ModelSource
from transpile.pipelines.needs import DataNeed, needs_of
from transpile.pipelines.places import as_said, conjuncts, sources_for
from transpile.pipelines.several import choices
from transpile.pipelines.words import at_name, column_names, near_fields, near_sources, told_condition
from transpile.record import record
from transpile.record import replace as changed
from transpile.source import Span

REFUSE, KEEP = "refuse", "keep"
_NO_COLUMNS: Mapping[str, Value] = MappingProxyType({})
_DOUBTFUL = (codes.MAP002, codes.MAP009, codes.MAP010)  # names that are unknown or assumed


@record
class Applied:
    """A rule on the platform's names, the source that serves it (None if no model says), and what was done.

    `columns` says where the columns are that later stages asked for. `parts` is the same for each `Events` of a rule on
    many events, left to right; such a rule has no source of its own. `needs` are the data that are read.
    """

    rule: Rule
    source: ModelSource | None = None
    steps: tuple[tuple[str, str, ModelPlace], ...] = ()
    columns: Mapping[str, Value] = field(default_factory=lambda: _NO_COLUMNS)
    parts: tuple[Applied, ...] = ()
    needs: tuple[DataNeed, ...] = ()

    @property
    def trace(self) -> tuple[str, ...]:
        """What was mapped to what, by which line of which file: for people."""
        return tuple(f"{sigma} -> {platform}  ({place})" for sigma, platform, place in self.steps)


def apply(
    rule: Rule,
    model: Model,
    report: Report,
    *,
    unmapped: str = REFUSE,
    columns: Sequence[Wanted] = (),
    negated: bool = False,
    simple: Rule | None = None,
) -> Applied:
    """A rule on single events as `model`'s platform knows it (`streams.apply_rule` takes every rule). Never raises.

    Of the places that the model has for the rule's log source, the first that says the rule exactly serves it; failing
    that the first that says it approximately. What no place can say goes to `report`: with `unmapped` "refuse" as
    a refusal that names the field and the nearest names; with "keep" an unknown name is kept, with a note.

    `columns` are the fields of its events that later stages ask for; `negated`: more of its events make fewer alerts.
    `simple` is the rule as `passes.simplify` leaves it, where that is known.
    """
    if model.is_none:
        return Applied(rule)
    given, rule = rule, narrowed(rule, model)
    candidates = sources_for(rule, model)
    if not candidates and (each := products(rule.logsource, model)):
        return _for_each(each, rule, model, report, unmapped=unmapped, columns=columns, negated=negated)
    if not candidates:
        if unmapped == KEEP:
            report.note(codes.MAP008, rule.logsource_span, logsource=rule.logsource, model=model.name)
            return Applied(rule)
        if dead := model.dead.get(rule.logsource):
            report.refuse(codes.MAP017, rule.logsource_span, logsource=rule.logsource, data=", ".join(dead))
            return Applied(rule)
        near = near_sources(rule.logsource, model)
        report.refuse(codes.MAP001, rule.logsource_span, logsource=rule.logsource, model=model.name, near=near)
        return Applied(rule)
    rule = simple if simple and rule is given else simplify(rule)  # what is asked twice need not be said
    best: _Attempt | None = None
    for choice in choices(candidates, rule.condition, columns):
        attempt = _Attempt(choice.source, model, keep=unmapped == KEEP, report=Report(negated=negated))
        attempt.run(rule, columns)
        if best is None or attempt.rank < best.rank:
            best, unread = attempt, choice.unread
        if not any(attempt.rank):
            break
    assert best is not None
    for data, names in () if best.rank[0] else unread:
        report.note(codes.MAP025, rule.logsource_span, data=data, fields=", ".join(sorted(names)))
    found = [at_name(one, best.unknowns.get(at), rule) for at, one in enumerate(best.report.diagnostics)]
    said = {(one.code, one.message): one for one in reversed(found)}
    report.diagnostics += reversed(said.values())  # of what is true of many values, once
    needs = tuple(needs_of(rule.events, best.source))
    return Applied(best.result, best.source, tuple(best.steps), MappingProxyType(best.columns), needs=needs)


def _for_each(each: Sequence[LogSource], rule: Rule, model: Model, report: Report, **options: Any) -> Applied:
    """A rule on a category of any product: on that of each, where the platform keeps them in one data set."""
    applied = [apply(rule.with_events(logsource=one), model, report, **options) for one in each]
    datasets_ = {one.rule.dataset for one in applied}
    if len(datasets_) > 1:
        near = f"; name one of the products {', '.join(str(one.product) for one in each)}"
        report.refuse(codes.MAP001, rule.logsource_span, logsource=rule.logsource, model=model.name, near=near)
        return Applied(rule)
    condition = Or(tuple(one.rule.condition for one in applied))
    needs = tuple(dict.fromkeys(need for one in applied for need in one.needs))
    return changed(
        applied[0], rule=applied[0].rule.with_events(condition=condition, logsource=rule.logsource), needs=needs
    )


@dataclass(slots=True)
class _Attempt:
    """One try to say a rule by one source, with what it finds. Lives as long as that try."""

    source: ModelSource
    model: Model
    keep: bool
    report: Report = field(default_factory=Report)
    steps: list[tuple[str, str, ModelPlace]] = field(default_factory=list)
    computed: dict[str, bool] = field(default_factory=dict)  # columns of the data set, and whether XML is decoded
    columns: dict[str, Value] = field(default_factory=dict)
    unknowns: dict[int, str] = field(default_factory=dict)  # the names in diagnostics, by their position
    result: Rule = field(init=False)

    def run(self, rule: Rule, columns: Sequence[Wanted] = ()) -> None:
        """Map the whole rule into `result`, and what later stages ask for into `columns`."""
        condition = self.expr(rule.condition)
        for wanted in columns:
            condition = self.column(wanted, condition)
        source = self.source
        at = len(self.steps)
        for one in source.where:
            self.steps.append((str(rule.logsource), told_condition(one), source.place))
        if source.assumed:
            told = ", ".join(told_condition(one, " ") for one in source.where) or "events of any kind"
            facts = {"field": rule.logsource, "model": self.model.name, "column": told, "why": source.assumed}
            self.report.note(codes.MAP010, rule.logsource_span, **facts)
        if source.where:
            said = list(conjuncts(condition))
            condition = And((*(as_said(one, said, cased=self.model.cased) for one in source.where), condition))
        shown = tuple(self.shown(rule.fields))
        typed = tuple(dict.fromkeys(column for one in self.columns.values() for column in value_fields(one)))
        dataset = source.dataset
        if dataset and source.columns:
            self.computed |= {one.field.name: False for one in source.where if one.field.name not in self.computed}
            dataset = datasets.with_columns(dataset, source.columns, self.computed)
        if dataset is not None:
            self.steps.insert(at, (str(rule.logsource), dataset, source.place))
        events = changed(rule.events, condition=condition, dataset=dataset, time=self.model.time, columns=typed)
        body = changed(events, kept=self.model.kept(dataset), places=source.data)
        self.result = changed(rule, body=body, fields=shown)

    @property
    def rank(self) -> tuple[int, int, int]:
        """Refusals, approximations, and names unknown or assumed: the smaller the better."""
        effects = [one.effect for one in self.report.diagnostics]
        unknown = sum(one.kind in _DOUBTFUL for one in self.report.diagnostics)
        return effects.count(Effect.REFUSED), effects.count(Effect.APPROXIMATE), unknown

    def shown(self, names: Iterable[str]) -> Iterable[str]:
        """The platform's names for the fields that the rule wants shown; those with no single name are left out."""
        for name in names:
            entry = self.source.find(name)
            if entry is not None and isinstance(entry.how, Rename | Filled):
                if self.source.columns:
                    self.computed.setdefault(entry.how.field.name, False)
                yield entry.how.field.name

    def expr(self, expr: Expr) -> Expr:
        """The expression on the platform's fields."""
        match expr:
            case Match():
                return self.plain_leaf(expr) or self.leaf(expr)
            case And(args):
                return And(tuple(map(self.expr, args)))
            case Or(args):
                return Or(together(tuple(map(self.expr, self.without_covered(args)))))
            case Not(arg):
                self.report.negated = not self.report.negated
                inner = self.expr(arg)
                self.report.negated = not self.report.negated
                return Not(inner)
            case Keyword():
                return self.keyword(expr)
            case Constant() | Opaque():
                return expr
            case _:
                assert_never(expr)

    def without_covered(self, args: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """`walk.without_covered` for the fields in which the platform has one word for all that is not a value."""
        kept = without_covered(args)
        return args if kept is args else tuple(arg for arg in args if arg in kept or not self.is_filled(arg))

    def is_filled(self, expr: Expr) -> bool:
        named = isinstance(expr, Match) and isinstance(expr.value, Field)
        entry = self.source.find(expr.field.name) if isinstance(expr, Match) and named else None
        return entry is not None and isinstance(entry.how, Filled)

    def plain_leaf(self, leaf: Match) -> Match | None:
        """`leaf` of text in a field that the platform has under another name, as most are; None for others."""
        field, test = leaf.value, leaf.test
        if not isinstance(field, Field) or not isinstance(test, Pattern) or field.mapped:
            return None
        source = self.source
        entry = source.find(field.name)
        column = None if entry is None else entry.renamed
        if entry is None or column is None or (source.as_xml and escaped(test) is not test):
            return None
        if source.dropped and (takes_word(test, source.dropped) or asks_for_any(test)):
            return None
        self.steps.append((field.name, column.name, entry.place))
        if source.columns and not self.computed.get(column.name):
            self.computed[column.name] = is_escaped(test)
        return Match(column, test, leaf.operator, leaf.span)

    def leaf(self, leaf: Match) -> Expr:
        """One test on the platform's fields."""
        if not isinstance(leaf.value, Field):
            return changed(leaf, value=self.plain(leaf.value, leaf.span))
        if leaf.field.mapped:
            return leaf
        name = leaf.field.name
        entry = self.source.find(name)
        if entry is None and name == "EventID" and len(self.source.events) == 1:
            (number,) = self.source.events
            entry = FieldEntry(Fixed(str(number)), self.source.place)
        if entry is None:
            return self.unknown(leaf)
        named = {"field": name, "model": self.model.name}
        try:
            tests = spellings(leaf.test) if self.source.as_xml else (leaf.test,)
            if word := self.source.dropped:
                if takes_word(leaf.test, word):
                    tests += (Null(),)
                elif asks_for_any(leaf.test):
                    self.report.note(codes.MAP024, leaf.span, field=name, word=word)
            ways = [self.rewritten(test, entry, leaf) for test in tests]
            mapped = ways[0] if len(ways) == 1 else Or(tuple(ways))
        except Unsupported as unsupported:
            if self.report.negated and isinstance(entry.how, Absent):
                self.report.approximate(codes.MAP023, leaf.span, wider=False, **named, **unsupported.facts)
                return Constant(False)
            self.report.refuse(unsupported.code, leaf.span, **named, **unsupported.facts)
            return leaf
        except Approximate as approximate:
            mapped = approximate.expr
            self.report.approximate(codes.MAP007, leaf.span, wider=approximate.wider, loss=approximate.loss, **named)
        if entry.loss:
            self.report.approximate(codes.MAP007, leaf.span, wider=entry.wider, loss=entry.loss, **named)
        if entry.assumed and all(name != one for one, *_ in self.steps):
            self.report.note(codes.MAP010, leaf.span, column=column_names(mapped), why=entry.assumed, **named)
        self.steps.append((name, column_names(mapped), entry.place))
        if self.source.columns:
            for column in field_names(mapped):
                if not self.computed.get(column):
                    self.computed[column] = is_escaped(leaf.test)
        return mapped

    def plain(self, value: Value, span: Span | None) -> Value:
        """A computed value on the platform's fields, each of which must hold just what the log source's holds."""
        if isinstance(value, Call):
            return Call(value.function, tuple(self.plain(arg, span) for arg in value.args))
        if not isinstance(value, Field):
            return value
        entry = self.source.find(value.name)
        if entry is None:
            self.unknown_name(value.name, span)
            return value
        how, source = entry.how, self.source
        if not isinstance(how, Rename) or how.field.type is not FieldType.STRING or source.as_xml or source.dropped:
            why = "the rule computes with its text, which is not kept just as the log source has it"
            self.report.refuse(codes.MAP004, span, field=value.name, model=self.model.name, why=why)
            return value
        self.steps.append((value.name, how.field.name, entry.place))
        if source.columns:
            self.computed[how.field.name] = True  # of XML, the text as the event has it
        return how.field

    def rewritten(self, test: Test, entry: FieldEntry, leaf: Match) -> Expr:
        """The test on the field or fields that hold the value. Raises `Unsupported` and `Approximate`."""
        if isinstance(test, FieldRef):
            test = self.reference(test, entry)
        return entry.how.rewrite(test, leaf)

    def reference(self, test: FieldRef, here: FieldEntry) -> FieldRef:
        """A comparison with another field, which must be stored as plainly as this one."""
        there = self.source.find(test.field.name)
        if there is None:
            raise Unsupported(codes.MAP002, source=self.source.name, near=near_fields(test.field.name, self.source))
        plain = (Rename, PathAndName)
        if not isinstance(there.how, plain) or not isinstance(here.how, (*plain, Filled)):
            why = "it is compared with another field, and one of them is not kept as it is"
            raise Unsupported(codes.MAP004, why=why)
        field = there.how.path if isinstance(there.how, PathAndName) else there.how.field
        return FieldRef(field, test.shape, test.case)

    def column(self, wanted: Wanted, condition: Expr) -> Expr:
        """Find the column that a later stage asks for; the condition, without events that only seem to have it."""
        name, span = wanted
        entry = self.source.find(name)
        if entry is None:
            self.unknown_name(name, span)
            self.columns[name] = Field(name)
            return condition
        facts = {"field": name, "model": self.model.name}
        try:
            found = entry.how.whole()
        except Unsupported as unsupported:
            self.report.refuse(unsupported.code, span, **facts, **unsupported.facts)
            return condition
        if entry.loss:
            self.report.refuse(codes.MAP011, span, **facts, why=entry.loss)
        if entry.assumed and all(name != one for one, *_ in self.steps):
            self.report.note(codes.MAP010, span, **facts, column=value_text(found.value), why=entry.assumed)
        if self.source.dropped:
            self.report.note(codes.MAP012, span, field=name, word=self.source.dropped)
        self.steps.append((name, value_text(found.value), entry.place))
        self.columns[name] = found.value
        if self.source.columns:
            for column in value_fields(found.value):
                self.computed[column.name] = True  # one value in all tables
        if found.filled is None:
            return condition
        return And((condition, Not(Match(found.value, Pattern.of(found.filled, case=Case.SENSITIVE)))))

    def unknown(self, leaf: Match) -> Expr:
        """A field that the source does not have."""
        self.unknown_name(leaf.field.name, leaf.span)
        return leaf

    def unknown_name(self, name: str, span: Span | None) -> None:
        near = near_fields(name, self.source)
        facts = {"field": name, "model": self.model.name, "source": self.source.name, "near": near}
        self.unknowns[len(self.report.diagnostics)] = name
        if self.keep:
            self.report.note(codes.MAP009, span, **facts)
        else:
            self.report.refuse(codes.MAP002, span, **facts)

    def keyword(self, keyword: Keyword) -> Expr:
        """A keyword in the fields that hold the whole message, if the source names them."""
        test = keyword.test
        if self.source.as_xml:
            try:
                keyword = Keyword(escaped(test), keyword.span)
            except Unsupported as unsupported:
                facts = {"field": "the message", "model": self.model.name, **unsupported.facts}
                self.report.refuse(unsupported.code, keyword.span, **facts)
        if not self.source.keywords:
            return keyword
        inside: Pattern | Regex = test if isinstance(test, Regex) else Pattern.of(ANY, *test.parts, ANY, case=test.case)
        texts = (one for one in self.source.keywords if one.type is not FieldType.NUMBER)
        matches = tuple(Match(one, inside, "contains", keyword.span) for one in texts)
        number = test.as_number() if isinstance(test, Pattern) else None
        numbers = [one for one in self.source.keywords if one.type is FieldType.NUMBER]
        if number is not None and numbers:
            matches += tuple(Match(one, Number(number), "", keyword.span) for one in numbers)
            self.report.approximate(
                codes.MAP007,
                keyword.span,
                wider=False,
                field="the message",
                model=self.model.name,
                loss="a number is sought as a whole",
            )
        self.steps.append(("keywords", ", ".join(one.name for one in self.source.keywords), self.source.place))
        return matches[0] if len(matches) == 1 else Or(matches)
