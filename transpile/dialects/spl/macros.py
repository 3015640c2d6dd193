"""Macros: pasted into the text where they are called, before it is parsed; places keep pointing into the original.

A definition is pasted as it is, without parentheses (Knowledge Manager Manual, "Use search macros in searches").
Names carry the number of arguments, `name(1)`, in macros.conf; files of security content leave it out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping

from transpile.record import record
from transpile.source import Source, Span

_CALL = re.compile(r"```.*?```|`([^`]+)`", re.DOTALL)
_NAME = re.compile(r"\s*([\w:.-]+)\s*(?:\((.*)\))?\s*", re.DOTALL)
_COMMA = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')  # outside of quotes
_DEEPEST = 20
_LONGEST = 1_000_000  # characters of a text with its macros

# What these do belongs to the platform and changes nothing that matches.
PLATFORM = frozenset({"drop_dm_object_name", "ctime", "security_content_ctime", "security_content_summariesonly"})


@record
class Expanded:
    """A text with its macros pasted in. `pieces`: from which offset on which stretch of the original it comes from."""

    source: Source
    original: Source
    pieces: tuple[tuple[int, int, int | None], ...]  # start here, start there, end there if it is a macro's call

    def span(self, place: tuple[int, int] | None) -> Span | None:
        """The span in the original of a place in the expanded text."""
        if place is None or place[1] > len(self.source.text):
            return None
        start, end = self._original(place[0], False), self._original(max(place[1] - 1, place[0]), True)
        return self.original.span(start, max(start, end))

    def text(self, place: tuple[int, int] | None) -> str:
        """The expanded text between two offsets, on one line."""
        return "" if place is None else " ".join(self.source.text[place[0] : place[1]].split())

    def _original(self, offset: int, last: bool) -> int:
        here, there, end = self.pieces[bisect_right(self.pieces, (offset, len(self.original.text) + 1, None)) - 1]
        if end is None:
            return there + offset - here + last
        return end if last else there


def split_call(text: str) -> tuple[str, tuple[str, ...]]:
    """A macro's name and arguments.

    >>> split_call('ctime(first, "a, b")')
    ('ctime', ('first', 'a, b'))
    """
    found = _NAME.fullmatch(text)
    if found is None:
        return text.strip(), ()
    if found[2] is None or not found[2].strip():
        return found[1], ()
    return found[1], tuple(map(_unquoted, _COMMA.split(found[2])))


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def expand(source: Source, macros: Mapping[str, str]) -> Expanded:
    """The text with every macro that is defined pasted in; calls of others, and of the platform's, stay."""
    pieces: list[tuple[int, int, int | None]] = []
    parts: list[str] = []
    length = position = 0
    for call in _CALL.finditer(source.text):
        body = _body(call[1], macros, 0) if call[1] is not None else None
        if body is None:
            continue
        body = _within_quotes(body, source.text[: call.start()], source.text[call.end() :])
        before = source.text[position : call.start()]
        pieces += [(length, position, None), (length + len(before), call.start(), call.end())]
        parts += [before, body]
        length += len(before) + len(body)
        position = call.end()
    pieces.append((length, position, None))
    text = "".join([*parts, source.text[position:]])
    if len(text) > _LONGEST:
        return Expanded(source, source, ((0, 0, None),))
    return Expanded(Source(text, source.path), source, tuple(pieces))


def expand_text(source: Source, macros: Mapping[str, str]) -> Source:
    """The expanded text alone."""
    return expand(source, macros).source


def _within_quotes(body: str, before: str, after: str) -> str:
    """A definition in quotes, called between quotes, brings no more of them."""
    quoted = before.endswith('"') and after.startswith('"')
    return body[1:-1] if quoted and len(body) > 1 and body[0] == body[-1] == '"' else body


def _body(text: str, macros: Mapping[str, str], depth: int) -> str | None:
    """What a call stands for, with the macros in it pasted in too; None if the macro is not defined."""
    name, arguments = split_call(text)
    definition = macros.get(f"{name}({len(arguments)})", macros.get(name))
    if definition is None or name in PLATFORM or depth > _DEEPEST:
        return None
    names = re.findall(r"\$(\w+)\$", definition)
    for argument, value in zip(dict.fromkeys(names), arguments, strict=False):
        definition = definition.replace(f"${argument}$", value)

    def paste(call: re.Match[str]) -> str:
        inner = _body(call[1], macros, depth + 1) if call[1] is not None else None
        return call.group() if inner is None else inner

    pasted = _CALL.sub(paste, definition) if len(definition) < _LONGEST else definition
    return pasted.strip()
