"""One try to read the events of a query as those of a log source of a data model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import assert_never

from transpile.diagnostics import Report
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import ANY, Call, Field, FieldRef, Literal, Number, Pattern, Value
from transpile.ir.stream import Events
from transpile.ir.walk import leaves, value_text
from transpile.pipelines import codes
from transpile.pipelines.branches import as_element, is_spelled
from transpile.pipelines.escapes import once, unescaped_expr
from transpile.pipelines.forms import Condition, FileName, Rename
from transpile.pipelines.gathered import Gathered, gather, piece_of
from transpile.pipelines.inverse import InverseIndex, invert
from transpile.pipelines.limits import says_number
from transpile.pipelines.meant import Meant, Words, is_readable, read_test
from transpile.pipelines.model import Model, ModelPlace, ModelSource
from transpile.pipelines.places import conjuncts, event_numbers
from transpile.pipelines.systems import is_always, says_system, tells_system
from transpile.pipelines.told import (
    Told,
    is_all_of,
    is_denied,
    is_excluded,
    is_implied,
    is_said,
    logs_named,
    settled,
    tests,
)
from transpile.record import replace as changed

CHANNEL, EVENT = "Channel", "EventID"  # Sigma's fields for the event log of Windows, and for the number of an event


@lru_cache(maxsize=4096)
def index_of(source: ModelSource) -> InverseIndex:
    """The inverse index of a source."""
    return InverseIndex(source)


Asked = tuple[Condition, Told, bool]  # a condition of a source, what it asks for, and whether it only names event logs


@lru_cache(maxsize=4096)
def _conditions(source: ModelSource) -> tuple[tuple[Asked, ...], tuple[Asked, ...]]:
    """The conditions of a source by which its events are told, and those that hold of all of them."""

    def asked(condition: Condition) -> Asked:
        is_log = all(map(source.logs.get, tests(condition.expr, source.same)))
        return condition, Told.of(condition.expr, source.same), is_log

    return tuple(map(asked, source.where)), tuple(map(asked, source.holds))


@dataclass(slots=True)
class Attempt:
    """One try to read one `Events` as those of a source. Lives as long as that try.

    `parts` are what must hold of the events, each with what it asks for in the source's words.
    """

    source: ModelSource
    model: Model
    events: Events
    parts: Sequence[Told]
    category: tuple[str, str] | None = None
    only: bool = False  # the rule's file says that it is for this system alone
    contradicts: bool = False  # the rule asks for events that the source does not have
    others: bool = False  # the rule may as well be one for another system
    bare_name: bool = False  # it asks for a program's name without an extension, which few on Windows have
    missing: list[str] = field(default_factory=list)  # conditions of the source that the rule does not ask for
    unknown: dict[str, None] = field(default_factory=dict)
    loose: dict[str, str] = field(default_factory=dict)  # fields whose tests are said of another, but not exactly
    odd: list[Match] = field(default_factory=list)  # tests of known fields that have no exact form
    consumed: int = 0
    mapped: int = 0
    other_system: bool = False
    doubts: dict[str, tuple[str, str]] = field(default_factory=dict)  # fields assumed to hold what is tested, and why
    numbered: bool = False  # only the source tells the numbers of its events
    number: bool | None = None  # what the part at hand says of registry data: that it is a number, or that it is none
    steps: list[tuple[str, str, ModelPlace]] = field(default_factory=list)
    result: Events = field(init=False)

    @property
    def product(self) -> str | None:
        """The system whose events the source has."""
        return self.source.kind.logsources[0].product

    @property
    def misfits(self) -> int:
        """What does not fit: a condition that is not asked for counts as much as a field that is not known."""
        return len(self.missing) + len(self.unknown) + len(self.odd)

    @property
    def is_exact(self) -> bool:
        """Whether the result asks for just what the query asks for."""
        return not (self.misfits or self.loose or self.others)

    @property
    def rank(self) -> tuple[int, bool, int, int, bool, bool, int]:
        """The smaller the better. What the platform only probably keeps so is read so if nothing else fits as well."""
        telling = (-self.consumed, -self.mapped, self.other_system, self.numbered)
        return self.misfits, bool(self.doubts), *telling, len(self.missing)

    def run(self, misfits: int | None = None) -> None:
        """Map the condition into `result`, unless it contradicts the source or misfits more often than is allowed."""
        same, logs = self.source.same, self.source.logs
        where, holds = _conditions(self.source)
        own = [asked for _, asked, _ in where]
        parts = kept = [one for part in self.parts if (one := settled(part, self.source.told, own)) is not None]
        self.consumed += len(self.parts) - len(parts)
        named = {id(part): found for part in parts if (found := logs_named(part, logs))}
        if self.category is not None and self.events.dataset in (None, "", "any"):
            column, value = self.category
            wanted = [(column, value.casefold())]
            said = [part for part in parts if isinstance(part.expr, Match) and list(tests(part.expr, same)) == wanted]
            self.consumed += bool(said)
            if not said:
                self.missing.append(f"{column} = {value}")
            kept = [part for part in kept if part not in said]
        for condition, asked, is_log in where:
            if self.only and tells_system(condition, self.product) and not any(is_said(part, asked) for part in parts):
                continue
            if not condition.values:  # it keeps events of other log sources out, which the rule need not do
                left = [part for part in kept if not is_excluded(part, asked)]
                self.consumed += len(left) < len(kept)
                kept = left
                continue
            by_log = named if is_log else {}
            said = [part for part in parts if id(part) in by_log or is_said(part, asked)]
            if not said:
                self.missing.append(f"{condition.field.name} = {', '.join(map(str, condition.values))}")
                kept = [part for part in kept if not is_implied(part, asked)]
                if any(is_denied(part, asked) for part in parts):
                    self.contradicts = True
                    return
                continue
            kept = [part for part in kept if part in said or not is_implied(part, asked)]
            # What only says which events these are is what the log source says; what says more stays.
            every = frozenset(filter(None, logs.values()))
            left = [
                part
                for part in kept
                if part not in said or not (by_log[id(part)] == every if id(part) in by_log else is_all_of(part, asked))
            ]
            self.consumed += 2 if len(left) < len(kept) else 1
            kept = left
        if misfits is not None and len(self.missing) > misfits:
            return
        for condition, asked, _ in holds:  # true of all events of the source
            says_nothing = is_said if len(condition.values) == 1 else is_implied
            kept = [part for part in kept if not says_nothing(part, asked)]
        left = [part for part in kept if not says_system(part.expr, self.model, self.product)]
        self.consumed += (len(left) < len(kept)) + bool(self.source.dataset and self.events.dataset)
        kept = left
        tested = tuple(part.expr for part in kept if id(part) not in named)
        whole, rest = gather(And(tuple(map(unescaped_expr, tested)) if self.source.as_xml else tested), self.source)
        others = (*map(self.gathered, whole), *self.each(tuple(rest)))
        asked_logs = (_in_logs(named[id(part)], part.expr) for part in kept if id(part) in named)
        mapped = tuple(one for one in (*asked_logs, *others) if not is_always(one, self.source))
        condition_ = mapped[0] if len(mapped) == 1 else And(mapped) if mapped else Constant(True)
        condition_ = self.with_number(condition_)
        logsource = self.source.kind.logsources[0]
        self.result = changed(self.events, condition=condition_, logsource=logsource, dataset=None, time=None)

    def with_number(self, condition: Expr) -> Expr:
        """The condition, kept to the numbers of the events that the source has of its log source."""
        events = self.source.events
        if not events:
            return condition
        asked = event_numbers(condition)
        if asked is not None and asked <= events:
            return condition
        self.contradicts |= asked is not None and asked.isdisjoint(events)
        self.numbered = True
        tests_ = tuple(Match(Field(EVENT), Number(number)) for number in sorted(events))
        return And((tests_[0] if len(tests_) == 1 else Or(tests_), condition))

    def expr(self, expr: Expr) -> Expr:
        """An expression on Sigma's fields."""
        match expr:
            case And():
                found, rest = gather(expr, self.source)
                return And((*map(self.gathered, found), *self.each(tuple(rest))))
            case Or():
                found, rest = gather(expr, self.source)
                mapped = (*map(self.gathered, found), *map(self.expr, rest))
                return Or(once(mapped) if self.source.as_xml else mapped)
            case Not(arg):
                return Not(self.expr(arg))
            case Match():
                return self.leaf(expr)
            case Keyword() | Constant() | Opaque():
                return expr
            case _:
                assert_never(expr)

    def each(self, parts: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """Parts that hold together. What says of registry data that it is a number belongs to the tests of the data."""
        found = index_of(self.source).registry
        if found is None:
            return tuple(map(self.expr, parts))
        sigma, data, type_ = found
        said = {part: number for part in parts if (number := says_number(part, type_)) is not None}
        others = tuple(part for part in parts if part not in said)
        if len(said) != 1:
            return tuple(map(self.expr, parts))
        ((limit, number),) = said.items()
        if not any(isinstance(leaf, Match) and leaf.value == Field(data) for leaf in leaves(And(others))):
            return (*map(self.expr, others), self.limit(limit, sigma))
        before, self.number = self.number, number
        mapped = tuple(map(self.expr, others))
        self.number = before
        return mapped

    def limit(self, limit: Expr, sigma: str) -> Expr:
        """The name of a type alone: a number is told by how its data begin."""
        if isinstance(limit, Not):
            return self.expr(limit)
        self.mapped += 1
        return Match(Field(sigma), Pattern.of("DWORD (0x", ANY), "startswith")

    def leaf(self, leaf: Match) -> Expr:
        """One test on Sigma's field; one that has no exact form there stays on the platform's."""
        field_ = leaf.value if isinstance(leaf.value, Field) else as_element(leaf.value)
        if field_ is None:
            return changed(leaf, value=self.value(leaf.value))
        name = field_.name
        meant = self.source.read.get(name)
        if meant is not None and is_readable(meant, self.source.kind.has):
            return self.made(leaf, name, meant)
        if piece := piece_of(leaf, self.source):
            return self.gathered(piece)
        found = index_of(self.source).find(name)
        if found is None:
            if (word := _keyword(leaf, self.source.keywords)) is not None:
                self.mapped += 1
                return word
            self.unknown[name] = None
            return leaf
        sigma, how = found
        if isinstance(leaf.test, FieldRef):
            return self.reference(leaf, leaf.test, sigma)
        inverted = invert(leaf, sigma, how, head=index_of(self.source).is_head(name), number=self.number)
        if inverted is None or is_spelled(name, leaf.test):
            self.odd.append(leaf)
            return leaf
        self.mapped += 1
        self.bare_name |= isinstance(how, FileName) and isinstance(leaf.test, Pattern) and "." not in leaf.test.literal
        entry = self.source.find(sigma)
        if entry and entry.assumed:
            self.doubts[sigma] = name, entry.assumed
        self.steps.append((name, sigma, entry.place if entry else self.source.place))
        return inverted

    def gathered(self, found: Gathered) -> Expr:
        """A test of Sigma's field that the query makes of several fields, or in several ways."""
        self.mapped += 1
        name = value_text(found.test.value)
        self.steps.append((name, name, found.entry.place))
        if found.entry.assumed:
            self.doubts[name] = name, found.entry.assumed
        return found.test

    def made(self, leaf: Match, name: str, meant: Meant) -> Expr:
        """A test of a field that the platform makes of others, as one of those."""
        found = read_test(leaf, meant, list(conjuncts(self.events.condition)))
        if found is None:
            self.odd.append(leaf)
            return leaf
        self.mapped += 1
        if isinstance(meant, Words):
            self.loose[name] = meant.field
        self.steps.append((name, " ".join(dict.fromkeys(test for test, _ in tests(found, {}))), self.source.place))
        return found

    def reference(self, leaf: Match, test: FieldRef, sigma: str) -> Expr:
        """A comparison of two fields, both under Sigma's names."""
        other = index_of(self.source).find(test.field.name)
        if other is None or not isinstance(other[1], Rename):
            self.unknown[test.field.name] = None
            return leaf
        self.mapped += 1
        return changed(leaf, value=Field(sigma), test=changed(test, field=Field(other[0])))

    def value(self, value: Value) -> Value:
        """A computed value, of Sigma's fields."""
        match value:
            case Field(name):
                return Field(self.name(name))
            case Literal():
                return value
            case Call(function, args):
                return Call(function, tuple(map(self.value, args)))
            case _:
                assert_never(value)

    def name(self, name: str) -> str:
        """The Sigma name of a platform's field that is kept as it is; its own where no model knows it."""
        found = index_of(self.source).find(name)
        if found is None:
            self.unknown[name] = None
        return found[0] if found else name

    def tell(self, report: Report) -> None:
        """Put into the report what the attempt could not do."""
        for missing in self.missing:
            facts = {"condition": missing, "source": self.source.name}
            report.approximate(codes.MAP014, self.events.logsource_span, wider=False, **facts)
        if self.others and self.product == "windows":
            report.note(codes.MAP022, self.events.logsource_span)
        elif self.others:
            report.approximate(codes.MAP020, self.events.logsource_span, wider=False, product=self.product)
        for name, column in self.loose.items():
            for wider in (True, False):
                report.approximate(codes.MAP021, self.events.logsource_span, wider=wider, words=name, field=column)
        for sigma, (name, why) in self.doubts.items():
            report.note(codes.MAP010, None, field=sigma, model=self.model.name, column=name, why=why)
        for name in self.unknown:
            report.note(codes.MAP015, None, field=name, source=self.source.name)
        for leaf in self.odd:
            report.note(codes.MAP016, leaf.span, field=value_text(leaf.value), source=self.source.name)


def _keyword(leaf: Match, keywords: tuple[Field, ...]) -> Keyword | None:
    """The search for a text in the field that holds the whole message; None for any other test."""
    test = leaf.test
    if len(keywords) != 1 or not isinstance(leaf.value, Field) or leaf.value.name != keywords[0].name:
        return None
    if not isinstance(test, Pattern) or len(test.parts) < 3 or test.parts[0] is not ANY or test.parts[-1] is not ANY:
        return None
    return Keyword(Pattern.of(*test.parts[1:-1], case=test.case), leaf.span)


def _in_logs(names: frozenset[str], part: Expr) -> Expr:
    """A condition that names some of the log source's event logs, as Sigma's field for them."""
    span = next((leaf.span for leaf in leaves(part) if isinstance(leaf, Match)), None)
    tests_ = tuple(Match(Field(CHANNEL), Pattern.of(name), "", span) for name in sorted(names))
    return tests_[0] if len(tests_) == 1 else Or(tests_)
