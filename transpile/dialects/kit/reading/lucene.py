"""Reads a Lucene regex as a search in PCRE's syntax.

The grammar is that of org.apache.lucene.util.automaton.RegExp with every optional operator enabled, as Elasticsearch
runs its regexes. A regex matches a whole value, so that the search is anchored, or starts and ends where the
regex has `.*`.
"""

from __future__ import annotations

import re

from transpile.ir.match import ANY, Case, Pattern, Regex
from transpile.regex import RegexError, escape_pcre, parse, wildcards
from transpile.regex.chars import is_cased, variants
from transpile.regex.tree import Dot, Literal, Node, Range, Set, map_leaves, walk

_CLASSES = {"d": "0-9", "s": r" \t\n\r", "w": "0-9A-Z_a-z"}
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_ANYTHING = ".*"
_MOST_DEPTH = 100
_META_IN_SET = frozenset("\\]^-[&~|#")


class NoSearchError(ValueError):
    """The regex has no form as a search, for the reason given."""


def to_search(pattern: str) -> str:
    """The search, with `.` matching line breaks, that finds something in exactly the values that the regex matches.

    Raises `NoSearchError` for what Lucene rejects, and for complements, intersections and intervals.

    >>> to_search("net1?[.]exe"), to_search(".*net@"), to_search("a|b")
    ('^net1?[.]exe\\\\z', 'net', '^(?:a|b)\\\\z')
    """
    reader = _Reader(pattern)
    branches = reader.branches()
    if reader.at < len(pattern):
        raise NoSearchError("unbalanced parentheses")
    if len(branches) > 1:
        return "^(?:" + "|".join(map("".join, branches)) + r")\z"
    return _search(branches[0])


def as_test(pattern: str, case: Case) -> Pattern | Regex:
    """The test that the regex makes of a value: a pattern with wildcards where that is all it asks.

    Raises `NoSearchError` as `to_search` does.

    >>> as_test(".*[nN][eE][tT]", Case.SENSITIVE)
    Pattern(parts=(<Wildcard.ANY: '*'>, 'net'), case=<Case.UNICODE: 'unicode'>)
    """
    search = to_search(pattern)
    try:
        node = parse(search, dotall=True)
        plain = wildcards(map_leaves(node, _in_any_case))
    except RegexError as error:
        raise NoSearchError(str(error)) from error
    if plain is not None and (not plain[1] or case is Case.SENSITIVE):
        found = Case.UNICODE if plain[1] else case
        return Pattern.of(*(ANY if part is None else part for part in plain[0]), case=found)
    return Regex(search, case, dotall=any(isinstance(one, Dot) for one in walk(node)))


def _in_any_case(leaf: Node) -> Node:
    """`[aA]` as the letter in any case, for which people write it where a regex cannot ignore case."""
    match leaf:
        case Set(items, False, False) if all(isinstance(item, Range) and item.low == item.high for item in items):
            chars = {chr(item.low) for item in items if isinstance(item, Range)}
            char = min(chars)
            if is_cased(char) and chars == set(variants(char)):
                return Literal(char.lower() if char.lower() in chars else char, fold=True)
    return leaf


def _search(parts: list[str]) -> str:
    start, end = "^", r"\z"
    if parts and parts[0] == _ANYTHING:
        parts, start = parts[1:], ""
    if parts and parts[-1] == _ANYTHING:
        parts, end = parts[:-1], ""
    return start + "".join(parts) + end


class _Reader:
    """A cursor over a Lucene regex that spells what it passes in PCRE's syntax."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        if self.at == len(self.text):
            raise NoSearchError("it ends too soon")
        self.at += 1
        return self.text[self.at - 1]

    def branches(self) -> list[list[str]]:
        """The alternatives up to a closing parenthesis or the end, each as its parts."""
        found = [self.parts()]
        while self.peek() == "|":
            self.take()
            found.append(self.parts())
        return found

    def parts(self) -> list[str]:
        found: list[str] = []
        while (char := self.peek()) and char not in "|)":
            if char in "&~":
                raise NoSearchError(f"`{char}` (complement or intersection)")
            found.append(self.repeated())
        return found

    def repeated(self) -> str:
        part = self.part()
        while (char := self.peek()) and char in "?*+{":
            if char == "{":
                bounds = _REPEAT.match(self.text, self.at)
                if not bounds:
                    raise NoSearchError("a malformed repeat")
                self.at, mark = bounds.end(), bounds.group()
            else:
                mark = self.take()
            # A second mark would make the first lazy or possessive in PCRE's syntax.
            part = (f"(?:{part})" if part[-1] in "?*+}" and part[-2:-1] != "\\" else part) + mark
        return part

    def part(self) -> str:
        match char := self.take():
            case ".":
                return "."
            case "@":
                return _ANYTHING
            case "#" | "<":
                raise NoSearchError("an empty language or an interval")
            case '"':
                return self.quoted()
            case "(":
                return self.group()
            case "[":
                return self.bracketed()
            case "\\":
                if self.peek() in _CLASSES or self.peek().lower() in _CLASSES:
                    letter = self.take()
                    return f"[{'^' * letter.isupper()}{_CLASSES[letter.lower()]}]"
                return escape_pcre(self.escaped())
            case _:
                return escape_pcre(char)

    def quoted(self) -> str:
        end = self.text.find('"', self.at)
        if end < 0:
            raise NoSearchError("a missing double quote")
        text, self.at = self.text[self.at : end], end + 1
        return f"(?:{escape_pcre(text)})"

    def group(self) -> str:
        self.depth += 1
        if self.depth > _MOST_DEPTH:
            raise NoSearchError("it nests too deeply")
        inner = "|".join(map("".join, self.branches()))
        self.depth -= 1
        if self.take() != ")":
            raise NoSearchError("unbalanced parentheses")
        return f"(?:{inner})"

    def bracketed(self) -> str:
        negated = self.peek() == "^"
        self.at += negated
        items = [self.item()]
        while self.peek() != "]":
            items.append(self.item())
        self.take()
        return f"[{'^' * negated}{''.join(items)}]"

    def item(self) -> str:
        char = self.take()
        if char == "\\":
            if self.peek() in _CLASSES:
                return _CLASSES[self.take()]
            char = self.escaped()
        if self.peek() != "-" or self.text[self.at + 1 : self.at + 2] == "]":
            return _in_set(char)
        self.take()
        last = self.take()
        if last == "\\":
            last = self.escaped()
        if last < char:
            raise NoSearchError("a range in the wrong order")
        return f"{_in_set(char)}-{_in_set(last)}"

    def escaped(self) -> str:
        char = self.take()
        if char.isascii() and char.isalpha():
            raise NoSearchError(f"the unknown escape \\{char}")
        return char


def _in_set(char: str) -> str:
    return "\\" + char if char in _META_IN_SET else char
