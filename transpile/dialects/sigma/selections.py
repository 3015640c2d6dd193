"""Selections: what one name of a detection can say, a map of fields, a list of such maps, or keywords."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from transpile.dialects.sigma.modifiers import DASH, DASHES
from transpile.dialects.sigma.plain import Map, Plain
from transpile.dialects.sigma.spelling import spell
from transpile.ir.expr import And, Expr, Keyword, Match, Not, Or
from transpile.ir.match import Exists, Field, Part, Pattern
from transpile.ir.walk import leaves
from transpile.record import record

_DASH_FORMS = len(DASHES)


@record
class SelectionItem:
    """A field with its modifiers, and the values of which one must match (all, under `all`)."""

    field: str
    modifiers: tuple[str, ...]
    values: tuple[Plain, ...]

    @property
    def key(self) -> str:
        """The key as it is written."""
        return "|".join((self.field, *self.modifiers))

    @property
    def value(self) -> Plain:
        """The value as it is written: a single one without a list."""
        return self.values[0] if len(self.values) == 1 else self.values


def item_of(expr: Expr) -> SelectionItem | None:
    """The expression as one item, or None if it takes more."""
    match expr:
        case Match(Field(name), test):
            spelling = spell(test)
            return SelectionItem(name, spelling.modifiers, (spelling.value,)) if spelling else None
        case Not(Match(Field(name), Exists())):
            return SelectionItem(name, ("exists",), (False,))
        case Keyword(test):
            if isinstance(test, Pattern) and not any(isinstance(part, str) for part in test.parts):
                return None  # Sigma has no empty keyword
            spelling = spell(test)
            return SelectionItem("", spelling.modifiers, (spelling.value,)) if spelling else None
        case Or(args):
            return _with_dashes(args) or _joined(list(map(item_of, args)))
        case And(args):
            return _all_of(list(map(item_of, args)))
        case _:
            return None


def _joined(items: Sequence[SelectionItem | None]) -> SelectionItem | None:
    """Items of one key as one item with all their values."""
    found = [item for item in items if item is not None]
    if not found or len(found) < len(items) or len({(item.field, item.modifiers) for item in found}) > 1:
        return None
    if "all" in found[0].modifiers or found[0].modifiers == ("exists",):
        return None
    values = {(type(value), value): value for item in found for value in item.values}
    return SelectionItem(found[0].field, found[0].modifiers, tuple(values.values()))


def _all_of(items: Sequence[SelectionItem | None]) -> SelectionItem | None:
    """Items of one key with `contains`, each of one value, as one with `all`."""
    found = [item for item in items if item is not None]
    if len(found) < 2 or len(found) < len(items) or any(len(item.values) > 1 for item in found):
        return None
    first = found[0]
    if any((item.field, item.modifiers) != (first.field, first.modifiers) for item in found):
        return None
    if first.field and "contains" not in first.modifiers:
        return None
    if not {"fieldref", "windash"}.isdisjoint(first.modifiers):
        return None
    return SelectionItem(first.field, (*first.modifiers, "all"), tuple(item.values[0] for item in found))


def _with_dashes(args: Sequence[Expr]) -> SelectionItem | None:
    """Values that differ in their dashes alone as those that `windash` makes them from."""
    tests = [arg.test for arg in args if isinstance(arg, Match) and isinstance(arg.test, Pattern)]
    if len(tests) < _DASH_FORMS or len(tests) < len(args):
        return None
    items = list(map(item_of, args))
    plain = _joined(items)
    if plain is None or not all(isinstance(value, str) for value in plain.values):
        return None
    left = dict.fromkeys(test.parts for test in tests)
    kept: list[Plain] = []
    dashes = False
    for test, item in zip(tests, items, strict=True):
        if test.parts not in left:
            continue
        assert item is not None
        if _DASH_FORMS ** sum(len(DASH.findall(part)) for part in test.parts if isinstance(part, str)) > len(tests):
            return None
        forms = _forms(test)
        if len(forms) > 1 and all(form in left for form in forms):
            dashes = True
        elif len(forms) > 1:
            return None
        for form in forms:
            left.pop(form, None)
        kept.append(item.values[0])
    return SelectionItem(plain.field, ("windash", *plain.modifiers), tuple(kept)) if dashes else None


def _forms(test: Pattern) -> list[tuple[Part, ...]]:
    """What `windash` makes of a pattern whose dashes are hyphens, as the reader applies it."""
    choices: list[list[Part]] = []
    for part in test.parts:
        if not isinstance(part, str):
            choices.append([part])
            continue
        pieces: list[list[str]] = []
        at = 0
        for dash in DASH.finditer(part):
            pieces += [[part[at : dash.start()]], list(DASHES)]
            at = dash.end()
        pieces.append([part[at:]])
        choices.append(["".join(form) for form in product(*pieces)])
    return [tuple(form) for form in product(*choices)]


def selection_of(expr: Expr) -> Plain:
    """The expression as one selection; None if it takes more than one."""
    item = item_of(expr)
    if item is not None:
        return _keywords(item) if not item.field else Map(((item.key, item.value),))
    match expr:
        case And(args):
            return map_of(args)
        case Or(args):
            return _alternatives(args)
        case _:
            return None


def _alternatives(args: Sequence[Expr]) -> Plain:
    """Expressions of which one must hold as a list of maps, those of one key joined; None if one is not a map."""
    groups: dict[object, list[SelectionItem]] = {}
    maps: dict[object, Map] = {}
    for number, arg in enumerate(args):
        item = item_of(arg)
        if item is not None and item.field and _joined([item]) is not None:
            groups.setdefault(item.key, []).append(item)
            continue
        found = selection_of(arg)
        if not isinstance(found, Map) or any(key.startswith("|") for key, _ in found.entries):
            return None
        groups[number] = []
        maps[number] = found
    whole: list[Plain] = []
    for key, items in groups.items():
        joined = _joined(items) if items else None
        whole.append(Map(((joined.key, joined.value),)) if joined else maps[key])
    return tuple(whole)


def _keywords(item: SelectionItem) -> Plain:
    if not item.modifiers:
        return item.values
    return Map((("|" + "|".join(item.modifiers), item.value),))


def map_of(args: Sequence[Expr]) -> Map | None:
    """Expressions that must all hold as one map; None if one of them is not an item, or two need the same key."""
    items = merged(args)
    if items is None or any(not item.field for item in items):
        return None
    keys = [item.key for item in items]
    return Map(tuple((item.key, item.value) for item in items)) if len(set(keys)) == len(keys) else None


def merged(args: Sequence[Expr]) -> list[SelectionItem] | None:
    """The items of expressions that must all hold, those that `all` can join joined; None if one is not an item."""
    groups: dict[str, list[SelectionItem]] = {}
    for arg in args:
        item = item_of(arg)
        if item is None:
            return None
        groups.setdefault(item.key, []).append(item)
    found: list[SelectionItem] = []
    for items in groups.values():
        single = [item for item in items if len(item.values) == 1]
        joined = _all_of(single)
        found += [joined, *(item for item in items if item not in single)] if joined else items
    return found


def fields_of(expr: Expr) -> list[str]:
    """The fields that an expression asks about, in order."""
    return [leaf.value.name for leaf in leaves(expr) if isinstance(leaf, Match) and isinstance(leaf.value, Field)]
