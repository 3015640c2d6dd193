"""Prints a regex tree in the flavours of PCRE2, RE2, Rust and Python, each with exactly the tree's meaning."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import assert_never

from transpile.record import record
from transpile.regex.chars import SHORTHANDS, is_cased, set_ranges, shorthand_ranges
from transpile.regex.limits import check_ends, heaviest
from transpile.regex.tree import (
    Anchor,
    Atomic,
    Backreference,
    Capture,
    Choice,
    Dot,
    Literal,
    Look,
    Mode,
    Node,
    Range,
    RegexError,
    Repeat,
    Sequence,
    Set,
    Shorthand,
    walk,
)
from transpile.syntax.emit import backslashed


@record
class _Flavour:
    """How one engine spells things.

    `shorthands` gives what may be inside `[...]` for a set and for its complement; a set that is not named
    there is written out. `end_or_newline` is `""` where the engine has no such anchor.
    """

    name: str
    shorthands: Mapping[str, tuple[str, str]]
    end: str
    end_or_newline: str
    word: str
    not_word: str  # `""` where it may hold inside of a character (RE2 sees bytes) or is forbidden for that (Rust)
    wide: str  # how a code point is written: `\x{%x}`
    group: str
    back: str = ""  # how a reference to a named group is written; `""` where there are none
    possessive: bool = False
    look: bool = False
    most: int = 65_535  # of a repeat, and of repeats within repeats multiplied


def _posix(*names: str) -> dict[str, tuple[str, str]]:
    return {name: (f"[:{name}:]", f"[:^{name}:]") for name in names}


_POSIX = _posix(*(name for name in SHORTHANDS if len(name) > 1))
_SPACE = {"s": ("[:space:]", "[:^space:]")}

PCRE = _Flavour(
    "PCRE",
    MappingProxyType({name: (f"\\{name}", f"\\{name.upper()}") for name in "dwshv"} | _POSIX),
    end=r"\z",
    end_or_newline="$",
    word=r"\b",
    not_word=r"\B",
    wide=r"\x{%x}",
    group="(?<%s>",
    back=r"\k<%s>",
    possessive=True,
    look=True,
)
# RE2's \s has no vertical tab, and PCRE's has; its [:space:] is PCRE's \s (RE2 wiki, "Syntax").
RE2 = _Flavour(
    "RE2",
    MappingProxyType({"d": (r"\d", r"\D"), "w": (r"\w", r"\W")} | _SPACE | _POSIX),
    end="$",
    end_or_newline="",
    word=r"\b",
    not_word="",
    wide=r"\x{%x}",
    group="(?P<%s>",
    most=1_000,
)
# In Rust's syntax \d, \w, \s and \b speak of all of Unicode; the Posix classes are ASCII, as PCRE's shorthands are.
RUST = _Flavour(
    "Rust regex",
    MappingProxyType({"d": ("0-9", "[:^digit:]"), "w": ("[:word:]", "[:^word:]")} | _SPACE | _POSIX),
    end="$",
    end_or_newline="",
    word=r"(?-u:\b)",
    not_word="",
    wide=r"\x{%x}",
    group="(?P<%s>",
    most=1_000,
)
PYTHON = _Flavour(
    "Python",
    MappingProxyType({}),
    end=r"\Z",
    end_or_newline="$",
    word=r"(?a:\b)",
    not_word=r"(?!(?a:\b))",  # Python's \B never holds in the empty string before 3.14
    wide=r"\U%08x",
    group="(?P<%s>",
    back="(?P=%s)",
    possessive=True,
    look=True,
)

_META_CHARS = "\\.+*?()|[]{}^$"
_META = frozenset(_META_CHARS)
_META_IN_SET = frozenset("\\[]^-&~")  # `[`, `&&`, `~~` and `--` mean something in Rust
_CONTROLS = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def to_pcre(node: Node) -> str:
    """The regex for PCRE2 (Splunk), as one to search with."""
    return _Printer(PCRE, node).text()


def to_re2(node: Node) -> str:
    """The regex for RE2 (YARA-L), as one to search with. Raises `RegexError` where RE2 cannot say it.

    RE2 has no anchor that also stands before a last line break, which is PCRE's `$`; it is written `\\n?$`.

    >>> from transpile.regex.parse import parse
    >>> to_re2(parse(r"(?i)net\\/\\d+\\s$"))
    '(?i)net/\\\\d+[[:space:]]\\\\n?$'
    """
    return _Printer(RE2, node).text()


def to_re2_parts(node: Node) -> tuple[str, str]:
    """`to_re2` with the flags (letters of `ims`) apart from the regex that they hold for.

    >>> from transpile.regex.parse import parse
    >>> to_re2_parts(parse("(?i)a"))
    ('i', 'a')
    """
    return _Printer(RE2, node).parts()


def to_rust(node: Node) -> str:
    """The regex for Rust's regex syntax, which is Kusto's. Raises `RegexError` where that cannot say it.

    The source of the syntax: "Regex syntax" in the Kusto Query Language reference; where it describes the
    character classes (`\\d` is `\\p{Nd}`, `[a&&b]`, `[a--b]`) it is that of the Rust crate, no longer RE2's.
    """
    return _Printer(RUST, node).text()


@lru_cache(maxsize=4096)
def to_python(node: Node) -> str:
    """The regex for Python's `re`, as one to search in `str` with; sets are ASCII as PCRE's are.

    `re.compile` may still reject it: a look behind must have one width.
    """
    return _Printer(PYTHON, node).text()


def escape_pcre(text: str) -> str:
    """Literal text as a PCRE2 regex."""
    return _escape(text, PCRE)


def escape_re2(text: str) -> str:
    """Literal text as a regex of RE2 or Rust.

    >>> escape_re2("a.b\\t")
    'a\\\\.b\\\\t'
    """
    return _escape(text, RE2)


def _escape(text: str, flavour: _Flavour) -> str:
    if text.isprintable():
        return backslashed(text, _META_CHARS)
    return "".join(_char(char, flavour, _META) for char in text)


def _char(char: str, flavour: _Flavour, meta: frozenset[str]) -> str:
    if char in meta:
        return "\\" + char
    if char in _CONTROLS:
        return _CONTROLS[char]
    return char if char.isprintable() else flavour.wide % ord(char)


class _Printer:
    """Prints one tree. A flag that all of the tree agrees on is set once, in front."""

    def __init__(self, flavour: _Flavour, node: Node) -> None:
        self.flavour = flavour
        self.node = node
        nodes = list(walk(node))
        cases = {folds(one) for one in nodes} - {None}
        dots = {one.newline for one in nodes if isinstance(one, Dot)}
        self.fold = cases == {True}
        self.dotall = dots == {True}
        self.multiline = any(one in (Anchor.LINE_START, Anchor.LINE_END) for one in nodes)

    def text(self) -> str:
        flags, body = self.parts()
        return f"(?{flags}){body}" if flags else body

    def parts(self) -> tuple[str, str]:
        """The flags that hold for all of the regex, and the regex without them."""
        if not self.flavour.end_or_newline:
            check_ends(self.node)
        if self.flavour.most < heaviest(self.node):
            raise RegexError(f"{self.flavour.name} repeats at most {self.flavour.most} times")
        flags = "i" * self.fold + "m" * self.multiline + "s" * self.dotall
        return flags, self.print(self.node)

    def print(self, node: Node) -> str:
        match node:
            case Literal(text, fold):
                body = _escape(text, self.flavour)
                return f"(?i:{body})" if fold and not self.fold else body
            case Dot(newline):
                return "(?s:.)" if newline and not self.dotall else "."
            case Set():
                body = self.set(node)
                return f"(?i:{body})" if node.fold and not self.fold else body
            case Anchor():
                return self.anchor(node)
            case Sequence(parts):
                return "".join(map(self.part, parts))
            case Choice(branches):
                return "|".join(map(self.print, branches))
            case Repeat():
                return self.repeat(node)
            case Capture(item, name):
                return f"{self.flavour.group % name if name else '('}{self.print(item)})"
            case Atomic(item):
                self.need(self.flavour.possessive, "atomic groups")
                return f"(?>{self.print(item)})"
            case Look(item, behind, negated):
                self.need(self.flavour.look, "lookaround")
                return f"(?{'<' * behind}{'!' if negated else '='}{self.print(item)})"
            case Backreference(group, fold):
                self.need(bool(self.flavour.back), "backreferences")
                body = self.flavour.back % group if isinstance(group, str) else f"(?:\\{group})"
                return f"(?i:{body})" if fold and not self.fold else body
            case _:
                assert_never(node)

    def part(self, node: Node) -> str:
        return f"(?:{self.print(node)})" if isinstance(node, Choice) else self.print(node)

    def need(self, has: bool, what: str) -> None:
        if not has:
            raise RegexError(f"{self.flavour.name} has no {what}")

    def anchor(self, node: Anchor) -> str:
        match node:
            case Anchor.START:
                return r"\A" if self.multiline else "^"
            case Anchor.END:
                return r"\z" if self.multiline and self.flavour.end == "$" else self.flavour.end
            case Anchor.END_OR_NEWLINE:
                if not self.flavour.end_or_newline:
                    return r"\n?" + self.anchor(Anchor.END)
                if not self.multiline:
                    return self.flavour.end_or_newline
                return r"\Z" if self.flavour is PCRE else r"(?=\n?\Z)"
            case Anchor.LINE_START if self.flavour is PYTHON:
                return r"(?:\A|^(?!\Z))"  # PCRE2 finds no line behind a line break that ends the text
            case Anchor.LINE_START | Anchor.LINE_END:
                return str(node.value)
            case Anchor.WORD:
                return self.flavour.word
            case Anchor.NOT_WORD:
                self.need(bool(self.flavour.not_word), r"\B that heeds whole characters")
                return self.flavour.not_word
            case _:
                assert_never(node)

    def repeat(self, node: Repeat) -> str:
        if node.mode is Mode.POSSESSIVE:
            self.need(self.flavour.possessive, "possessive repeats")
        item = self.print(node.item)
        if not _is_atom(node.item):
            item = f"(?:{item})"
        return item + bounds(node.low, node.high) + node.mode.value

    def set(self, node: Set) -> str:
        negated = node.negated
        match node.items:
            case (Shorthand(name, inverse),):
                negated = negated != inverse
                pieces = [self.shorthand(Shorthand(name))]
                if len(pieces[0]) == 2 and pieces[0][0] == "\\":
                    return self.shorthand(Shorthand(name, negated))
            case _:
                pieces = [self.shorthand(one) if isinstance(one, Shorthand) else self.range(one) for one in node.items]
        if pieces[0] == "^" and not negated:
            pieces[0] = "\\^"
        pieces[1:-1] = ["\\-" if one == "-" else one for one in pieces[1:-1]]
        return f"[{'^' * negated}{''.join(pieces)}]"

    def shorthand(self, item: Shorthand) -> str:
        if spelled := self.flavour.shorthands.get(item.name):
            return spelled[item.negated]
        return "".join(self.range(Range(low, high)) for low, high in shorthand_ranges(item))

    def range(self, item: Range) -> str:
        """A range inside of brackets; a single `^` or `-` is left for `set` to escape where it must be."""
        low = _char(chr(item.low), self.flavour, _META_IN_SET)
        high = _char(chr(item.high), self.flavour, _META_IN_SET)
        if item.low == item.high:
            return low[-1] if low in ("\\^", "\\-") else low
        return low + high if item.high == item.low + 1 else f"{low}-{high}"


def bounds(low: int, high: int | None) -> str:
    """A repeat's suffix, as every flavour writes it.

    >>> bounds(0, None), bounds(1, None), bounds(0, 1), bounds(2, 2), bounds(2, None), bounds(1, 3)
    ('*', '+', '?', '{2}', '{2,}', '{1,3}')
    """
    match low, high:
        case 0, None:
            return "*"
        case 1, None:
            return "+"
        case 0, 1:
            return "?"
        case _, None:
            return f"{{{low},}}"
        case _:
            return f"{{{low}}}" if low == high else f"{{{low},{high}}}"


def folds(node: Node) -> bool | None:
    """Whether this node (not what is in it) ignores case; None if case makes no difference to it."""
    match node:
        case Literal(text, fold):
            return fold if is_cased(text) else None
        case Set(items, negated, fold):
            cased = fold or set_ranges(Set(items, negated, fold=True)) != set_ranges(node)
            return fold if cased else None
        case Backreference(_, fold):
            return fold
        case _:
            return None


def _is_atom(node: Node) -> bool:
    """Whether a repeat can follow the printed node without a group around it."""
    match node:
        case Literal(text):
            return len(text) == 1
        case Sequence() | Choice() | Repeat() | Anchor() | Look():
            return False
        case _:
            return True
