"""A rule in its author's pieces: the condition, then each selection; or each step of a query."""

from __future__ import annotations

import re
import textwrap

from transpile.ir.rule import NamedPart, Rule
from transpile.source import Source

_OPENING, _CLOSING = "([{", ")]}"


def stages_of(rule: Rule) -> tuple[tuple[str, str], ...]:
    """The name and the text of each piece, in the author's order."""
    if rule.source.file is None and rule.conditions:
        named = tuple((part.name, _block(rule.source, part) or part.name) for part in rule.parts)
        return (("condition", "\n".join(_with_comment(rule.source, one) for one in rule.conditions)), *named)
    return tuple((_name(number, text), text) for number, text in enumerate(split_steps(rule.source.text)))


def _with_comment(source: Source, condition: str) -> str:
    """A condition with what its author wrote behind it on the line."""
    found = re.search(rf"(?m)^[ \t]*condition:[ \t]*({re.escape(condition)}[ \t]+#.*)$", source.text)
    return found[1].rstrip() if found else condition


def _block(source: Source, part: NamedPart) -> str:
    """The lines of a YAML key and of what is below it."""
    if part.span is None or part.span.source is not None:
        return ""
    lines = source.text.splitlines()[part.span.line - 1 :]
    indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    kept = list(lines[:1])
    for line in lines[1:]:
        deeper = len(line) - len(line.lstrip()) > indent or line[indent : indent + 2] in ("- ", "-")
        if line.strip() and not deeper:
            break
        kept.append(line)
    return textwrap.dedent("\n".join(kept)).strip()


def _name(number: int, text: str) -> str:
    word = text.lstrip("| \n").partition(" ")[0].partition("\n")[0]
    return f"{number}: {word[:40]}"


def split_steps(text: str) -> list[str]:
    """A query cut at the pipes that are in no quotes, brackets or comment.

    >>> split_steps('a "x|y" | where b in ("|") | c')
    ['a "x|y"', '| where b in ("|")', '| c']
    """
    found: list[str] = []
    depth, start, quote, at = 0, 0, "", 0
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\" and quote != "`":
                at += 1
            elif text.startswith(quote, at):
                at += len(quote) - 1
                quote = ""
        elif char in "\"'`":
            quote = char * 3 if text.startswith(char * 3, at) else char
            at += len(quote) - 1
        elif text.startswith("//", at) and (at == 0 or text[at - 1] in " \n\t"):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end - 1
        elif char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth = max(depth - 1, 0)
        elif char == "|" and depth == 0 and at > start:
            found.append(text[start:at].strip())
            start = at
        at += 1
    found.append(text[start:].strip())
    return [one for one in found if one]
