"""Searches for plain texts: of a regex, the texts and wildcards that it asks for."""

from __future__ import annotations

from transpile.regex.print import folds
from transpile.regex.tree import Choice, Dot, Literal, Node, RegexError, Repeat, Sequence, choice, sequence, walk
from transpile.regex.whole import ANYTHING, whole


def wildcards(node: Node) -> tuple[tuple[str | None, ...], bool] | None:
    """The search as plain text and wildcards for the whole value, and whether to ignore case; None if it is more.

    A wildcard, None among the parts, means any run of characters.

    >>> from transpile.regex.parse import parse
    >>> wildcards(parse(r"(?i)net\\.exe")), wildcards(parse("a|b"))
    (((None, 'net.exe', None), True), None)
    """
    found = alternatives(node)
    if found is None or len(found[0]) != 1:
        return None
    return found[0][0], found[1]


def alternatives(node: Node) -> tuple[tuple[tuple[str | None, ...], ...], bool] | None:
    """As `wildcards`, for a search for any of several texts: each of them as plain text and wildcards.

    >>> from transpile.regex.parse import parse
    >>> alternatives(parse("net|sc"))
    (((None, 'net', None), (None, 'sc', None)), False)
    """
    try:
        entire = whole(node)
    except RegexError:
        return None
    branches = _branches(entire)
    if len(branches) > _MOST:
        return None
    found = tuple(map(_parts, branches))
    cases = {folds(one) for one in walk(entire)} - {None}
    if len(cases) > 1 or None in found:
        return None
    return tuple(parts for parts in found if parts is not None), cases == {True}


_MOST = 100  # texts that a regex is taken apart into


def _branches(entire: Node) -> tuple[Node, ...]:
    """The regexes that together are this one, as far as its own choices say."""
    match entire:
        case Choice(branches):
            return tuple(one for branch in branches for one in _branches(branch))
        case Sequence(parts):
            choices = [place for place, part in enumerate(parts) if isinstance(part, Choice)]
            if len(choices) == 1:
                (place,) = choices
                return tuple(sequence(*parts[:place], one, *parts[place + 1 :]) for one in _branches(parts[place]))
    return (entire,)


def _parts(entire: Node) -> tuple[str | None, ...] | None:
    """Text and wildcards of a regex for a whole value; None if it is more than that."""
    parts: list[str | None] = []
    for part in entire.parts if isinstance(entire, Sequence) else (entire,):
        if part == ANYTHING:
            parts.append(None)
        elif not isinstance(part, Literal):
            return None
        elif parts and parts[-1] is not None:
            parts[-1] += part.text
        else:
            parts.append(part.text)
    return tuple(parts)


def open_ended(node: Node) -> Node:
    """The search without `.*` at its ends, which changes nothing.

    >>> from transpile.regex import parse, to_pcre
    >>> to_pcre(open_ended(parse(".*a.*b|.*c.*")))
    'a.*b|c'
    """
    match node:
        case Choice(branches):
            return choice(*map(open_ended, branches))
        case Sequence(parts):
            while parts and _is_any_run(parts[0]):
                parts = parts[1:]
            while parts and _is_any_run(parts[-1]):
                parts = parts[:-1]
            return sequence(*parts) if parts else node
        case _:
            return node


def _is_any_run(node: Node) -> bool:
    return isinstance(node, Repeat) and isinstance(node.item, Dot) and node.low == 0 and node.high is None
