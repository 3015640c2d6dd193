"""`LNT140` to `LNT169`: conditions and the selections that they are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from transpile.dialects.sigma.condition import (
    AllOf,
    Condition,
    Name,
    Negation,
    OneOf,
    Quantified,
    Reference,
    references,
)
from transpile.dialects.sigma.tree import Scalar
from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import Null
from transpile.ir.meaning import ALWAYS, NEVER, MeaningForm, form, join, negate
from transpile.ir.rule import Rule
from transpile.ir.walk import leaves
from transpile.lint.contradictions import Clash, Dead, impossible
from transpile.lint.document import Check, ConditionLine, Edit, LintDocument, LintHit, hit
from transpile.lint.options import LintOptions

_RESERVED = frozenset(("and", "or", "not", "of", "them", "all", "any", "1"))
_NAME = re.compile(r"[A-Za-z0-9_]+")
_MOST_DEAD = 5  # alternatives of a rule that are told
_LARGEST = 2_000  # tests in a condition that is looked at as a whole


def _names(doc: LintDocument) -> dict[str, Scalar]:
    return {key.text: key for key in doc.selections}


def _quantified(doc: LintDocument) -> Iterator[tuple[ConditionLine, Quantified]]:
    for line in doc.lines:
        for reference in references(line.tree) if line.tree else ():
            if isinstance(reference, Quantified):
                yield line, reference


def _text(line: ConditionLine, reference: Reference) -> str:
    return line.scalar.text[reference.start : reference.end]


def _rewrite(doc: LintDocument, line: ConditionLine, reference: Reference, name: str) -> tuple[Edit, ...]:
    """The edit that puts a name in the place of a quantifier, where the condition is on one line as it reads."""
    start = line.scalar.start.index
    raw = doc.source.text[start : line.scalar.end.index]
    at = raw.find(line.scalar.text)
    if at < 0 or not _NAME.fullmatch(name):
        return ()
    return (Edit(start + at + reference.start, start + at + reference.end, name),)


def them_of_one(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`of them` where there is one selection."""
    for line, reference in _quantified(doc):
        if reference.pattern == "them" and len(doc.selections) == 1:
            name = doc.selections[0].text
            edits = _rewrite(doc, line, reference, name) if reference.choose(_names(doc)) == [name] else ()
            yield hit(line.span(reference.start, reference.end), *edits, text=_text(line, reference), name=name)


def all_of_them(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`all of them`."""
    for line, reference in _quantified(doc):
        if reference.pattern == "them" and reference.all and len(doc.selections) > 1:
            yield hit(line.span(reference.start, reference.end))


def pattern_of_one(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A pattern that fits one selection only. SigmaHQ allows it for `selection_*` and `filter_*`."""
    for line, reference in _quantified(doc):
        pattern = reference.pattern
        if "*" not in pattern or re.match(r"(selection|filter)_.*\*$", pattern):
            continue
        chosen = reference.choose(_names(doc))
        if len(chosen) == 1:
            yield hit(line.span(reference.start, reference.end), pattern=pattern, name=chosen[0])


def quantifier_without_pattern(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`1 of selection`."""
    for line, reference in _quantified(doc):
        name = reference.pattern
        if name != "them" and "*" not in name and name in _names(doc):
            edits = _rewrite(doc, line, reference, name)
            yield hit(line.span(reference.start, reference.end), *edits, text=_text(line, reference), name=name)


@lru_cache(maxsize=2)
def _rule(doc: LintDocument) -> Rule | None:
    """The rule, if it could be read and is not too large to be looked at as a whole."""
    rule = doc.reading.rule
    if rule is None or not rule.is_single:
        return None
    return rule if sum(1 for _ in leaves(rule.condition)) <= _LARGEST else None


@lru_cache(maxsize=2)
def _impossible(doc: LintDocument) -> tuple[Clash | None, list[Dead]]:
    rule = _rule(doc)
    dead: list[Dead] = []
    return (impossible(rule.condition, dead) if rule else None), dead


def contradiction(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A condition that excludes itself, whatever the event."""
    rule = _rule(doc)
    if rule is None or not doc.lines:
        return
    clash, _ = _impossible(doc)
    if clash and clash.by_logic:
        yield hit(doc.lines[0].scalar.span, reason=clash.reason)


def one_value_contradiction(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A condition that excludes itself for fields with one value."""
    clash, _ = _impossible(doc)
    if clash and not clash.by_logic and doc.lines:
        yield hit(doc.lines[0].scalar.span, reason=clash.reason, field=clash.field)


def dead_branch(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """An alternative that excludes itself."""
    clash, dead = _impossible(doc)
    for one in dead[:_MOST_DEAD] if clash is None else ():
        yield hit(one.span, reason=one.clash.reason)


def only_negative(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A condition that an event without any of its fields would pass."""
    rule = _rule(doc)
    if rule and doc.lines and not _asks(rule.condition):
        yield hit(doc.lines[0].scalar.span)


def _asks(expr: Expr) -> bool:
    """Whether an expression asks for something that must be there, in each of its alternatives."""
    match expr:
        case And(args):
            return any(_asks(arg) for arg in args)
        case Or(args):
            return all(_asks(arg) for arg in args)
        case Not(arg):
            return _asks_not(arg)
        case Match(_, test):
            return not isinstance(test, Null)
        case _:
            return True


def _asks_not(expr: Expr) -> bool:
    """The same of what does not hold: `not (field is null)` asks that there is one."""
    match expr:
        case And(args):
            return all(_asks_not(arg) for arg in args)
        case Or(args):
            return any(_asks_not(arg) for arg in args)
        case Not(arg):
            return _asks(arg)
        case Match(_, test):
            return isinstance(test, Null)
        case _:
            return False


@lru_cache(maxsize=2)
def _forms(doc: LintDocument) -> dict[str, MeaningForm]:
    rule = _rule(doc)
    return {one.name: form(one.expr) for one in rule.parts} if rule else {}


def same_selection(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Two selections that ask for the same."""
    seen: dict[MeaningForm, str] = {}
    names = _names(doc)
    for name, meaning in _forms(doc).items():
        if meaning in seen and name in names:
            yield hit(names[name].span, other=seen[meaning])
        seen.setdefault(meaning, name)


def positive_filter(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A selection named filter that is required."""
    for line in doc.lines if doc.is_rule else ():
        if line.tree:
            for reference in _positive(line.tree, True):
                if _name(reference).lower().startswith("filter"):
                    yield hit(line.span(reference.start, reference.end), name=_name(reference))


def _name(reference: Reference) -> str:
    return reference.name if isinstance(reference, Name) else reference.pattern


def _positive(condition: Condition, positive: bool) -> Iterator[Reference]:
    """The references behind an even number of `not`."""
    match condition:
        case AllOf(args) | OneOf(args):
            for arg in args:
                yield from _positive(arg, positive)
        case Negation(arg):
            yield from _positive(arg, not positive)
        case Name() | Quantified():
            if positive:
                yield condition


def selection_name(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A name that the language of conditions can misread."""
    for key in doc.selections:
        if key.text in _RESERVED or not _NAME.fullmatch(key.text):
            yield hit(key.span, name=key.text)


def numeric_selection_name(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A name that begins with a digit."""
    for key in doc.selections:
        if key.text[:1].isdigit() and key.text not in _RESERVED and _NAME.fullmatch(key.text):
            yield hit(key.span, name=key.text)


def covered_selection(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A part of the condition that another part makes superfluous."""
    forms = _forms(doc)
    for line in doc.lines if forms else ():
        if line.tree:
            yield from _covered(line, line.tree, forms)


def _covered(line: ConditionLine, condition: Condition, forms: dict[str, MeaningForm]) -> Iterator[LintHit]:
    match condition:
        case AllOf(args) | OneOf(args):
            kind = "and" if isinstance(condition, AllOf) else "or"
            meanings = [_form(arg, forms) for arg in args]
            for at, (arg, meaning) in enumerate(zip(args, meanings, strict=True)):
                others = meanings[:at] + meanings[at + 1 :]
                if meaning in (ALWAYS, NEVER) or any(one in (ALWAYS, NEVER) for one in others):
                    continue
                same = meaning in meanings[at + 1 :]  # of two that are the same the second is told
                if not same and join(kind, others) == join(kind, meanings):
                    found = list(references(arg))
                    start, end = found[0].start, found[-1].end
                    yield hit(line.span(start, end), name=line.scalar.text[start:end])
            for arg in args:
                yield from _covered(line, arg, forms)
        case Negation(arg):
            yield from _covered(line, arg, forms)
        case Name() | Quantified():
            return


def _form(condition: Condition, forms: dict[str, MeaningForm]) -> MeaningForm:
    match condition:
        case AllOf(args):
            return join("and", [_form(arg, forms) for arg in args])
        case OneOf(args):
            return join("or", [_form(arg, forms) for arg in args])
        case Negation(arg):
            return negate(_form(arg, forms))
        case Name(name):
            return forms.get(name, MeaningForm("unknown", name))
        case Quantified():
            kind = "and" if condition.all else "or"
            return join(kind, [forms[name] for name in condition.choose(forms)])


def mixed_and_or(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`a or b and c`."""
    for line in doc.lines:
        if not line.tree:
            continue
        depth, seen = 0, {0: set[str]()}
        for found in re.finditer(r"[()]|[^\s()]+", line.scalar.text):
            word = found[0]
            if word in "()":
                depth += 1 if word == "(" else -1
                seen[depth] = set() if word == "(" else seen.get(depth, set())
            elif word.lower() in ("and", "or"):
                seen[depth].add(word.lower())
                if len(seen[depth]) == 2:
                    yield hit(line.span(found.start(), found.end()))
                    break


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "LNT140": them_of_one,
        "LNT141": all_of_them,
        "LNT142": pattern_of_one,
        "LNT143": quantifier_without_pattern,
        "LNT144": contradiction,
        "LNT145": dead_branch,
        "LNT146": only_negative,
        "LNT147": same_selection,
        "LNT148": positive_filter,
        "LNT149": selection_name,
        "LNT150": covered_selection,
        "LNT151": mixed_and_or,
        "LNT152": numeric_selection_name,
        "LNT153": one_value_contradiction,
    }
)
