"""The value of a predicate: the author's text where it is at hand, else what the test means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import assert_never

from transpile.catalog.written import around, quoted, regex_behind, scalar, text_at
from transpile.ir.expr import Keyword, Match
from transpile.ir.match import (
    Boolean,
    Cidr,
    Compare,
    Exists,
    FieldRef,
    Null,
    Number,
    Order,
    Pattern,
    Regex,
    Shape,
    Test,
    TimePart,
)
from transpile.source import Source

_ORDERS = {Order.GT: "gt", Order.GTE: "gte", Order.LT: "lt", Order.LTE: "lte"}
_SHAPES = {
    Shape.EQUALS: "eq",
    Shape.CONTAINS: "contains",
    Shape.STARTS: "starts_with",
    Shape.ENDS: "ends_with",
    Shape.PRESENT: "is_not_null",
    Shape.WILDCARD: "wildcard",
}


def kind_of_test(test: Test) -> str:
    """The kind of a predicate by its test alone.

    >>> from transpile.ir.match import ANY
    >>> kind_of_test(Pattern.of(ANY, "net.exe")), kind_of_test(Number(4))
    ('ends_with', 'eq')
    """
    match test:
        case Pattern():
            return _SHAPES[test.shape]
        case Regex():
            return "regex_match"
        case Number() | Boolean() | TimePart() | FieldRef():
            return "eq"
        case Compare(order):
            return _ORDERS[order]
        case Cidr():
            return "cidr_match"
        case Exists():
            return "is_not_null"
        case Null():
            return "is_null"
        case _:
            assert_never(test)


def is_presence(leaf: Match) -> bool:
    """Whether the test asks only for a value to be there."""
    return isinstance(leaf.test, Exists) or (isinstance(leaf.test, Pattern) and leaf.test.shape is Shape.PRESENT)


def rendered(test: Test) -> str:
    """A test as text: literal texts and wildcards as they are, nothing escaped."""
    match test:
        case Pattern():
            return test.render(lambda run: run, "*", "?")
        case Regex(pattern):
            return pattern
        case Number(value) | Compare(_, value):
            return str(value)
        case Boolean(value):
            return str(value).lower()
        case Cidr(network):
            return network
        case TimePart(unit, value):
            return f"{unit.value} {value}"
        case FieldRef(field):
            return field.name
        case Exists() | Null():
            return ""
        case _:
            assert_never(test)


def keyword_value(leaf: Keyword, source: Source, written: str) -> str:
    """The text of a keyword."""
    text = text_at(source, leaf.span)
    own = scalar(text) if written == "scalar" else _bare(text) if written == "comparison" else None
    return own if own is not None else rendered(leaf.test)


_DIRECTIVE = re.compile(r"(?is)^(?:TERM|CASE)\(\s*(.*?)\s*\)$")


def _bare(text: str | None) -> str | None:
    """The text of a search term, without its quotes and what is around it.

    >>> _bare('TERM("net use")'), _bare("psexec*"), _bare(None)
    ('net use', 'psexec*', None)
    """
    if not text:
        return None
    found = _DIRECTIVE.match(text)
    inner = found[1] if found else text
    return inner[1:-1] if len(inner) > 1 and inner[0] == inner[-1] == '"' else inner


def written_values(leaf: Match, source: Source, written: str, kind: str) -> Iterator[str]:
    """The value as the author wrote it, without the wildcards that the kind says already."""
    if kind in ("is_null", "is_not_null"):
        yield ""
        return
    text: str | None = None
    match written:
        case "scalar":
            text = scalar(text_at(source, leaf.span))
        case "comparison":
            text = _of_comparison(leaf, source, kind)
        case "literal" if kind == "regex_match":
            text = regex_behind(around(source, leaf.span, 0, 4_000)[1])
        case "token" if isinstance(leaf.test, Pattern | Regex):
            text = _of_token(text_at(source, leaf.span) or "") or None
        case "test" if kind in ("regex_match", "match"):
            text = _of_words(leaf, source)
    if isinstance(leaf.test, FieldRef):
        text = leaf.test.field.name
    if text is not None and any(word in leaf.operator for word in _MODIFIED):
        yield text
    else:
        yield _trimmed(text if text is not None else rendered(leaf.test), kind)


_MODIFIED = ("contains", "startswith", "endswith")


def _trimmed(text: str, kind: str) -> str:
    if kind in ("contains", "ends_with") and text.startswith("*"):
        text = text[1:]
    if kind in ("contains", "starts_with") and text.endswith("*"):
        text = text[:-1]
    return text


_COMPARED = re.compile(
    r"""^\s*(?P<field>'[^']*'|"[^"]*"|[\w.{}:-]+)\s*(?P<sign>!=|==|<=|>=|=|<|>)\s*(?P<value>.*)$""", re.S
)
_ITEM = re.compile(r'"((?:\\.|[^"\\])*)"|([^\s,()"]+)')


def _of_comparison(leaf: Match, source: Source, kind: str) -> str | None:
    """The value in a comparison's text: behind its sign, the member of its list, or its regular expression."""
    text = text_at(source, leaf.span)
    if text is None or text.startswith("`"):
        return None
    text = text.strip()
    if kind == "in":
        inside = text[text.find("(") + 1 :]
        wanted = _folded(rendered(leaf.test))
        for found in _ITEM.finditer(inside):
            item = found[1] if found[1] is not None else found[2]
            if _folded(item) == wanted:
                return str(item)
        return None
    if re.match(r"(?i)\w*\s*\(", text) or kind in ("match", "regex_match"):
        if (compared := _COMPARED.match(text)) is None:
            found_texts = quoted(text)
            return found_texts[-1] if found_texts else None
        return compared["value"].strip().strip('"')
    compared = _COMPARED.match(text)
    return compared["value"].strip().strip('"') if compared else None


def kind_of_token(text: str, by_test: str) -> str:
    """The kind of a value in a query that has no operators but `:`: by the stars of a bare word.

    >>> kind_of_token('"a*"', "eq"), kind_of_token("a*", "eq"), kind_of_token("*a*b*", "eq")
    ('eq', 'starts_with', 'wildcard')
    """
    if text.startswith('"') or "*" not in text:
        return "eq" if text else by_test
    inner = text.strip("*")
    if not inner:
        return "is_not_null"
    if "*" in inner:
        return "wildcard"
    starts, ends = text.endswith("*"), text.startswith("*")
    return "contains" if starts and ends else "starts_with" if starts else "ends_with"


def _of_token(text: str) -> str:
    if text.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", text.strip('"'))
    return re.sub(r"\\(.)", r"\1", text)


def _folded(text: str) -> str:
    return text.replace("\\\\", "\\").lower()


def _of_words(leaf: Match, source: Source) -> str | None:
    """The word or regular expression in a comparison's text, where the test was made of it."""
    found = quoted(text_at(source, leaf.span) or "")
    if len(found) == 1:
        return found[0].replace("\\\\", "\\")
    test = leaf.test
    if leaf.operator.startswith("has") and isinstance(test, Regex):
        inner = test.pattern
        for edge in ("(?:^|[^A-Za-z0-9])", "(?:$|[^A-Za-z0-9])"):
            inner = inner.removeprefix(edge).removesuffix(edge)
        return re.sub(r"\\(.)", r"\1", inner)
    return rendered(test).strip("*") if leaf.operator.startswith("has") else None
