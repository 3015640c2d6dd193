"""Where a cursor is in a Sigma text that may be broken: told from lines and indentation, not from a tree."""

from __future__ import annotations

import re
from dataclasses import dataclass

from transpile.ir.stream import LogSource

_KEY = re.compile(r"^(\s*)((?:-\s+)*)[\"']?([^\s\"':#][^\"':#]*?)[\"']?\s*:(?:\s|$)")
_ITEM = re.compile(r"^(\s*)-(?:\s|$)")
_FLOW = re.compile(r"[\[{]([^\[\]{}]*)$")
_WORDS = re.compile(r"\b(category|product|service)\s*:\s*[\"']?([A-Za-z0-9_.\-]+)")
_LOGSOURCE = re.compile(r"^logsource\s*:(.*(?:\n[ \t]+.*|\n[ \t]*)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Caret:
    """A cursor: the keys that it is below (the last is that of its own line, if the cursor is behind it), and its line.

    `word` is what is already typed of the word at the cursor, `before` the rest of the line before it.
    """

    path: tuple[str, ...]
    before: str
    word: str
    value: bool  # behind a key, or an item of a list
    item: bool  # in an item of a list


def place_at(text: str, line: int, column: int) -> Caret:
    """The place of a cursor in the text of one document.

    >>> place_at("detection:\\n  sel:\\n    Ima", 3, 8)
    Caret(path=('detection', 'sel'), before='    ', word='Ima', value=False, item=False)
    """
    lines = text.split("\n")
    here = lines[line - 1][: column - 1] if line <= len(lines) else ""
    flow = _FLOW.search(here)
    indent = len(here) - len(here.lstrip())
    item = _ITEM.match(here) is not None
    path = _above(lines[: line - 1], indent + (0 if not item else 1))
    found = _KEY.match(here)
    value = item
    if found and (found.end() <= len(here)):
        path, value = (*path, found[3].partition("|")[0].strip()), True
    if flow and found:  # in [..] or {..} behind a key
        inner = flow[1].rpartition(",")[2]
        key = re.match(r"\s*([\w\-]+)\s*:\s", inner)
        if here[flow.start()] == "{":
            path, value = ((*path, key[1]), True) if key else (path, False)
    word = re.search(r"[\w.%\-]*$", here)
    typed = word[0] if word else ""
    return Caret(path, here[: len(here) - len(typed)], typed, value, item or bool(flow and here[flow.start()] == "["))


def _above(lines: list[str], indent: int) -> tuple[str, ...]:
    """The keys that a line of this indentation is below."""
    path: list[str] = []
    for line in reversed(lines):
        if indent <= 0:
            break
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _KEY.match(line)
        if found and len(found[1]) + len(found[2]) < indent:
            path.append(found[3].partition("|")[0].strip())
            indent = len(found[1])
    return tuple(reversed(path))


def logsource_of(text: str) -> LogSource:
    """The log source of a document, as far as it is typed.

    >>> logsource_of("logsource:\\n  product: windows\\n  category:\\n").product
    'windows'
    """
    block = _LOGSOURCE.search(text)
    words = {key: value.lower() for key, value in _WORDS.findall(block[1])} if block else {}
    return LogSource(**words)
