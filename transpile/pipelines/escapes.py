"""Text that a platform keeps as XML spells it: `a & b` as `a &amp; b`.

`escaped` says a test of the text for what is kept, and `escaped_value` is the other half, for events. `unescaped` is
the inverse, for queries that are read.

Some add-ons decode what they extract. So what XML spells otherwise is sought as it is too, where no XML can hold that:
`2>&1` finds nothing in XML, and what it finds in decoded text is what the rule asks for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, overload

from transpile.ir.expr import Expr, Keyword, Match
from transpile.ir.match import ANY, ONE, FieldRef, Part, Pattern, Regex, Test
from transpile.ir.walk import replace_leaves
from transpile.pipelines import codes
from transpile.pipelines.leaf import Unsupported
from transpile.record import replace as changed
from transpile.regex.chars import contains, set_ranges
from transpile.regex.parse import parse
from transpile.regex.print import escape_pcre, folds, to_pcre
from transpile.regex.tree import Literal, Node, RegexError, Set, choice, map_leaves, walk

# Quotation marks stay as they are in the text of an element.
XML: Mapping[str, str] = MappingProxyType({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_XML = str.maketrans(dict(XML))
_BROKEN = tuple((name[:i], name[i:]) for name in XML.values() for i in range(1, len(name)))  # each name, at each place
_PLAIN = {name.lower(): char for char, name in XML.items()} | {"&quot;": '"', "&apos;": "'"}
_NAMES = re.compile("|".join(_PLAIN), re.IGNORECASE)
_IN_REGEX = re.compile(rf"\\.|\[(?:\\.|[^\]])*\]|(?P<name>{_NAMES.pattern})(?![*+?{{])", re.IGNORECASE | re.DOTALL)
_SECOND = frozenset(end[0] for _, end in _BROKEN)


@overload
def escaped(test: Pattern | Regex) -> Pattern | Regex: ...
@overload
def escaped(test: Test) -> Test: ...
def escaped(test: Test) -> Test:
    """The test of the text as XML spells it. Raises `Unsupported`."""
    match test:
        case Pattern(parts, case):
            if _is_same(parts):
                return test
            spelled = tuple(part.translate(_XML) if isinstance(part, str) else part for part in parts)
            if any(isinstance(part, str) and _inside(part) for part in spelled[1:]):
                return Regex(_searched(spelled), case=case, dotall=True)
            return test if spelled == parts else Pattern(spelled, case)
        case Regex() if any(char in test.pattern for char in XML):
            return _regex(test)
        case _:
            return test


def spellings(test: Test) -> tuple[Test, ...]:
    """The tests of which one holds for the text as XML spells it, or else as it is. Raises `Unsupported`."""
    spelled = escaped(test)
    if isinstance(test, Pattern) and isinstance(spelled, Pattern) and spelled != test and _is_no_xml(*test.parts):
        return test, spelled
    return (spelled,)


def is_escaped(test: Test) -> bool:
    """Whether a test can tell the text from its spelling in XML."""
    match test:
        case Pattern(parts):
            return ONE in parts or escaped(test) is not test
        case Regex() | FieldRef():
            return True
        case _:
            return False


def unescaped_expr(expr: Expr) -> Expr:
    """A query's condition on kept text as one on the text."""

    def change(leaf: Match | Keyword) -> Expr:
        match leaf:
            case Match(test=Pattern() | Regex() as test) if (plain := unescaped(test)) is not test:
                return changed(leaf, test=plain)
            case Keyword(test) if (plain := unescaped(test)) is not test:
                return changed(leaf, test=plain)
            case _:
                return leaf

    return replace_leaves(expr, change)


def once(args: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Alternatives, of which what a query seeks in both spellings is now sought twice, each once."""
    found = {changed(arg, span=None, operator="") if isinstance(arg, Match) else arg: arg for arg in reversed(args)}
    return tuple(reversed(found.values()))


def unescaped(test: Pattern | Regex) -> Pattern | Regex:
    """The test of the text that a test of its spelling in XML is for."""
    match test:
        case Pattern(parts, case) if any(isinstance(part, str) and "&" in part for part in parts):
            plain = tuple(unescaped_value(part) for part in parts)
            return test if plain == parts else Pattern(plain, case)
        case Regex() if _NAMES.search(test.pattern):
            pattern = _IN_REGEX.sub(
                lambda found: unescaped_value(found[0]) if found["name"] else found[0], test.pattern
            )
            try:
                read = parse(pattern, ignore_case=test.ignore_case, multiline=test.multiline, dotall=test.dotall)
            except RegexError:
                return test
            return test if pattern == test.pattern else Regex(to_pcre(read))
        case _:
            return test


def unescaped_value(value: Any) -> Any:
    """A value, or each of a list, without the spellings of XML."""
    match value:
        case str():
            return _NAMES.sub(lambda name: _PLAIN[name[0].lower()], value)
        case list():
            return [unescaped_value(member) for member in value]
        case _:
            return value


def _is_no_xml(*parts: Part) -> bool:
    """Whether no XML holds these texts, since none has `<` or `>`, nor an `&` that begins no name."""
    texts = [part for part in parts if isinstance(part, str)]
    names = [name[1:] for name in XML.values()]
    after = [text[i + 1 :].lower() for text in texts for i, char in enumerate(text) if char == "&"]
    return any("<" in text or ">" in text for text in texts) or any(
        not any(name.startswith(rest) or rest.startswith(name) for name in names) for rest in after
    )


def escaped_value(value: Any) -> Any:
    """A value, or each of a list, as XML spells it."""
    match value:
        case str():
            return value.translate(_XML)
        case list():
            return [escaped_value(member) for member in value]
        case _:
            return value


def _is_same(parts: tuple[Part, ...]) -> bool:
    """Whether XML spells a pattern as it is, and holds its texts nowhere else; nearly always."""
    for i, part in enumerate(parts):
        if isinstance(part, str) and ("&" in part or "<" in part or ">" in part or (i and _inside(part))):
            return False
    return True


def _inside(text: str) -> list[str]:
    """What is before a text that is found in, or at the end of, the spelling of a character: `;` behind `&amp`."""
    if text[0].lower() not in _SECOND:
        return []
    text = text.lower()
    return [before for before, end in _BROKEN if end.startswith(text) or text.startswith(end)]


def _searched(parts: tuple[Part, ...]) -> str:
    """A pattern as a regex that finds none of its texts inside of a character's spelling."""
    found = "".join(
        "".join(f"(?<!{before})" for before in _inside(part)) * (i > 0) + escape_pcre(part)
        if isinstance(part, str)
        else ".*" * (0 < i < len(parts) - 1)
        if part is ANY
        else "."
        for i, part in enumerate(parts)
    )
    return "^" * (parts[0] is not ANY) + found + r"\z" * (parts[-1] is not ANY)


def _regex(test: Regex) -> Regex:
    try:
        tree = parse(test.pattern, ignore_case=test.ignore_case, multiline=test.multiline, dotall=test.dotall)
    except RegexError:
        return test  # whoever prints it says what is wrong with it
    fold = any(
        folds(node) for node in walk(tree)
    )  # the case of `&amp;` does not matter, and the regex is plainer with one
    spelled = map_leaves(tree, lambda node: _leaf(node, fold))
    return test if spelled == tree else Regex(to_pcre(spelled))


def _leaf(node: Node, fold: bool) -> Node:
    match node:
        case Literal(text) if text.translate(_XML) != text:
            spelled = Literal(text.translate(_XML), node.fold or (fold and folds(node) is None))
            return choice(node, spelled) if _is_no_xml(text) else spelled
        case Set(negated=negated):
            ranges = set_ranges(node)
            inside = [char for char in XML if contains(ranges, ord(char))]
            if negated and len(inside) < len(XML):
                raise Unsupported(
                    codes.MAP004, why="the platform keeps it as XML, where one character may be spelled by several"
                )
            return node if negated or not inside else choice(*(Literal(XML[char], fold) for char in inside), node)
        case _:
            return node
