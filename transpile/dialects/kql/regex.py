"""Runs Kusto's regexes with Python's `re`: the syntax of "Regex syntax" in the Kusto reference, turned into Python's.

What Python cannot say, or would say differently, is `Unproven`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from transpile.evaluate import Unproven

_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_COMPLEMENTS = {  # within ASCII's reach; beyond it every character is outside of these sets
    "alnum": r"\x00-/:-@\[-`{-\U0010ffff",
    "digit": r"\x00-/:-\U0010ffff",
    "space": r"\x00-\x08\x0e-\x1f!-\U0010ffff",
    "word": r"\x00-/:-@\[-^`{-\U0010ffff",
}
_WHITE_SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"

_CODE = r"\\x\{([0-9A-Fa-f]+)\}|\\x([0-9A-Fa-f]{2})|\\[uU]\{([0-9A-Fa-f]+)\}|\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})"
_TOKEN = re.compile(
    rf"(?P<code>{_CODE})"
    r"|\(\?-u:\\(?P<edge>[bB])\)"  # the ASCII word boundary
    r"|(?P<named>\(\?P?<[A-Za-z_][\w.\[\]]*>)"
    r"|\(\?(?P<flags>[a-zA-Z]*)(?P<scope>[:)])"
    r"|\\(?P<escape>.)"
    r"|(?P<set>\[)"
    r"|(?P<repeat>(?:[*+?]|\{\d+(?:,\d*)?\})\??)"
    r"|(?P<plain>\((?!\?)|[^\\\[{(])",
    re.DOTALL,
)
_MEMBER = re.compile(
    rf"(?P<code>{_CODE})|\[:(?P<not>\^?)(?P<posix>\w+):\]|\\(?P<escape>.)|(?P<dash>-)|(?P<plain>[^\[\]\\])", re.DOTALL
)
_CONTROLS = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}


@lru_cache(maxsize=8192)
def compile_regex(pattern: str) -> Callable[[str], bool]:
    """Whether the regex finds something in a text. `Unproven` for a regex that has no like in Python.

    >>> compile_regex(r"(?is)^c:\\\\.*\\.exe$")("C:\\\\Windows\\\\x.exe")
    True
    """
    try:
        search = re.compile(_Translation(pattern).text()).search
    except (re.error, OverflowError, RecursionError) as error:
        raise Unproven(f"the regex {pattern!r} cannot be run: {error}") from error
    return lambda text: search(text) is not None


def captured(pattern: str, group: int, text: str) -> str:
    """What a group of the first match takes; the empty string if it takes nothing. Raises `Unproven`."""
    try:
        found = re.search(_Translation(pattern).text(), text)
        return (found.group(group) or "") if found else ""
    except (re.error, OverflowError, RecursionError, IndexError) as error:
        raise Unproven(f"the regex {pattern!r} cannot be run: {error}") from error


class _Translation:
    """A cursor over one pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.multiline = False

    def text(self) -> str:
        out = []
        while self.at < len(self.pattern):
            found = _TOKEN.match(self.pattern, self.at)
            if found is None:
                raise self.unproven(self.pattern[self.at :][:3])
            self.at = found.end()
            out.append(self.token(found))
        return "".join(out)

    def unproven(self, what: str) -> Unproven:
        return Unproven(f"{what!r} in the regex {self.pattern!r} has no counterpart to run it with")

    def token(self, found: re.Match[str]) -> str:
        match found.lastgroup:
            case "edge":
                return f"(?a:\\{found['edge']})"
            case "named":
                return "(?:"
            case "scope":
                return self.flags(found["flags"], found["scope"], at_start=found.start() == 0)
            case "escape":
                return self.escape(found["escape"])
            case "set":
                return self.set()
            case "repeat":
                if self.pattern.startswith(("+", "*", "?", "{"), self.at):
                    raise self.unproven("a repeat of a repeat")
                return found["repeat"]
            case "plain" if found["plain"] == "$":
                return "$" if self.multiline else r"\Z"
            case "plain":
                return found["plain"]
            case _:
                return re.escape(_character(found))

    def flags(self, letters: str, scope: str, *, at_start: bool) -> str:
        letters = letters.replace("u", "")  # on by default
        if set(letters) - set("ims") or ("m" in letters and not (at_start and scope == ")")):
            raise self.unproven(f"(?{letters}{scope}")
        self.multiline |= "m" in letters
        if scope == ")":
            return f"(?{letters})" if letters else ""
        return f"(?{letters}:"

    def escape(self, letter: str) -> str:
        match letter:
            case "d" | "D" | "A":
                return "\\" + letter
            case "z":
                return r"\Z"
            case "s":
                return f"[{_WHITE_SPACE}]"
            case "S":
                return f"[^{_WHITE_SPACE}]"
        if letter in _CONTROLS:
            return re.escape(_CONTROLS[letter])
        if letter.isalnum() or letter in "<>":
            raise self.unproven("\\" + letter)
        return re.escape(letter)

    def set(self) -> str:
        """A character class; the bracket is taken already."""
        out = "["
        if self.pattern.startswith("^", self.at):
            out += "^"
            self.at += 1
        if self.pattern.startswith("]", self.at):
            raise self.unproven(out + "]")
        while not self.pattern.startswith("]", self.at):
            if self.pattern.startswith(("&&", "--", "~~"), self.at):
                raise self.unproven(self.pattern[self.at : self.at + 2])
            found = _MEMBER.match(self.pattern, self.at)
            if found is None:
                raise self.unproven(self.pattern[self.at :][:3])
            self.at = found.end()
            out += self.member(found)
        self.at += 1
        return out + "]"

    def member(self, found: re.Match[str]) -> str:
        match found.lastgroup:
            case "posix":
                table = _COMPLEMENTS if found["not"] else _POSIX
                if found["posix"] not in table:
                    raise self.unproven(found.group())
                return table[found["posix"]]
            case "escape":
                letter = found["escape"]
                if letter == "s":
                    return _WHITE_SPACE
                return letter.join(("\\", "")) if letter in "dD" else self.escape(letter)
            case "dash":
                return "-"
            case "plain":
                return re.escape(found["plain"])
            case _:
                return re.escape(_character(found))


def _character(found: re.Match[str]) -> str:
    digits = next(part for part in found.groups()[1:6] if part)
    return chr(int(digits, 16))
