r"""Regexes of the Perl family (PCRE, RE2, Rust's) by Python's `re`, read here by the engines' own documentation.

What Python cannot express, and what an engine rejects, is `Unproven`. Nothing is shared with the parser that the
writers use. Sources: pcre2pattern(3), the RE2 wiki's "Syntax", and the pages of Rust's `regex` crate.

The result only has to find the same; it is written without flags but `i`: `.`, `^` and `$` are spelled for the flags
that hold where they are.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from transpile.dialects.kit.running.sets import POSIX, category, complement
from transpile.evaluate import Unproven
from transpile.record import record


@record(eq=False)
class Flavour:
    """What tells one engine's syntax from another's.

    `sets` holds the bodies of `[...]` that the letters stand for; a letter that is not there is not run here.
    """

    name: str
    sets: Mapping[str, str]
    flags: str
    edges: bool  # whether `\b` is of ASCII
    end_before_newline: bool = False  # `$` and `\Z` also hold before a line break that ends the text
    perl: bool = False  # lookaround, atomic groups, possessive repeats, references
    quotes: bool = False  # \Q...\E
    nested: bool = False  # `[` within a set opens another
    most: int = 65_535  # of a repeat; of repeats of repeats multiplied, if `multiplied`
    multiplied: bool = False


_ASCII = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t-\r "}
_HORIZONTAL = r"\t \xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"

PCRE = Flavour(
    "PCRE",
    MappingProxyType({**_ASCII, "h": _HORIZONTAL, "v": r"\n-\r\x85\u2028\u2029"}),
    flags="imsx",
    edges=True,
    end_before_newline=True,
    perl=True,
    quotes=True,
)
RE2 = Flavour(
    "RE2",
    MappingProxyType({**_ASCII, "s": r"\t\n\f\r "}),
    flags="ims",
    edges=True,
    quotes=True,
    most=1_000,
    multiplied=True,
)
# \w and \b are Unicode's there, of which Python has another idea.
RUST = Flavour(
    "Rust",
    MappingProxyType({"d": r"\d", "s": r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"}),
    flags="imsxu",
    edges=False,
    nested=True,
)

_CONTROLS = {"a": "\a", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_CODE = re.compile(r"x\{([0-9A-Fa-f]+)\}|x([0-9A-Fa-f]{2})|[uU]\{([0-9A-Fa-f]+)\}|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})")
_OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{2}")
_REPEAT = re.compile(r"[*+?]|\{(\d+)(?:(,)(\d*))?\}")
_FLAGS = re.compile(r"\?([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])")
_NAMED = re.compile(r"\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')")
_LOOK = re.compile(r"\?(<?[=!]|>)")
_REFERENCE = re.compile(r"\(\?P=(\w+)\)")
_BACK = re.compile(r"k(?:<(\w+)>|'(\w+)'|\{(\w+)\})|g\{?(\d+)\}?|([1-9]\d?)")
_PROPERTY = re.compile(r"[pP](?:\{(\^?)(\w+)\}|([A-Z]))")
_POSIX = re.compile(r"\[:(\^?)(\w+):\]")
_UNICODE_FLAGS = re.compile(r"\(\?-u:\\([bB])\)")  # the ASCII word boundary of Rust
_UNREPEATED = ("^", "$", r"\b", r"\B", r"\A", r"\z", r"\Z")  # by PCRE
_DEEPEST = 100


@lru_cache(maxsize=8192)
def compile_perl(pattern: str, flavour: Flavour, ignore_case: bool = False) -> re.Pattern[str]:
    r"""The regex as one of Python's, to search with. Raises `Unproven`; see the module.

    >>> bool(compile_perl(r"(?is)^c:\\.*\.exe$", RUST).search("C:\\Windows\\x.exe"))
    True
    >>> [bool(compile_perl("a$", flavour).search("a\n")) for flavour in (PCRE, RE2, RUST)]
    [True, False, False]
    """
    reader = _Reader(pattern, flavour)
    body, _ = reader.alternatives(_Flags(i=ignore_case))
    if reader.at < len(pattern):
        raise reader.rejected("unbalanced )")
    try:
        return re.compile(body)
    except (re.error, OverflowError, RecursionError) as error:
        raise Unproven(f"the regex {pattern!r} cannot be run: {error}") from error


@record
class _Flags:
    i: bool = False
    m: bool = False
    s: bool = False
    x: bool = False
    u: bool = True


class _Reader:
    """A cursor over one pattern that writes Python's regex for what it passes."""

    def __init__(self, pattern: str, flavour: Flavour) -> None:
        self.pattern = pattern
        self.flavour = flavour
        self.at = 0
        self.depth = 0

    def unproven(self, what: str) -> Unproven:
        return Unproven(f"{what} in the regex {self.pattern!r} has no counterpart to run it with")

    def rejected(self, why: str) -> Unproven:
        return Unproven(f"{self.flavour.name} rejects the regex {self.pattern!r}: {why}")

    def rest(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def accept(self, regex: re.Pattern[str]) -> re.Match[str] | None:
        found = regex.match(self.pattern, self.at)
        if found:
            self.at = found.end()
        return found

    def take(self) -> str:
        if self.at >= len(self.pattern):
            raise self.rejected("it ends too soon")
        self.at += 1
        return self.pattern[self.at - 1]

    # --- structure. Each part comes with how often, at most, its repeats multiply.

    def alternatives(self, flags: _Flags) -> tuple[str, int]:
        """What is up to the end of the group. Flags that are set within it hold to its end."""
        branches: list[str] = [""]
        most = 1
        while self.at < len(self.pattern) and not self.rest(")"):
            if self.rest("|"):
                self.at += 1
                branches.append("")
            elif (changed := self.flags(flags)) is not None:
                flags = changed
            else:
                text, times = self.repeated(flags)
                branches[-1] += f"(?i:{text})" if flags.i and text else text
                most = max(most, times)
        return "|".join(branches), most

    def flags(self, flags: _Flags) -> _Flags | None:
        """The flags after `(?i)`; None if none are set here."""
        found = _FLAGS.match(self.pattern, self.at + 1) if self.rest("(?") else None
        if found is None or found[3] != ")":
            return None
        self.at = found.end()
        return self.set_flags(flags, found)

    def set_flags(self, flags: _Flags, found: re.Match[str]) -> _Flags:
        on, off = found[1], found[2] or ""
        if set(on + off) - set(self.flavour.flags):
            raise self.unproven(found.group())
        if "u" in off:
            raise self.unproven("(?-u)")
        return replace(flags, **dict.fromkeys(on, True), **dict.fromkeys(off, False))

    def repeated(self, flags: _Flags) -> tuple[str, int]:
        """One part with the repeat behind it."""
        if flags.x and (self.pattern[self.at].isspace() or self.rest("#")):
            return self.skipped(), 1
        start = self.at
        if nothing := _REPEAT.match(self.pattern, start):
            raise self.rejected(f"nothing to repeat before {nothing.group()}")
        text, times = self.part(flags)
        if self.flavour.perl and self.pattern[start : self.at] in _UNREPEATED and _REPEAT.match(self.pattern, self.at):
            raise self.rejected(f"a repeat of {self.pattern[start : self.at]}")
        found = self.accept(_REPEAT)
        if found is None:
            return text, times
        low, high = int(found[1] or 0), int(found[3] or found[1] or 0)
        if max(low, high) > self.flavour.most or (found[3] and high < low):
            raise self.rejected(f"a bad repeat {found.group()}")
        times *= max(high, 1)
        if self.flavour.multiplied and times > self.flavour.most:
            raise self.rejected("repeats of repeats")
        return f"(?:{text}){found.group()}{self.mode()}", times

    def mode(self) -> str:
        """The suffix of a repeat."""
        suffix = ""
        if self.rest("?") or (self.rest("+") and self.flavour.perl):
            suffix = self.take()
        if _REPEAT.match(self.pattern, self.at):
            if self.flavour.nested:
                raise self.unproven("a repeat of a repeat")
            raise self.rejected("a repeat of a repeat")
        return suffix

    def skipped(self) -> str:
        if self.rest("#"):
            self.at = (self.pattern.find("\n", self.at) + 1) or len(self.pattern)
        else:
            self.at += 1
        return ""

    def part(self, flags: _Flags) -> tuple[str, int]:
        if edge := self.accept(_UNICODE_FLAGS):
            return f"(?a:\\{edge[1]})", 1
        char = self.take()
        match char:
            case "(":
                return self.group(flags)
            case "[":
                return self.set(), 1
            case "\\":
                return self.escape(), 1
            case ".":
                return (r"[\s\S]" if flags.s else r"[^\n]"), 1
            case "^":
                return ("(?m:^)" if flags.m else r"\A"), 1
            case "$" if flags.m:
                return "(?m:$)", 1
            case "$":
                return (r"(?=\n?\Z)" if self.flavour.end_before_newline else r"\Z"), 1
            case "{" if not self.flavour.perl and self.flavour.nested:
                raise self.rejected("a { that opens no repeat")
            case "{" if self.flavour.perl and re.match(r",\d+\}", self.pattern[self.at :]):
                raise self.unproven("{,n}")
            case _:
                return re.escape(char), 1

    def group(self, flags: _Flags) -> tuple[str, int]:
        """A group; its opening bracket is taken already."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.unproven("deep nesting")
        if self.flavour.perl and (reference := _REFERENCE.match(self.pattern, self.at - 1)):
            self.at = reference.end()
            self.depth -= 1
            return f"(?P={reference[1]})", 1
        opener = "("
        if named := self.accept(_NAMED):
            opener = f"(?P<{named[1] or named[2]}>"
        elif found := self.accept(_FLAGS):
            opener, flags = "(?:", self.set_flags(flags, found)
        elif look := self.accept(_LOOK):
            if not self.flavour.perl:
                raise self.rejected("lookaround is not supported")
            opener = f"({look.group()}"
        elif self.rest("?#") and self.flavour.perl:
            self.at = self.pattern.find(")", self.at)
            if self.at < 0:
                raise self.rejected("missing )")
            opener = "(?:"
        elif self.rest("?") or self.rest("*"):
            raise self.unproven("(" + self.pattern[self.at : self.at + 3])
        body, times = self.alternatives(flags)
        if self.take() != ")":
            raise self.rejected("missing )")
        self.depth -= 1
        return f"{opener}{body})", times

    # --- characters

    def escape(self) -> str:
        """An escape outside of sets; its backslash is taken already."""
        if self.flavour.quotes and self.rest("Q"):
            end = self.pattern.find("\\E", self.at)
            quoted = self.pattern[self.at + 1 : end if end >= 0 else None]
            self.at = len(self.pattern) if end < 0 else end + 2
            return f"(?:{re.escape(quoted)})" if quoted else ""
        if self.flavour.perl and not _OCTAL.match(self.pattern, self.at) and (back := self.accept(_BACK)):
            name = next(part for part in back.groups() if part)
            return f"(?:\\{name})" if name.isdigit() else f"(?P={name})"
        letter = self.pattern[self.at : self.at + 1]
        if letter and letter in "bB" and self.flavour.edges:
            self.at += 1
            # \B of Python matches nothing in an empty text, where these engines find one.
            return r"(?a:\b)" if letter == "b" else r"(?a:(?!\b))"
        if letter and letter in "AzZ":
            self.at += 1
            if letter == "Z" and not self.flavour.perl:
                raise self.rejected(r"\Z means nothing")
            return {"A": r"\A", "z": r"\Z"}.get(letter, r"(?=\n?\Z)")
        body, negated = self.named_set()
        return f"[{'^' * negated}{body}]" if body else re.escape(self.character())

    def named_set(self) -> tuple[str, bool]:
        """The body of a set for `\\d` and its like, or `\\p{..}`, and whether it is negated; empty if none is here."""
        letter = self.pattern[self.at : self.at + 1]
        if letter and letter.lower() in self.flavour.sets:
            self.at += 1
            return self.flavour.sets[letter.lower()], letter.isupper()
        if letter and letter in "pP" and (found := self.accept(_PROPERTY)):
            body = category(found[2] or found[3])
            if not body:
                raise self.unproven(found.group())
            return body, (letter == "P") != bool(found[1])
        return "", False

    def character(self) -> str:
        """One escaped character; its backslash is taken already."""
        if found := self.accept(_CODE):
            code = int(next(part for part in found.groups() if part), 16)
            if code > sys.maxunicode or (not self.flavour.nested and found.group()[0] in "uU"):
                raise self.rejected(found.group())
            return chr(code)
        if not self.flavour.nested and (octal := self.accept(_OCTAL)):
            return chr(int(octal.group(), 8))
        letter = self.take()
        if letter in _CONTROLS and not (letter == "e" and not self.flavour.perl):
            return _CONTROLS[letter]
        if letter.isalnum() or (self.flavour.nested and letter in "<>"):
            raise self.unproven("\\" + letter)
        return letter

    def set(self) -> str:
        """A set; its opening bracket is taken already."""
        opener = "[^" if self.rest("^") else "["
        self.at += len(opener) - 1
        body = ""
        if self.rest("]"):
            if self.flavour.nested:
                raise self.unproven(opener + "]")
            body = re.escape(self.take())
            body += self.range_end(body)
        while not self.rest("]"):
            body += self.member()
        self.at += 1
        return f"{opener}{body}]"

    def member(self) -> str:
        if found := self.accept(_POSIX):
            if found[2] not in POSIX:
                raise self.rejected(found.group())
            return complement(POSIX[found[2]]) if found[1] else POSIX[found[2]]
        if self.flavour.nested and (self.rest("[") or self.pattern[self.at : self.at + 2] in ("&&", "--", "~~")):
            raise self.unproven(self.pattern[self.at : self.at + 2])
        if self.rest("\\"):
            self.at += 1
            body, negated = self.named_set()
            if body:
                return complement(body) if negated else body
            if self.rest("b") and self.flavour.perl:
                self.at += 1
                return r"\x08"
            low = self.character()
        else:
            low = self.take()
        return re.escape(low) + self.range_end(low)

    def range_end(self, low: str) -> str:
        """The rest of a range that begins with `low`, if one does."""
        if not self.rest("-") or self.rest("-]"):
            return ""
        self.at += 1
        if self.rest("["):
            raise self.unproven("a range to [")
        if self.rest("\\"):
            self.at += 1
            body, negated = self.named_set()
            if body:
                return rf"\-{complement(body) if negated else body}"
            high = self.character()
        else:
            high = self.take()
        if high < low.removeprefix("\\"):
            raise self.rejected(f"a bad range {low}-{high}")
        return "-" + re.escape(high)
