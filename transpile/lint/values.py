"""`LNT100` to `LNT129`, the part about values."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from transpile.dialects.sigma.tree import part
from transpile.lint.document import Check, DetectionItem, LintDocument, LintHit, hit, raw, remove_line, rewrite
from transpile.lint.options import LintOptions
from transpile.lint.texts import PLACES, has_wildcard, is_text

_INVISIBLE = re.compile("[\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff]")  # joiners make emoji
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})")
_TWO_STARS = re.compile(r"(\\.)|\*{2,}")
_ESCAPED = re.compile(r"(?<!\\)(?:\\\\)*\\([*?])")
_MANGLED = frozenset(("windash", "expand", "base64", "base64offset", "wide", "utf16", "utf16le", "utf16be", "neq"))
_VERBATIM = frozenset(("cased", "re", "base64", "base64offset"))  # modifiers under which case matters
_PREFIX = re.compile(r"(\d{1,3})\.(?:(\d{1,3})\.(?:(\d{1,3})\.)?)?")
_INSIDE: Mapping[str, Callable[[str, str], bool]] = MappingProxyType(
    {"contains": str.__contains__, "startswith": str.startswith, "endswith": str.endswith}
)
_MOST = 300  # values of an item that are compared with each other


def control_character(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """Tabs and the like, and invisible characters that are typed as such."""
    for item in doc.items:
        for value in item.values if is_text(item) else ():
            found = re.search(r"[\x00-\x1f]", value.text) or _INVISIBLE.search(raw(doc, value))
            if found and value.text != found[0]:  # alone it is what the rule looks for
                yield hit(value.span, point=ord(found[0]))


def double_wildcard(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`**`."""
    for item in doc.items:
        for value in item.values if is_text(item) else ():
            if "**" not in value.text:
                continue
            single = _TWO_STARS.sub(lambda found: found[1] or "*", value.text)
            if single != value.text:
                at = value.text.index("**")
                yield hit(part(value, at, at + 2), *rewrite(doc, value, single))


def escaped_wildcard(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A backslash that takes a wildcard's meaning."""
    for item in doc.items:
        for value in item.values if is_text(item) else ():
            found = _ESCAPED.search(value.text)
            if found:
                yield hit(part(value, found.end() - 2, found.end()), char=found[1])


def number_as_text(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A number in quotes where the whole field is compared."""
    for item in doc.items:
        if item.field is None or not set(item.modifiers) <= {"all", "neq"}:
            continue
        for value in item.values:
            if not value.plain and _NUMBER.fullmatch(value.text):
                yield hit(value.span, value=value.text)


def lone_wildcard(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`*` as the only value."""
    for item in doc.items:
        if item.field and PLACES.issuperset(item.modifiers) and [value.text for value in item.values] == ["*"]:
            yield hit(item.values[0].span, field=item.field)


def always_true_value(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """An empty text, or nothing but `*` among others, that is looked for in a value."""
    for item in doc.items:
        if item.field is None or PLACES.isdisjoint(item.modifiers) or not _MANGLED.isdisjoint(item.modifiers):
            continue
        for value in item.values:
            lone = len(item.values) == 1 and value.text
            if not value.is_null and not value.text.strip("*") and not lone:
                yield hit(value.span)


def null_in_list(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`null` beside other values."""
    for item in doc.items:
        nulls = [value for value in item.values if value.is_null]
        if nulls and len(nulls) < len(item.values) and item.field:
            yield hit(nulls[0].span)


def duplicate_value(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A value that the list already has; in another case too, where case does not matter."""
    for item in doc.items:
        seen: set[tuple[str, bool]] = set()
        exact = not _VERBATIM.isdisjoint(item.modifiers)
        for value in item.values:
            key = (value.text if exact else value.text.lower(), value.is_null)
            if key in seen:
                yield hit(value.span, *remove_line(doc, value), value=value.text)
            seen.add(key)


def covered_value(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A value of a list that another one makes superfluous."""
    for item in doc.items:
        place = next((name for name in item.modifiers if name in PLACES), None)
        if item.field is None and not item.modifiers:
            place = "contains"
        if place is None or len(item.values) < 2 or not _MANGLED.isdisjoint(item.modifiers):
            continue
        yield from _covered(item, place)


def _covered(item: DetectionItem, place: str) -> Iterator[LintHit]:
    """Under OR the longer of two texts is covered by the shorter; under `all` it is the other way round."""
    cased = "cased" in item.modifiers
    plain = [
        (value, value.text if cased else value.text.lower())
        for value in item.values[:_MOST]
        if value.text and not has_wildcard(value.text)
    ]
    inside = _INSIDE[place]
    by_length = sorted(plain, key=lambda one: len(one[1]))
    lengths = [len(text) for _, text in by_length]
    for value, text in plain:
        if "all" in item.modifiers:
            others = by_length[bisect_right(lengths, len(text)) :]
            found = next((other for other, longer in others if inside(longer, text)), None)
        else:
            others = by_length[: bisect_left(lengths, len(text))]
            found = next((other for other, shorter in others if inside(text, shorter)), None)
        if found:
            yield hit(value.span, value=value.text, other=found.text)


def address_prefix(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """`10.` as the beginning of an address."""
    for item in doc.items:
        name = (item.field or "").lower()
        if not re.search(r"(ip|addr|address|ipaddr)$|^(src|dst)$|_ip|ip_|ipaddress", name):
            continue
        for value in item.values if item.modifiers in ((), ("startswith",)) else ():
            text = value.text if item.modifiers else value.text.removesuffix("*")
            found = _PREFIX.fullmatch(text)
            if found and (item.modifiers or text != value.text):
                parts = [one for one in found.groups() if one]
                network = ".".join(parts + ["0"] * (4 - len(parts))) + f"/{8 * len(parts)}"
                yield hit(value.span, field=item.field, network=network)


def short_value(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """One letter or digit that may be anywhere."""
    for item in doc.items:
        anywhere = item.modifiers in (("contains",), ("contains", "all")) or (not item.field and not item.modifiers)
        for value in item.values if anywhere else ():
            if len(value.text) == 1 and value.text.isalnum() and value.text.isascii():
                yield hit(value.span, value=value.text)


def spaces_at_ends(doc: LintDocument, options: LintOptions) -> Iterator[LintHit]:
    """A space at an end of a value that is compared as a whole."""
    for item in doc.items:
        if item.field is None or item.modifiers not in ((), ("cased",)):
            continue
        for value in item.values:
            text = value.text
            if text.strip() and text != text.strip(" "):
                yield hit(value.span, end="beginning" if text.startswith(" ") else "end")


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "LNT100": control_character,
        "LNT101": double_wildcard,
        "LNT102": escaped_wildcard,
        "LNT103": number_as_text,
        "LNT106": lone_wildcard,
        "LNT107": always_true_value,
        "LNT108": null_in_list,
        "LNT109": duplicate_value,
        "LNT110": covered_value,
        "LNT120": address_prefix,
        "LNT122": short_value,
        "LNT125": spaces_at_ends,
    }
)
