"""A rule in its author's pieces: the condition, then each selection; or each step of a query."""

from __future__ import annotations

from transpile.catalog.written import text_at
from transpile.ir.rule import Rule

_OPENING, _CLOSING = "([{", ")]}"


def stages_of(rule: Rule, language: str) -> tuple[tuple[str, str], ...]:
    """The name and the text of each piece, in the author's order."""
    if rule.source.file is None and rule.conditions:
        named = tuple((part.name, _with_name(rule, part.name, text_at(rule.source, part.span))) for part in rule.parts)
        return (("condition", "\n".join(rule.conditions)), *named)
    return tuple((_name(number, text), text) for number, text in enumerate(split_steps(rule.source.text)))


def _with_name(rule: Rule, name: str, text: str | None) -> str:
    return text if text is not None else name


def _name(number: int, text: str) -> str:
    word = text.lstrip("| \n").partition(" ")[0].partition("\n")[0]
    return f"{number}: {word[:40]}"


def split_steps(text: str) -> list[str]:
    """A query cut at the pipes that stand in no quotes, brackets or comment.

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
