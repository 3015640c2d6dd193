"""Runs a Lucene regex: its syntax, read as Lucene reads it, as a regex of Python's.

By the grammar in org.apache.lucene.util.automaton.RegExp and "Regular expression syntax" of Elasticsearch, all optional
operators being on. The whole value has to match. Nothing here is shared with the room that writes such regexes.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from functools import lru_cache

from transpile.evaluate import Unproven

_CLASSES = {"d": "0-9", "s": r" \t\n\r", "w": "a-zA-Z_0-9"}
_MOST_REPEATS = 65_535


@lru_cache(maxsize=4096)
def compile_regex(pattern: str, ignore_case: bool) -> Callable[[str], bool]:
    """Whether a value matches the regex. Raises `Unproven` where Lucene rejects it, and for what is not run here.

    >>> compile_regex(r"net1?\\.exe", True)("NET.exe"), compile_regex("a", False)("ab")
    (True, False)
    """
    reader = _Reader(pattern, ignore_case)
    body = reader.union()
    if reader.at < len(pattern):
        raise Unproven(f"Lucene rejects the regex {pattern!r}: unbalanced brackets")
    try:
        match = re.compile(body, re.DOTALL).fullmatch
    except (re.error, OverflowError, RecursionError) as error:
        raise Unproven(f"the regex {pattern!r} cannot be run here: {error}") from error
    return lambda value: match(value) is not None


class _Reader:
    """A cursor over a pattern that writes Python's regex for what it passes."""

    def __init__(self, text: str, ignore_case: bool) -> None:
        self.text = text
        self.ignore_case = ignore_case
        self.at = 0

    def peek(self, chars: str) -> bool:
        return self.at < len(self.text) and self.text[self.at] in chars

    def accept(self, char: str) -> bool:
        found = self.peek(char)
        self.at += found
        return found

    def take(self) -> str:
        if self.at == len(self.text):
            raise Unproven(f"Lucene rejects the regex {self.text!r}: it ends too soon")
        self.at += 1
        return self.text[self.at - 1]

    def union(self) -> str:
        branches = [self.sequence()]
        while self.accept("|"):
            branches.append(self.sequence())
        return "|".join(branches)

    def sequence(self) -> str:
        """At least one part: Lucene reads `)` and `|` as themselves where a part has to begin."""
        parts = self.repeat()
        while self.at < len(self.text) and not self.peek(")|"):
            if self.peek("&"):
                raise Unproven("intersections of regexes are not run here")
            parts += self.repeat()
        return parts

    def repeat(self) -> str:
        if self.peek("~"):
            raise Unproven("complements of regexes are not run here")
        part = self.part()
        while self.peek("?*+{"):
            mark = self.take()
            part = f"(?:{part}){self.bounds() if mark == '{' else mark}"
        return part

    def bounds(self) -> str:
        found = re.compile(r"(\d+)(,?)(\d*)\}").match(self.text, self.at)
        if not found or int(found[1]) > _MOST_REPEATS:
            raise Unproven(f"Lucene rejects the regex {self.text!r}: a bad repeat")
        self.at = found.end()
        if found[3] and int(found[3]) < int(found[1]):
            raise Unproven("repeats with bounds in the wrong order are not documented")
        return "{" + found[0]

    def part(self) -> str:
        char = self.take()
        match char:
            case ".":
                return "."
            case "#":
                return "(?!)"
            case "@":
                return "(?:.*)"
            case "<":
                return self.interval()
            case '"':
                end = self.text.find('"', self.at)
                if end < 0:
                    raise Unproven(f'Lucene rejects the regex {self.text!r}: missing "')
                quoted, self.at = self.text[self.at : end], end + 1
                return "(?:" + "".join(map(self.character, quoted)) + ")"
            case "(":
                if self.accept(")"):
                    return "(?:)"
                inner = self.union()
                if not self.accept(")"):
                    raise Unproven(f"Lucene rejects the regex {self.text!r}: missing )")
                return f"(?:{inner})"
            case "[":
                return self.set()
            case "\\":
                if self.peek("dswDSW"):
                    letter = self.take()
                    return f"[{'^' * letter.isupper()}{_CLASSES[letter.lower()]}]"
                return self.character(self.escaped())
            case _:
                return self.character(char)

    def interval(self) -> str:
        """`<1-20>`: a whole number between two, padded with zeros where both are written with as many digits."""
        found = re.compile(r"(\d+)-(\d+)>").match(self.text, self.at)
        if not found or abs(int(found[1]) - int(found[2])) > 1000:
            raise Unproven("named automata and wide intervals are not run here")
        self.at = found.end()
        low, high = sorted((int(found[1]), int(found[2])))
        digits = len(found[1]) if len(found[1]) == len(found[2]) else 0
        zeros = "" if digits else "0*"
        return f"{zeros}(?:{'|'.join(f'{number:0{digits}d}' for number in range(high, low - 1, -1))})"

    def escaped(self) -> str:
        char = self.take()
        if char.isascii() and char.isalpha():
            raise Unproven(f"Lucene rejects the regex {self.text!r}: \\{char} means nothing")
        return char

    def character(self, char: str) -> str:
        if self.ignore_case and char.isascii() and char.isalpha():
            return f"[{char.lower()}{char.upper()}]"
        return re.escape(char)

    def set(self) -> str:
        negated = self.accept("^")
        items = [self.set_item()]
        while not self.accept("]"):
            items.append(self.set_item())
        body = "".join(items)
        if self.ignore_case and not _has_both_cases(body):
            raise Unproven("whether ignoring case reaches into ranges depends on the version of Lucene")
        return f"[{'^' * negated}{body}]"

    def set_item(self) -> str:
        if self.accept("\\"):
            if self.peek("DSW"):
                raise Unproven("complements in sets are not run here")
            if self.peek("dsw"):
                return _CLASSES[self.take()]
            low = self.escaped()
        else:
            low = self.take()
        if not self.accept("-"):
            single = self.ignore_case and low.isascii() and low.isalpha()
            return low.lower() + low.upper() if single else re.escape(low)
        high = self.escaped() if self.accept("\\") else self.take()
        if low > high:
            raise Unproven(f"Lucene rejects the regex {self.text!r}: a bad range")
        return f"{re.escape(low)}-{re.escape(high)}"


def _has_both_cases(body: str) -> bool:
    """Whether a set holds each ASCII letter in both cases or in none."""
    letters = {char for char in string.ascii_letters if re.match(f"[{body}]", char)}
    return letters == {char.swapcase() for char in letters}
