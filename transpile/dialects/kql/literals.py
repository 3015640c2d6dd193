"""Strings and names in their quotes: both ways."""

from __future__ import annotations

import re
from functools import lru_cache

# The words that Microsoft's parser takes for something else where a column may stand, and that therefore need brackets
# (Kusto.Language's KustoFacts), with the literals and `not`, which it would let pass to the reader's confusion.
RESERVED = frozenset(
    """
    accumulate and anomalychart areachart as asc bagexpansion barchart between bin_legacy bool boolean by byte
    cachingpolicy callout cancel card char columnchart contains contains_cs containscs cycles dataexport datascope
    datatable date datetime decimal decodeblocks desc double dynamic earliest encodingpolicy endswith endswith_cs
    expandoutput extent_tags_retention external_data externaldata false FALSE False find first flags float force_remote
    guid harddelete hardretention has has_all has_any has_cs hasprefix hasprefix_cs hassuffix hassuffix_cs hotcache in
    int int16 int32 int64 int8 invoke isfuzzy journal kind ladderchart last latest let like likecs linechart long
    matches materialize mdm missing nooptimization not notcontains notcontainscs notlike notlikecs null of or others
    pathformat piechart pivotchart print project queries query_results real regex relaxed restricted_view_access
    row_level_security rowstore rowstore_references rowstore_sealinfo rowstorepolicy rowstores sample scatterchart seal
    seals search set shards simple softdelete softretention sql stackedareachart startswith startswith_cs statistics
    storedqueryresultcontainers string tablepurge time timechart timeline timepivot timespan title to toscalar totable
    treemap TRUE true True typeof uint uint16 uint32 uint64 uint8 ulong union uniqueid unrestrictedviewers uuid verbose
    viewers views where with_itemindex with_match_id with_source with_step_name withsource writeaheadlog
    """.split()  # noqa: SIM905
)
_SINGLE, _DOUBLE = "'", '"'
_PLAIN = re.compile(r"\$?[A-Za-z_][A-Za-z0-9_]*")

_ESCAPES = {"\\": "\\", '"': '"', "'": "'", "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_SPELLINGS = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|(.))", re.DOTALL)


def is_identifier(name: str) -> bool:
    """Whether a name needs no quoting in a query.

    >>> is_identifier("EventID"), is_identifier("c-uri"), is_identifier("where")
    (True, False, False)
    """
    return _PLAIN.fullmatch(name) is not None and name not in RESERVED


@lru_cache(maxsize=4096)
def spell_name(name: str) -> str:
    """A column or table name as a query says it, in brackets where it must be.

    >>> spell_name("EventID"), spell_name("c-uri")
    ('EventID', "['c-uri']")
    """
    return name if is_identifier(name) else f"[{quote(name, prefer=_SINGLE)}]"


def spell_function(name: str) -> str:
    """A function's name; the parenthesis behind it tells it from a keyword (`not(...)`, `materialize(...)`)."""
    return name if _PLAIN.fullmatch(name) else spell_name(name)


def quote(value: str, prefer: str = _DOUBLE) -> str:
    """A string literal: verbatim where there is a backslash, with escapes where there is something invisible.

    >>> print(quote("net use"), quote("\\\\net.exe"), quote("a\\nb"), quote('say "hi"'))
    "net use" @"\\net.exe" "a\\nb" 'say "hi"'
    """
    other = _SINGLE if prefer is _DOUBLE else _DOUBLE
    mark = other if prefer in value and other not in value else prefer
    if not value.isprintable():
        return mark + "".join(map(_escape, value)).replace(mark, "\\" + mark) + mark
    if "\\" in value:
        return "@" + mark + value.replace(mark, mark * 2) + mark
    return mark + value.replace(mark, "\\" + mark) + mark


def _escape(char: str) -> str:
    if char in _SPELLINGS:
        return _SPELLINGS[char]
    if char.isprintable():
        return char
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def unquote(token: str) -> str:
    """The value of a string literal of any form. `ValueError` for an escape that there is not.

    >>> unquote('@"C:\\\\x"'), unquote("h'a\\\\u0041'")
    ('C:\\\\x', 'aA')
    """
    token = token.lstrip("hH")
    if token.startswith(("```", "~~~")):
        return token[3:-3]
    if token.startswith("@"):
        return token[2:-1].replace(token[1] * 2, token[1])
    if "\\" not in token:
        return token[1:-1]
    value = _ESCAPE.sub(_unescape, token[1:-1])
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _unescape(found: re.Match[str]) -> str:
    octal, short, long, letter = found.groups()
    if letter is not None:
        if letter not in _ESCAPES:
            raise ValueError(f"no such escape: \\{letter}")
        return _ESCAPES[letter]
    return chr(int(octal, 8) if octal else int(short or long, 16))
