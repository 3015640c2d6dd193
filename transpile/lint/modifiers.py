"""`LNT104` to `LNT124`, the part about modifiers: combinations that do nothing, or something else than is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from types import MappingProxyType

from transpile.dialects.sigma.tree import part
from transpile.lint.document import Check, DetectionItem, Edit, LintDocument, LintHit, hit, rewrite
from transpile.lint.options import LintOptions
from transpile.lint.texts import PLACES, has_wildcard, is_text, split

_IDEMPOTENT = frozenset((*PLACES, "all", "cased", "i", "m", "s"))
_ENCODING = frozenset(("base64", "base64offset", "wide", "utf16", "utf16le", "utf16be"))
_REGEX_GROUP = re.compile(r"(?<!\\)(?:\\\\)*(\(\?(?:=|!|<=|<!|>))")
_PLAIN_REGEX = re.compile(r"(?:[\w \-:/\"'=,;@#%&!<>~`]|\\[^\w\s])+")


def _rename(doc: LintDocument, item: DetectionItem, key: str) -> tuple[Edit, ...]:
    """The edit that gives an item another key."""
    return rewrite(doc, item.key, key) if item.key else ()


def _key(item: DetectionItem, modifiers: tuple[str, ...]) -> str:
    return "|".join((item.field or "", *modifiers))


def wildcard_for_modifier(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Wildcards at the ends of every value of a field, where a modifier says the same."""
    for item in doc.items:
        if item.field is None or item.key is None or not is_text(item) or not PLACES.isdisjoint(item.modifiers):
            continue
        modifier = _served(item)
        if modifier is None or not _ENCODING.isdisjoint(item.modifiers):
            continue
        key = _key(item, (modifier, *item.modifiers))
        start, end = int(modifier != "startswith"), -1 if modifier != "endswith" else None
        values = [rewrite(doc, value, value.text[start:end]) for value in item.values]
        edits = (*_rename(doc, item, key), *(edit for made in values for edit in made)) if all(values) else ()
        yield hit(item.values[0].span, *edits, modifier=modifier, key=key)


def _served(item: DetectionItem) -> str | None:
    """The modifier that says what the wildcards of all values say; None if there is none."""
    if any(value.is_null for value in item.values):
        return None
    places = {_place(split(value.text)) for value in item.values}
    return places.pop() if len(places) == 1 else None


def _place(parts: list[str | None]) -> str | None:
    """The modifier for one text with wildcards (None in `parts`) at its ends only."""
    match parts:
        case [None, str(), None]:
            return "contains"
        case [None, str()]:
            return "endswith"
        case [str(), None]:
            return "startswith"
    return None


def needless_wildcard(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A wildcard where the modifier puts one by itself. Keywords are looked for anywhere, too."""
    for item in doc.items:
        modifier = next((one for one in item.modifiers if one in PLACES), None)
        where = modifier or ("a keyword" if item.field is None and not item.modifiers else None)
        if where is None or not is_text(item) or not _ENCODING.isdisjoint(item.modifiers):
            continue
        for value in item.values:
            parts = split(value.text)
            front = where != "startswith" and parts[:1] == [None]
            back = where != "endswith" and parts[-1:] == [None]
            if len(parts) < 2 or not (front or back):
                continue
            text = value.text[1:] if front else value.text
            at = 0 if front else len(value.text) - 1
            edits = rewrite(doc, value, text[:-1] if back else text)
            yield hit(part(value, at, at + 1), *edits, modifier=where)


def base64_without_contains(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`base64` alone."""
    for item in doc.items:
        if "base64" in item.modifiers and PLACES.isdisjoint(item.modifiers) and item.field:
            yield hit(item.span, modifier="base64")


def base64offset_without_contains(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`base64offset` alone."""
    for item in doc.items:
        if "base64offset" in item.modifiers and "contains" not in item.modifiers and item.field:
            yield hit(item.span)


def all_of_different_values(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`all` over values of which a field can have one only."""
    for item in doc.items:
        modifiers = set(item.modifiers) - {"all", "cased", "windash"}
        if item.field is None or "all" not in item.modifiers or not modifiers <= {"startswith", "endswith"}:
            continue
        texts = [value.text.casefold() for value in item.values if not value.is_null]
        if any(has_wildcard(text) for text in texts):
            continue
        how = "begin with" if "startswith" in modifiers else "end with" if "endswith" in modifiers else "equal"
        if any(_exclude(how, one, other) for one, other in combinations(texts[:50], 2)):
            yield hit(item.span, how=how)


def _exclude(how: str, one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if how == "equal":
        return one != other
    return not (long.startswith(short) if how == "begin with" else long.endswith(short))


def windash_with_all(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`windash` and `all`."""
    for item in doc.items:
        if {"windash", "all"} <= set(item.modifiers):
            yield hit(item.span)


def repeated_modifier(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A modifier that is there twice. `base64` may be."""
    for item in doc.items:
        if len(set(item.modifiers)) == len(item.modifiers):
            continue
        once = tuple(dict.fromkeys(item.modifiers))
        twice = next(name for name in once if item.modifiers.count(name) > 1)
        if twice != "base64":
            edits = _rename(doc, item, _key(item, once)) if twice in _IDEMPOTENT else ()
            yield hit(item.span, *edits, modifier=twice)


def several_places(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`startswith` and `endswith` on one value."""
    for item in doc.items:
        places = [name for name in dict.fromkeys(item.modifiers) if name in PLACES]
        if len(places) > 1:
            yield hit(item.span, modifiers="|".join(places))


def regex_group(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Look-around and atomic groups."""
    for item in doc.items:
        for value in item.values if "re" in item.modifiers else ():
            found = _REGEX_GROUP.search(value.text)
            if found:
                yield hit(part(value, found.start(1), found.end(1)), group=found[1])


def plain_regex(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A regular expression without a single operator."""
    for item in doc.items:
        if "re" not in item.modifiers or item.field is None or not set(item.modifiers) <= {"re", "i", "all"}:
            continue
        if all(_PLAIN_REGEX.fullmatch(value.text) for value in item.values):
            modifier = "contains" if "i" in item.modifiers else "contains|cased"
            every = "|all" if "all" in item.modifiers else ""
            yield hit(item.span, modifier=f"|{modifier}", key=f"{item.field}|{modifier}{every}")


def regex_any_ends(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`.*` at an end of a regular expression."""
    for item in doc.items:
        if "re" not in item.modifiers or not set(item.modifiers) <= {"re", "i", "m", "s", "all"}:
            continue
        for value in item.values:
            text = value.text
            if text.startswith(".*") and len(text) > 2 and text[2] not in "?+":
                yield hit(part(value, 0, 2), end="beginning")
            elif re.search(r"(?<!\\)\.\*$", text) and len(text) > 2:
                yield hit(part(value, len(text) - 2, len(text)), end="end")


def cased_without_letters(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`cased` on digits and signs."""
    for item in doc.items:
        letters = any(char.isalpha() for value in item.values for char in value.text)
        if "cased" in item.modifiers and not letters and _ENCODING.isdisjoint(item.modifiers) and is_text(item):
            yield hit(item.span)


def field_equals_itself(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`fieldref` to the same field."""
    for item in doc.items:
        for value in item.values if "fieldref" in item.modifiers else ():
            if value.text == item.field:
                yield hit(value.span)


def single_all(doc: LintDocument, item: DetectionItem) -> tuple[Edit, ...]:
    """The edit that takes `all` from a single value."""
    return _rename(doc, item, _key(item, tuple(name for name in item.modifiers if name != "all")))


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "LNT104": wildcard_for_modifier,
        "LNT105": needless_wildcard,
        "LNT111": base64_without_contains,
        "LNT112": base64offset_without_contains,
        "LNT113": all_of_different_values,
        "LNT114": windash_with_all,
        "LNT115": repeated_modifier,
        "LNT116": several_places,
        "LNT117": regex_group,
        "LNT118": plain_regex,
        "LNT119": regex_any_ends,
        "LNT121": field_equals_itself,
        "LNT124": cased_without_letters,
    }
)
