"""Reads the regexes that detection authors write: PCRE's syntax, and what Python's adds to it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from transpile.record import record
from transpile.regex.chars import SHORTHANDS, is_cased, set_ranges, shorthand_ranges
from transpile.regex.tree import (
    Anchor,
    Atomic,
    Backreference,
    Capture,
    Dot,
    Literal,
    Look,
    Mode,
    Node,
    Range,
    RegexError,
    Repeat,
    Set,
    Shorthand,
    choice,
    sequence,
)

_CONTROLS = {"a": 0x07, "e": 0x1B, "f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09}
_ANCHORS = {
    "A": Anchor.START,
    "z": Anchor.END,
    "Z": Anchor.END_OR_NEWLINE,
    "b": Anchor.WORD,
    "B": Anchor.NOT_WORD,
}
_LOOKS = {"?=": (False, False), "?!": (False, True), "?<=": (True, False), "?<!": (True, True)}
_QUANTIFIER = re.compile(r"[*+?]|\{(\d+)(,?)(\d*)\}")
_BOUNDS = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_FLAGS = re.compile(r"\?(\^?)([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])")
_NAMED = re.compile(r"\?(?:P?<(\w+)>|'(\w+)')")
_REFERENCE = re.compile(r"\?P=(\w+)\)")
_NAMED_REFERENCE = re.compile(r"k(?:<(\w+)>|'(\w+)'|\{(\w+)\})|g\{([A-Za-z_]\w*)\}")
_NUMBERED_REFERENCE = re.compile(r"g(?:(\d+)|\{(-?\d+)\})|([1-9]\d*)")
_OCTAL = re.compile(r"0[0-7]{0,2}|[1-3][0-7]{2}|o\{([0-7]+)\}")
_HEX = re.compile(r"x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{0,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})")
_POSIX = re.compile(r"\[:(\^?)(\w+):\]")
_PROPERTY = re.compile(r"([pP])(?:([LMNPSZC])|\{(\^?)([LMNPSZC][a-z]?)\})")

_DEEPEST = 100  # nested groups; deeper ones would blow Python's stack
_MOST = 65_535  # PCRE's limit of a repeat


@record
class _Flags:
    """The letters of `(?imsx)`."""

    i: bool = False
    m: bool = False
    s: bool = False
    x: bool = False


@lru_cache(maxsize=4096)
def parse(pattern: str, *, ignore_case: bool = False, multiline: bool = False, dotall: bool = False) -> Node:
    """The tree of a pattern; the arguments are the flags that hold at its start.

    Raises `RegexError`, with the offset, for what PCRE rejects and for the few things that have no tree here:
    recursion, conditions, branch reset, control verbs, `\\K`, `\\G`, `\\R`, `\\X`, `\\C`.

    >>> parse("a|b+")
    Choice(branches=(Literal(text='a', fold=False), Repeat(item=Literal(text='b', fold=False), low=1, high=None, \
mode=<Mode.GREEDY: ''>)))
    """
    return _Parser(pattern, _Flags(ignore_case, multiline, dotall)).whole()


class _Parser:
    """A cursor over a pattern. It lives for one call of `parse`."""

    def __init__(self, pattern: str, flags: _Flags) -> None:
        self.text = pattern
        self.at = 0
        self.flags = flags
        self.depth = 0
        self.groups = 0
        self.names: set[str] = set()
        self.references: list[tuple[int | str, int]] = []

    def whole(self) -> Node:
        node = self.alternation()
        if self.at < len(self.text):
            raise self.error("unbalanced parenthesis")
        for group, offset in self.references:
            if group not in self.names if isinstance(group, str) else not 0 < group <= self.groups:
                raise RegexError(f"no group {group} to refer back to", offset)
        return node

    def error(self, message: str, at: int | None = None) -> RegexError:
        return RegexError(message, self.at if at is None else at)

    def peek(self, text: str) -> bool:
        return self.text.startswith(text, self.at)

    def accept(self, regex: re.Pattern[str]) -> re.Match[str] | None:
        found = regex.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    # --- structure

    def alternation(self) -> Node:
        """Branches up to the end or a `)`. Flags set inside hold to the end of the group, across branches."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.error(f"nested deeper than {_DEEPEST} groups")
        outer = self.flags
        branches = [self.branch()]
        while self.peek("|"):
            self.at += 1
            branches.append(self.branch())
        self.flags = outer
        self.depth -= 1
        return choice(*branches) if len(branches) > 1 else branches[0]

    def branch(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            found = self.atoms()
            parts += found[:-1]
            parts += [self.quantified(atom) for atom in found[-1:]]
        return sequence(*parts)

    def quantified(self, item: Node) -> Node:
        self.skip_blanks()
        found = self.accept(_QUANTIFIER)
        if not found:
            if re.match(r"\{,\d+\}", self.text[self.at :]):
                raise self.error("{,n} means different things in different engines: write {0,n}")
            return item
        if found.group() in _BOUNDS:
            low, high = _BOUNDS[found.group()]
        else:
            low = int(found[1])
            high = int(found[3]) if found[3] else None if found[2] else low
            if max(low, high or 0) > _MOST or (high is not None and high < low):
                raise self.error("impossible repeat", found.start())
        mode = Mode.GREEDY
        if self.peek("?") or self.peek("+"):
            mode = Mode(self.text[self.at])
            self.at += 1
        self.skip_blanks()
        if _QUANTIFIER.match(self.text, self.at):
            raise self.error("a repeat of a repeat")
        return Repeat(item, low, high, mode)

    def skip_blanks(self) -> None:
        """Skip what `(?x)` makes blank."""
        while self.flags.x and self.at < len(self.text):
            if self.text[self.at].isspace():
                self.at += 1
            elif self.peek("#"):
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end + 1
            else:
                return

    def atoms(self) -> list[Node]:
        """What comes next: one node, or none (a comment, flags), or several (`\\Q...\\E`)."""
        self.skip_blanks()
        if self.at == len(self.text) or self.text[self.at] in "|)":
            return []
        if self.accept(_QUANTIFIER):
            raise self.error("nothing to repeat", self.at - 1)
        char = self.text[self.at]
        self.at += 1
        match char:
            case "(":
                return self.group()
            case "[":
                return [self.set()]
            case ".":
                return [Dot(self.flags.s)]
            case "^":
                return [Anchor.LINE_START if self.flags.m else Anchor.START]
            case "$":
                return [Anchor.LINE_END if self.flags.m else Anchor.END_OR_NEWLINE]
            case "\\":
                return self.escape()
            case _:
                return [self.literal(char)]

    def literal(self, char: str) -> Literal:
        return Literal(char, self.flags.i and is_cased(char))

    # --- groups

    def group(self) -> list[Node]:
        start = self.at - 1
        if self.peek("*"):
            raise self.error("control verbs are not supported", start)
        if not self.peek("?"):
            self.groups += 1
            return [Capture(self.closed(start))]
        if self.peek("?#"):
            end = self.text.find(")", self.at)
            if end < 0:
                raise self.error("comment without end", start)
            self.at = end + 1
            return []
        if self.peek("?:") or self.peek("?>"):
            atomic = self.peek("?>")
            self.at += 2
            inner = self.closed(start)
            return [Atomic(inner) if atomic else inner]
        for opener, (behind, negated) in _LOOKS.items():
            if self.peek(opener):
                self.at += len(opener)
                return [Look(self.closed(start), behind, negated)]
        if named := self.accept(_NAMED):
            name = named[1] or named[2]
            if name in self.names or name[0].isdigit():
                raise self.error(f"bad or repeated group name {name!r}", start)
            self.names.add(name)
            self.groups += 1
            return [Capture(self.closed(start), name)]
        if reference := self.accept(_REFERENCE):
            return [self.refer(reference[1], start)]
        if flags := self.accept(_FLAGS):
            return self.flagged(flags, start)
        raise self.error("this kind of group is not supported", start)

    def closed(self, start: int) -> Node:
        inner = self.alternation()
        if not self.peek(")"):
            raise self.error("missing )", start)
        self.at += 1
        return inner

    def flagged(self, found: re.Match[str], start: int) -> list[Node]:
        """`(?i)`: to the end of the group that it is in; `(?i:...)`: inside of it."""
        reset, on, off, closer = found.groups()
        if set(on + (off or "")) - set("imsx"):
            raise self.error(f"unknown flag in {found.group()!r}", start)
        outer = self.flags
        flags = _Flags() if reset else outer
        flags = replace(flags, **dict.fromkeys(on, True), **dict.fromkeys(off or "", False))
        self.flags = flags
        if closer == ")":
            return []
        inner = self.closed(start)
        self.flags = outer
        return [inner]

    def refer(self, group: int | str, start: int) -> Node:
        self.references.append((group, start))
        return Backreference(group, self.flags.i)

    # --- characters

    def escape(self) -> list[Node]:
        start = self.at - 1
        if self.peek("Q"):
            end = self.text.find("\\E", self.at)
            text = self.text[self.at + 1 : end if end >= 0 else None]
            self.at = len(self.text) if end < 0 else end + 2
            return [self.literal(char) for char in text]
        if self.peek("E"):
            self.at += 1
            return []
        letter = self.text[self.at : self.at + 1]
        if letter in _ANCHORS:
            self.at += 1
            return [_ANCHORS[letter]]
        if letter == "N" and not self.peek("N{"):
            self.at += 1
            return [Dot(False)]
        if found := self.accept(_NAMED_REFERENCE):
            return [self.refer(next(filter(None, found.groups())), start)]
        if not self.octal() and (found := self.accept(_NUMBERED_REFERENCE)):
            number = int(next(filter(None, found.groups())))
            return [self.refer(number if number >= 0 else self.groups + 1 + number, start)]
        item = self.escaped_item(start)
        if isinstance(item, Shorthand):
            return [Set((item,))]
        return [self.literal(chr(item.low))]

    def octal(self) -> bool:
        """Whether digits stand here that are an octal code and not a reference back (as PCRE tells them apart)."""
        found = _OCTAL.match(self.text, self.at)
        return found is not None and (found.group()[0] in "0o" or int(found.group()) > self.groups)

    def escaped_item(self, start: int) -> Range | Shorthand:
        """One character or shorthand, the cursor being behind its backslash."""
        if self.at == len(self.text):
            raise self.error("nothing after the last backslash", start)
        if found := self.accept(_OCTAL):
            return self.code(int(found[1] or found.group(), 8), start)
        if found := self.accept(_HEX):
            digits = next(filter(None, found.groups()), "0")
            return self.code(int(digits, 16), start)
        if found := self.accept(_PROPERTY):
            item = Shorthand(f"p{{{found[2] or found[4]}}}", (found[1] == "P") != bool(found[3]))
            shorthand_ranges(item)
            return item
        char = self.text[self.at]
        self.at += 1
        if char in _CONTROLS:
            return self.code(_CONTROLS[char], start)
        if char == "c" and self.at < len(self.text) and self.text[self.at].isascii():
            self.at += 1
            return self.code(ord(self.text[self.at - 1].upper()) ^ 0x40, start)
        if char.isascii() and char.isalnum():
            if char.lower() in SHORTHANDS and char.isalpha():
                return Shorthand(char.lower(), char.isupper())
            raise self.error(f"unknown escape \\{char}", start)
        return self.code(ord(char), start)

    def code(self, code: int, start: int) -> Range:
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise self.error("no such character", start)
        return Range(code, code)

    def set(self) -> Set:
        start = self.at - 1
        negated = self.peek("^")
        self.at += negated
        items: list[Range | Shorthand] = []
        while not self.peek("]") or not items:
            item = self.set_item(start)
            if self.peek("-") and not self.peek("-]"):
                if isinstance(item, Shorthand):
                    raise self.error("a range cannot begin with a set")
                self.at += 1
                end = self.set_item(start)
                if isinstance(end, Shorthand) or end.low < item.low:
                    raise self.error("bad range of characters", start)
                item = Range(item.low, end.low)
            items.append(item)
        self.at += 1
        plain = Set(tuple(items), negated)
        folded = replace(plain, fold=True)
        return folded if self.flags.i and set_ranges(folded) != set_ranges(plain) else plain

    def set_item(self, start: int) -> Range | Shorthand:
        if self.at >= len(self.text):
            raise self.error("missing ]", start)
        if posix := self.accept(_POSIX):
            if len(posix[2]) == 1 or posix[2] not in SHORTHANDS:
                raise self.error(f"unknown class [:{posix[2]}:]", posix.start())
            return Shorthand(posix[2], bool(posix[1]))
        char = self.text[self.at]
        self.at += 1
        if char != "\\":
            return Range(ord(char), ord(char))
        if self.peek("b"):
            self.at += 1
            return Range(8, 8)
        if re.match(r"[89AEQzZBNKGRXC]", self.text[self.at :]):
            raise self.error("this escape has no meaning in a set", self.at - 1)
        return self.escaped_item(self.at - 1)
