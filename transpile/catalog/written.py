"""The author's text of a value, at the place that IR keeps of it."""

from __future__ import annotations

import re

import yaml

from transpile.source import Source, Span

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def text_at(source: Source, span: Span | None) -> str | None:
    """The text that a span covers, in the file that it names or in the source; None if there is none."""
    if span is None:
        return None
    source = span.source or source
    if span.line == span.end_line and source.file is None:
        return source.line(span.line)[span.column - 1 : span.end_column - 1]
    found = source.offsets(span)
    return source.text[found[0] : found[1]] if found else None


def around(source: Source, span: Span | None, before: int, after: int) -> tuple[str, str]:
    """The characters before and from the start of a span, as many as asked for; empty without a place."""
    found = (span.source or source).offsets(span) if span else None
    if found is None:
        return "", ""
    text = (span.source or source).text if span else ""
    return text[max(found[0] - before, 0) : found[0]], text[found[0] : found[0] + after]


def scalar(text: str | None) -> str | None:
    """A YAML scalar as its author wrote it, without YAML's quotes; None if it is not one.

    >>> scalar("'it''s'"), scalar("4688"), scalar('"a\\\\\\\\b"')
    ("it's", '4688', 'a\\\\b')
    """
    if text is None:
        return None
    if len(text) > 1 and text[0] == text[-1] == "'" and "\n" not in text:
        return text[1:-1].replace("''", "'")
    if text and text[0] not in "'\"|>&!*" and "\n" not in text:
        return text.strip()
    try:
        value = yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError:
        return None
    return value if isinstance(value, str) else None


_REGEX = re.compile(r"/((?:\\.|[^/\\\n])+)/|`([^`]*)`")


def regex_behind(text: str) -> str | None:
    """The first regular expression in a text: between slashes or backticks.

    >>> regex_behind("$e.a = /x.*y/ nocase")
    'x.*y'
    """
    found = _REGEX.search(text)
    return (found[1] if found[1] is not None else found[2]) if found else None


_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"')


def quoted(text: str) -> list[str]:
    """The texts in double quotes, with their backslashes."""
    return _QUOTED.findall(text)
