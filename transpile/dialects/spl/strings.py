"""Strings and names in their quotes, both ways, for the search and the eval language.

The search language (Search Reference, `search`, "Quotes and escaping characters"): `\\\\`, `\\"` and `\\|` stand for
their second character; any other backslash stands for itself, and `*` cannot be escaped. The eval language works the
same way (Search Reference, "Text functions", `replace`: one level of escaping before PCRE), and knows `\\t` besides
(Search Manual, "Types of expressions").
"""

from __future__ import annotations

import re
from functools import lru_cache

WORDS = frozenset({"AND", "OR", "NOT", "IN", "BY", "CASE", "TERM", "WHERE", "GROUPBY"})  # mean something bare
EVAL_WORDS = frozenset({"AND", "OR", "XOR", "NOT", "IN", "LIKE"})

_ARGUMENT_WORDS = frozenset({"as", "by", "groupby", "where", "from", "output", "outputnew"})

RAW = "_raw"  # the field that holds an event's text
TAG = "tag"  # finds events that have a tag; results hold their tags in a field of this name

_MODIFIER = re.compile(
    r"_?(?:index_)?(?:earliest|latest)|(?:start|end)(?:time|daysago|hoursago|minutesago)|timeformat"
    r"|saved(?:search|splunk)|(?:host|eventtype)?tag(?:::.*)?",
    re.IGNORECASE,
)
_BARE = re.compile(r"[^\s\"'()\[\],=<>!|`\\]+")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TARGET = re.compile(r"[\w.{}@:-]+")
_WORD = re.compile(r"""[^\s"'`(),\[\]=|\\]+""")
_SEARCH_ESCAPE = re.compile(r'\\([\\"|])')
_EVAL_ESCAPE = re.compile(r"\\([\\\"'|t])")


def is_bare(text: str) -> bool:
    """Whether a term or value needs no quotes.

    >>> is_bare("4688"), is_bare("*net*"), is_bare("net use"), is_bare("OR")
    (True, True, False, False)
    """
    return _BARE.fullmatch(text) is not None and text.upper() not in WORDS


def is_modifier(name: str) -> bool:
    """Whether `search` takes a name for a time range, a saved search or a tag and not for a field.

    Search Reference, `search`, "Search modifier options" and "Time options".
    """
    return _MODIFIER.fullmatch(name) is not None


def quote(text: str) -> str:
    """A string as the search language and `regex` say it.

    >>> print(quote('*\\\\net.exe "x"'))
    "*\\\\net.exe \\"x\\""
    """
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def unquote(token: str) -> str:
    """What a quoted or bare token of the search language means.

    >>> print(unquote('"a\\\\b \\\\d"'), unquote('C:\\\\x'))
    a\\b \\d C:\\x
    """
    body = token[1:-1] if token.startswith('"') else token
    return _SEARCH_ESCAPE.sub(r"\1", body) if "\\" in body else body


@lru_cache(maxsize=4096)
def quote_field(name: str) -> str:
    """A field's name where the search language compares it.

    >>> print(quote_field("Processes.user"), quote_field("c-uri"))
    Processes.user "c-uri"
    """
    return name if _FIELD.fullmatch(name) and name.upper() not in WORDS else quote(name)


def quote_eval(text: str) -> str:
    """A string of the eval language.

    >>> print(quote_eval("\\\\d\\t"))
    "\\\\d\\t"
    """
    return quote(text).replace("\t", "\\t")


def unquote_eval(token: str) -> str:
    """What a string or a quoted name of the eval language means."""
    body = token[1:-1]
    return _EVAL_ESCAPE.sub(lambda found: "\t" if found[1] == "t" else found[1], body) if "\\" in body else body


def quote_name(name: str) -> str:
    """A field's name in the eval language: in single quotes if it is anything but letters, digits and underscores.

    >>> print(quote_name("EventID"), quote_name("c-uri"))
    EventID 'c-uri'
    """
    if _NAME.fullmatch(name) and name.upper() not in EVAL_WORDS:
        return name
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'").replace("\t", "\\t") + "'"


def quote_word(name: str) -> str:
    """A field's name, or another word, among the arguments of a command.

    >>> print(quote_word("user.groups{}"), quote_word("c d"), quote_word("by"))
    user.groups{} "c d" "by"
    """
    plain = _WORD.fullmatch(name) and name.lower() not in _ARGUMENT_WORDS and name[0] not in "-+"
    return name if plain else quote(name)


def quote_target(name: str) -> str:
    """A field's name where `eval` assigns to it."""
    return name if _TARGET.fullmatch(name) else quote(name)
