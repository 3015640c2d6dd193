"""Puts a rule through a data model backwards: a platform's fields, values and tables become Sigma's.

The same YAML files serve both ways. Of the log sources that the models know, the one is chosen whose data set and
conditions the rule names, and which knows most of its fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import assert_never

from transpile.diagnostics import Report
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import Call, Field, FieldRef, Literal, Pattern, Regex, Value
from transpile.ir.rule import Rule
from transpile.ir.stream import (
    Aggregate,
    Column,
    Compute,
    Events,
    Join,
    OpaqueStage,
    Sequence,
    Stream,
    Together,
    Union,
    Where,
)
from transpile.ir.walk import all_events, leaves, value_fields, value_text
from transpile.pipelines import codes, load
from transpile.pipelines.forms import Rename
from transpile.pipelines.inverse import Index, invert
from transpile.pipelines.meant import read_test
from transpile.pipelines.model import NONE, Model, Place, Source
from transpile.pipelines.places import conjuncts
from transpile.pipelines.told import is_all_of, is_excluded, is_said, logs_named, tests
from transpile.record import record
from transpile.record import replace as changed

CHANNEL = "Channel"  # Sigma's field for the event log of Windows

Steps = tuple[tuple[str, str, Place], ...]


@record
class Restored:
    """A rule in Sigma's names, the sources that it was taken to read, and what was done."""

    rule: Rule
    sources: tuple[Source, ...] = ()
    steps: Steps = ()


Category = Callable[[str], tuple[str, str] | None]


def _no_category(data_set: str) -> tuple[str, str] | None:
    return None


def restore(rule: Rule, models: Iterable[Model], report: Report, category: Category = _no_category) -> Restored:
    """The rule as Sigma would say it. Never raises.

    `category` gives the column and the value by which queries on a data set tell its events, where the language has
    such a column.

    A field that no model knows keeps its name, with a note. A condition by which the log source's events are told and
    that the rule does not ask for makes the result narrower, which the report says.
    """
    candidates = [source for model in models for source in sources_of(model)]
    used: list[Source] = []
    steps: dict[tuple[str, str, Place], None] = {}
    chosen: dict[int, _Attempt] = {}
    for events in all_events(rule.body):
        attempt = _best(events, candidates, category)
        if attempt is not None:
            chosen[id(events)] = attempt
            used.append(attempt.source)
            steps.update(dict.fromkeys(attempt.steps))
    if not chosen:
        report.note(codes.MAP013, rule.span)
        return Restored(rule)
    for attempt in chosen.values():
        attempt.tell(report)
    body = _rebuild(rule.body, chosen)
    return Restored(changed(rule, body=body), tuple(used), tuple(steps))


@lru_cache(maxsize=16)
def sources_of(model: Model) -> tuple[Source, ...]:
    """Every source of a model once, in the order of the file."""
    return tuple({id(source): source for sources in model.sources.values() for source in sources}.values())


@lru_cache(maxsize=512)
def index_of(source: Source) -> Index:
    """The inverse index of a source."""
    return Index(source)


def _best(events: Events, candidates: list[Source], category: Category) -> _Attempt | None:
    """The attempt that fits best, or None where no source knows any of the rule's fields."""
    names = {
        one.name for leaf in leaves(events.condition) if isinstance(leaf, Match) for one in value_fields(leaf.value)
    }
    windows = _is_of_windows(events)
    best: _Attempt | None = None
    for source in candidates:
        if not _same_data_set(events.dataset, source.dataset):
            continue
        if not any(name in source.read or index_of(source).find(name) for name in names):
            continue
        attempt = _Attempt(source, events, category(source.dataset or ""))
        attempt.run()
        # One data set may hold the events of several systems; then the rule's own paths tell which is meant.
        product = source.kind.logsources[0].product
        attempt.other_system = windows is not None and (product == "windows") is not windows
        if best is None or attempt.rank < best.rank:
            best = attempt
    return best


_WINDOWS_PATH = re.compile(r"\\|\.(?:exe|dll|ps1|bat|vbs|sys|msi|lnk|hta|scr)\b|HKEY_|HKLM|HKCU", re.IGNORECASE)
_UNIX_PATH = re.compile(r"(?:^|[\s\"'=*])/(?:bin|sbin|usr|etc|tmp|var|dev|home|root|opt|proc|private|Library|Users)\b")


def _is_of_windows(events: Events) -> bool | None:
    """Whether the paths in a condition are those of Windows, or of another system; None if there are none, or both."""
    texts = [
        leaf.test.literal if isinstance(leaf.test, Pattern) else leaf.test.pattern
        for leaf in leaves(events.condition)
        if isinstance(leaf.test, Pattern | Regex)
    ]
    windows = any(map(_WINDOWS_PATH.search, texts))
    unix = any(map(_UNIX_PATH.search, texts))
    return windows if windows is not unix else None


def _same_data_set(named: str | None, source: str | None) -> bool:
    """Whether the data set that a query names is the source's, which may say more (`Table | extend ...`)."""
    if named in (None, "", "any") or source in (None, "", "any"):
        return (named or "any") == "any" or source in (None, "", "any")
    assert named is not None
    assert source is not None
    return source.casefold() == named.casefold() or source.partition("|")[0].strip().casefold() == named.casefold()


@dataclass(slots=True)
class _Attempt:
    """One try to read one `Events` as those of a source. Lives as long as that try."""

    source: Source
    events: Events
    category: tuple[str, str] | None = None
    missing: list[str] = field(default_factory=list)  # conditions of the source that the rule does not ask for
    unknown: dict[str, None] = field(default_factory=dict)
    odd: list[Match] = field(default_factory=list)  # tests of known fields that have no exact form
    consumed: int = 0
    mapped: int = 0
    other_system: bool = False
    steps: list[tuple[str, str, Place]] = field(default_factory=list)
    result: Events = field(init=False)

    @property
    def rank(self) -> tuple[int, int, int, bool, int]:
        """The smaller the better."""
        # A condition that is not asked for counts as much as a field that is not known.
        misfits = len(self.missing) + len(self.unknown) + len(self.odd)
        return misfits, -self.consumed, -self.mapped, self.other_system, len(self.missing)

    def run(self) -> None:
        """Map the condition into `result`."""
        parts = list(conjuncts(self.events.condition))
        kept = list(parts)
        same, logs = self.source.same, self.source.logs
        named = {part: found for part in parts if (found := logs_named(part, logs))}
        if self.category is not None and self.events.dataset in (None, "", "any"):
            column, value = self.category
            wanted = [(column, value.casefold())]
            said: list[Expr] = [part for part in parts if isinstance(part, Match) and list(tests(part, same)) == wanted]
            self.consumed += bool(said)
            if not said:
                self.missing.append(f"{column} = {value}")
            kept = [part for part in kept if part not in said]
        for condition in self.source.where:
            if not condition.values:  # it keeps events of other log sources out, which the rule need not do
                left = [part for part in kept if not is_excluded(part, condition.expr, same)]
                self.consumed += len(left) < len(kept)
                kept = left
                continue
            by_log = named if all(logs.get(test) for test in tests(condition.expr, same)) else {}
            said = [part for part in parts if part in by_log or is_said(part, condition.expr, same)]
            if not said:
                self.missing.append(f"{condition.field.name} = {', '.join(map(str, condition.values))}")
                continue
            self.consumed += 1
            # What only says which events these are is what the log source says; what says more stays.
            every = frozenset(filter(None, logs.values()))
            kept = [
                part
                for part in kept
                if part not in said
                or not (by_log[part] == every if part in by_log else is_all_of(part, condition.expr, same))
            ]
        for condition in self.source.holds:
            kept = [
                part for part in kept if not is_said(part, condition.expr, same)
            ]  # true of all events of the source
        if self.source.dataset and self.events.dataset:
            self.consumed += 1
        mapped = tuple(_in_logs(named[part], part) if part in named else self.expr(part) for part in kept)
        condition_ = mapped[0] if len(mapped) == 1 else And(mapped) if mapped else Constant(True)
        logsource = self.source.kind.logsources[0]
        self.result = changed(self.events, condition=condition_, logsource=logsource, dataset=None, time=None)

    def expr(self, expr: Expr) -> Expr:
        """An expression on Sigma's fields."""
        match expr:
            case And(args):
                return And(tuple(map(self.expr, args)))
            case Or(args):
                return Or(tuple(map(self.expr, args)))
            case Not(arg):
                return Not(self.expr(arg))
            case Match():
                return self.leaf(expr)
            case Keyword() | Constant() | Opaque():
                return expr
            case _:
                assert_never(expr)

    def leaf(self, leaf: Match) -> Expr:
        """One test on Sigma's field; one that has no exact form there stays on the platform's."""
        if not isinstance(leaf.value, Field):
            return changed(leaf, value=self.value(leaf.value))
        name = leaf.value.name
        if name in self.source.read:
            return self.made(leaf, name)
        found = index_of(self.source).find(name)
        if found is None:
            self.unknown[name] = None
            return leaf
        sigma, how = found
        if isinstance(leaf.test, FieldRef):
            return self.reference(leaf, leaf.test, sigma)
        inverted = invert(leaf, sigma, how, head=index_of(self.source).is_head(name))
        if inverted is None:
            self.odd.append(leaf)
            return leaf
        self.mapped += 1
        entry = self.source.find(sigma)
        self.steps.append((name, sigma, entry.place if entry else self.source.place))
        return inverted

    def made(self, leaf: Match, name: str) -> Expr:
        """A test of a field that the platform makes of others, as one of those."""
        found = read_test(leaf, self.source.read[name], list(conjuncts(self.events.condition)))
        if found is None:
            self.odd.append(leaf)
            return leaf
        self.mapped += 1
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
        for name in self.unknown:
            report.note(codes.MAP015, None, field=name, source=self.source.name)
        for leaf in self.odd:
            report.note(codes.MAP016, leaf.span, field=value_text(leaf.value), source=self.source.name)


def _in_logs(names: frozenset[str], part: Expr) -> Expr:
    """A condition that names some of the log source's event logs, as Sigma's field for them."""
    span = next((leaf.span for leaf in leaves(part) if isinstance(leaf, Match)), None)
    tests_ = tuple(Match(Field(CHANNEL), Pattern.of(name), "", span) for name in sorted(names))
    return tests_[0] if len(tests_) == 1 else Or(tests_)


def _rebuild(stream: Stream, chosen: dict[int, _Attempt]) -> Stream:
    """The stream with its events mapped, and the columns of its stages named as they are."""

    def go(one: Stream) -> tuple[Stream, _Attempt | None]:
        match one:
            case Events():
                attempt = chosen.get(id(one))
                return (attempt.result, attempt) if attempt else (one, None)
            case Where(input):
                inner, attempt = go(input)
                return changed(one, input=inner), attempt
            case Compute(input, columns):
                inner, attempt = go(input)
                if attempt:
                    columns = tuple(Column(column.name, attempt.value(column.value)) for column in columns)
                return changed(one, input=inner, columns=columns), attempt
            case Aggregate(input, measures, by):
                inner, attempt = go(input)
                if attempt is None or isinstance(input, Compute):
                    return changed(one, input=inner), attempt
                named = tuple(changed(one_, fields=tuple(map(attempt.name, one_.fields))) for one_ in measures)
                return changed(one, input=inner, measures=named, by=tuple(map(attempt.name, by))), attempt
            case Sequence(steps, by, until=until):
                inners = [go(step.input) for step in steps]
                news = tuple(changed(step, input=new) for step, (new, _) in zip(steps, inners, strict=True))
                by = _keys(by, [attempt for _, attempt in inners], [step.input for step in steps])
                return changed(one, steps=news, by=by, until=until and go(until)[0]), inners[0][1]
            case Together(streams, by):
                inners = [go(each) for each in streams]
                by = _keys(by, [attempt for _, attempt in inners], list(streams))
                return changed(one, inputs=tuple(new for new, _ in inners), by=by), inners[0][1]
            case Union(streams):
                inners = [go(each) for each in streams]
                return changed(one, inputs=tuple(new for new, _ in inners)), inners[0][1] if inners else None
            case Join(left, right):
                return changed(one, left=go(left)[0], right=go(right)[0]), None
            case OpaqueStage(input):
                return (changed(one, input=go(input)[0]) if input else one), None
            case _:
                assert_never(one)

    return go(stream)[0]


def _keys(by: tuple[str, ...], attempts: list[_Attempt | None], inputs: list[Stream]) -> tuple[str, ...]:
    """The keys of a stage: computed ones keep their names; fields that all inputs have under one name get Sigma's."""
    if any(isinstance(one, Compute) for one in inputs) or not all(attempts):
        return by
    named = [tuple(attempt.name(key) for key in by) for attempt in attempts if attempt]
    return named[0] if len(set(named)) == 1 else by


def models_for(target: str) -> tuple[Model, ...]:
    """The data models that serve a language, which its rules are read by when none is named."""
    found = (load.load(name) for name in load.names() if name != NONE)
    return tuple(model for model in found if target in model.target)
