"""From a condition in IR to a detection: named selections and the line that joins them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from transpile.dialects.sigma import condition as conditions
from transpile.dialects.sigma.condition import AllOf, Condition, Name, Negation, OneOf, Quantified
from transpile.dialects.sigma.naming import tag_of
from transpile.dialects.sigma.plain import Map, Plain
from transpile.dialects.sigma.selections import SelectionItem, fields_of, item_of, merged, selection_of
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or, never_written
from transpile.ir.match import Field
from transpile.ir.passes import simplify_expr
from transpile.ir.rule import NamedPart
from transpile.ir.walk import value_text
from transpile.syntax.lexer import ParseError

_PREFIXES = ("selection_", "filter_main_")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_RESERVED = frozenset(("condition", "timeframe", "rules", "and", "or", "not", "of", "them", "all", "any"))


def detection_of(expr: Expr, parts: Sequence[NamedPart] = (), texts: Sequence[str] = ()) -> Map | None:
    """The detection of a condition; None where a part of it has no form in Sigma.

    If `texts`, the author's conditions, still mean the expression with the author's `parts`, they are kept.
    """
    kept = _as_before(expr, parts, texts)
    if kept is not None:
        return kept
    builder = _Builder()
    whole = builder.whole(expr)
    if whole is None:
        return None
    return Map((*builder.selections.items(), ("condition", conditions.show(_shortened(whole, builder.selections)))))


def _as_before(expr: Expr, parts: Sequence[NamedPart], texts: Sequence[str]) -> Map | None:
    """The author's selections and conditions, if they mean the expression."""
    if not texts or not parts:
        return None
    known = {part.name: part.expr for part in parts}
    if len(known) < len(parts) or not all(_NAME.fullmatch(name) and name not in _RESERVED for name in known):
        return None
    meanings: list[Expr] = []
    for text in texts:
        try:
            tree = conditions.parse(text)
            found = conditions.mean(tree, known.__getitem__, known)
        except (ParseError, KeyError):
            return None
        if found is None:
            return None
        meanings.append(found)
    whole = meanings[0] if len(meanings) == 1 else Or(tuple(meanings))
    if _meaning(simplify_expr(whole)) != _meaning(simplify_expr(expr)):
        return None
    entries: list[tuple[str, Plain]] = []
    for part in parts:
        selection = selection_of(simplify_expr(part.expr))
        if selection is None:
            return None
        entries.append((part.name, selection))
    return Map((*entries, ("condition", texts[0] if len(texts) == 1 else tuple(texts))))


def _meaning(expr: Expr) -> object:
    """What makes two conditions the same: all but places, the author's operators, and types of fields."""
    match expr:
        case And(args):
            return And, tuple(map(_meaning, args))
        case Or(args):
            return Or, tuple(map(_meaning, args))
        case Not(arg):
            return Not, _meaning(arg)
        case Match(value, test):
            return value_text(value), repr(test) if isinstance(value, Field) else test
        case Keyword(test):
            return Keyword, test
        case Constant(value):
            return value
        case Opaque():
            never_written(expr)
        case _:
            assert_never(expr)


@dataclass(slots=True)
class _Builder:
    """Collects the selections of one detection, each under a name of its own."""

    selections: dict[str, Plain] = field(default_factory=dict)

    def whole(self, expr: Expr) -> Condition | None:
        """The condition of the whole expression; None, as everywhere below, if it has no form."""
        single = selection_of(expr)
        if single is not None:
            return self.named("keywords" if _is_keywords(expr) else "selection", single)
        match expr:
            case And(args):
                return self.every(args, top=True)
            case _:
                return self.operand(expr, "selection")

    def every(self, args: Sequence[Expr], *, top: bool = False) -> Condition | None:
        """What must hold together, then what must not."""
        wanted = [arg for arg in args if not isinstance(arg, Not) or item_of(arg) is not None]
        unwanted = [arg for arg in args if isinstance(arg, Not) and item_of(arg) is None]
        groups = _grouped(wanted)
        found: list[Condition | None] = []
        for group in groups:
            if isinstance(group, list):
                tag = "selection" if top and len(groups) == 1 else f"selection_{tag_of(item.field for item in group)}"
                found.append(self.named(tag, Map(tuple((item.key, item.value) for item in group))))
            else:
                found.append(self.operand(group, "selection"))
        return _join(AllOf, [*found, *(self.without(arg.arg) for arg in unwanted if isinstance(arg, Not))])

    def operand(self, expr: Expr, prefix: str) -> Condition | None:
        """An expression as a selection, or as a condition of several."""
        found = selection_of(expr)
        if found is not None:
            return self.named(f"{prefix}_{tag_of(fields_of(expr))}", found)
        match expr:
            case And(args):
                return self.every(args)
            case Or(args):
                return _join(OneOf, [self.operand(arg, prefix) for arg in _alternatives(args)])
            case Not(arg):
                return self.without(arg)
            case _:
                return None

    def without(self, arg: Expr) -> Condition | None:
        """What must not hold; the alternatives of a negated OR are filters of their own."""
        parts = _alternatives(arg.args) if isinstance(arg, Or) and item_of(arg) is None else [arg]
        found = [self.operand(part, "filter_main") for part in parts]
        return _join(AllOf, [None if one is None else Negation(one) for one in found])

    def named(self, wanted: str, node: Plain) -> Name:
        """A selection under the name wanted, or one like it that is free; the same selection keeps its name."""
        name, count = wanted, 1
        while name in self.selections and self.selections[name] != node:
            count += 1
            name = f"{wanted}_{count}"
        self.selections[name] = node
        return Name(name, 0, 0)


def _is_keywords(expr: Expr) -> bool:
    item = item_of(expr)
    return item is not None and not item.field


def _join(kind: type[AllOf] | type[OneOf], args: Sequence[Condition | None]) -> Condition | None:
    """Conditions under one AND or OR, flat; None if one of them is."""
    flat: list[Condition] = []
    for arg in args:
        if arg is None:
            return None
        flat += arg.args if isinstance(arg, kind) else [arg]
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def _grouped(args: Sequence[Expr]) -> list[list[SelectionItem] | Expr]:
    """Items that fit in one map as a list, whatever else by itself, in the order of their beginnings."""
    groups: list[list[SelectionItem] | Expr] = []
    items: list[SelectionItem] = []
    simple = [arg for arg in args if (item := item_of(arg)) is not None and item.field]
    for item in merged(simple) or ():
        if not any(item.key == other.key for other in items):
            items.append(item)
            continue
        groups.append([item])
    if items:
        groups.insert(0, items)
    groups += [arg for arg in args if (item := item_of(arg)) is None or not item.field]
    return groups


def _alternatives(args: Sequence[Expr]) -> list[Expr]:
    """The alternatives, those on one field alone joined where they make one item."""
    groups: dict[object, list[Expr]] = {}
    for number, arg in enumerate(args):
        item = item_of(arg)
        joins = item is not None and not {"all", "exists"}.intersection(item.modifiers)
        groups.setdefault(item.key if item is not None and joins else number, []).append(arg)
    return [found[0] if len(found) == 1 else Or(tuple(found)) for found in groups.values()]


def _shortened(tree: Condition, names: Collection[str]) -> Condition:
    """The condition with `1 of selection_*` and its like in the place of names that are all those of one beginning."""
    match tree:
        case AllOf(args):
            return _join(AllOf, _quantified([_shortened(arg, names) for arg in args], names, "all")) or tree
        case OneOf(args):
            return _join(OneOf, _quantified([_shortened(arg, names) for arg in args], names, "1")) or tree
        case Negation(arg):
            return Negation(_shortened(arg, names))
        case Name() | Quantified():
            return tree
        case _:
            assert_never(tree)


def _quantified(args: list[Condition], names: Collection[str], quantifier: str) -> list[Condition]:
    """Arguments of one AND or OR, with a quantifier in the place of names of one beginning, negated or not."""
    for prefix in _PREFIXES:
        known = {name for name in names if name.startswith(prefix)}
        if len(known) < 2:
            continue
        one_of, all_of = Quantified("1", f"{prefix}*", 0, 0), Quantified(quantifier, f"{prefix}*", 0, 0)
        named: dict[Condition, Condition] = {Name(name, 0, 0): all_of for name in known}
        unnamed: dict[Condition, Condition] = {Negation(name): Negation(one_of) for name in named}
        for forms in (named, unnamed if quantifier == "all" else {}):
            if forms and forms.keys() <= set(args):
                args = list(dict.fromkeys(forms.get(arg, arg) for arg in args))
    return args
