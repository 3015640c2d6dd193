"""Prints Sigma as SigmaHQ's rule conventions have it: four blanks, single quotes around what is compared.

https://github.com/SigmaHQ/sigma-specification/blob/main/sigmahq/sigmahq-rule-convention.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from transpile.dialects.sigma.plain import Map, Plain, Text, scalar_value
from transpile.dialects.sigma.tree import TEXT, Scalar

_BLOCKS = frozenset(("detection", "filter"))  # whose values are compared, and so quoted
_UNQUOTED = frozenset(("condition", "timeframe", "rules"))  # within them
_DATES = frozenset(("date", "modified"))
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Text that needs no quotes: no YAML indicator at its beginning, and neither `: ` nor ` #` within.
_BARE = re.compile(
    r"(?![-?:,\[\]{}#&*!|>'\"%@`\s=<~])(?:(?!: | #)[^\x00-\x1f\x7f-\xa0\ufeff\u2028\u2029\ud800-\udfff])*(?<![:\s])"
)
_ODD = re.compile(r"[\x00-\x1f\x7f-\xa0\ufeff\ufffe\uffff\u2028\u2029\ud800-\udfff]")
_ODD_LINE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\xa0\ufeff\ufffe\uffff\u2028\u2029\ud800-\udfff]")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
_INDENT = 4
_LONGEST_KEY = 1000  # YAML reads no key of more than 1,024 characters without a `?` before it


def print_rule(text: Text) -> str:
    """The text of a tree."""
    comment = "".join(f"# {_ODD.sub(' ', line)}".rstrip() + "\n" for line in text.comment)
    return comment + "---\n".join("".join(_entries(one, 0, "")) for one in text.documents)


def _entries(node: Map, depth: int, block: str) -> Iterator[str]:
    """The lines of a map's entries."""
    for name, value in node.entries:
        within = name if depth == 0 and name in _BLOCKS else "" if name in _UNQUOTED else block
        key, lead = _bare(name), " " * depth
        head = f"{lead}{key}:" if len(key) <= _LONGEST_KEY else f"{lead}? {key}\n{lead}:"
        yield from _entry(head, name, value, depth, within)


def _entry(head: str, name: str, value: Plain, depth: int, block: str) -> Iterator[str]:
    below = depth + _INDENT
    if isinstance(value, Map) and value.entries:
        yield f"{head}\n"
        yield from _entries(value, below, block)
    elif isinstance(value, tuple) and value:
        yield f"{head}\n"
        for item in value:
            yield from _item(item, below, block)
    elif isinstance(value, str) and "\n" in value and not block and _fits_block(value):
        yield f"{head} |{'' if value.endswith(chr(10)) else '-'}\n"
        yield from (f"{' ' * below}{line}".rstrip(" ") + "\n" for line in value.removesuffix("\n").split("\n"))
    elif isinstance(value, str) and name in _DATES and _DATE.fullmatch(value):
        yield f"{head} {value}\n"
    else:
        yield f"{head} {_scalar(value, block)}\n"


def _item(item: Plain, depth: int, block: str) -> Iterator[str]:
    """The lines of an item of a list."""
    lead = " " * depth
    if isinstance(item, Map) and item.entries:
        first, *rest = _entries(item, depth + 2, block)
        yield f"{lead}- {first.removeprefix(' ' * (depth + 2))}"
        yield from rest
    elif isinstance(item, tuple) and item:
        yield f"{lead}-\n"
        for inner in item:
            yield from _item(inner, depth + 2, block)
    else:
        yield f"{lead}- {_scalar(item, block)}\n"


def _fits_block(text: str) -> bool:
    """Whether a text of several lines can be written as it is, under `|`."""
    lines = text.removesuffix("\n").split("\n")
    plain = not _ODD_LINE.search(text) and not any(line.endswith(" ") for line in lines)
    return plain and bool(lines[0]) and not lines[0].startswith(" ") and bool(lines[-1])


def _scalar(value: Plain, block: str) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            return _quoted(value) if block else _bare(value)
        case tuple():
            return "[]"
        case Map():
            return "{}"


def _bare(text: str) -> str:
    """A text without quotes where YAML takes it for just that, else with."""
    scalar = Scalar(text, None, None, plain=True)
    is_text = scalar.kind == TEXT and scalar_value(scalar) == text
    return text if text and is_text and _BARE.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    """A text in single quotes; in double quotes if it holds what only escapes can say."""
    if not _ODD.search(text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if not _ODD.match(char):
        return char
    return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}"
