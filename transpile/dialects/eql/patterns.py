"""How EQL says a pattern, a regex or a network of one string, by the operator that says it most simply.

Facts from "EQL syntax reference" of Elasticsearch: `:`, `like` and `like~` take `*` and `?` as wildcards, without a way
to escape them, and a backslash as it is; `in` and `in~` take no wildcards. Whatever ignores case does so for
ASCII letters only (the `case_insensitive` parameter of the term, wildcard and regexp queries).
"""

from __future__ import annotations

from transpile.dialects.eql.tree import Search
from transpile.ir.match import Case, Pattern, Shape
from transpile.regex import escape_lucene
from transpile.regex.chars import is_cased


def say(pattern: Pattern) -> tuple[Search, str]:
    """The operator and the value that mean the pattern; `in` and `in~` mean the whole value.

    >>> from transpile.ir.match import ANY
    >>> say(Pattern.of(ANY, "net.exe")), say(Pattern.of("a*b"))
    ((<Search.WILDCARD: ':'>, '*net.exe'), (<Search.IN_FOLD: 'in~'>, 'a*b'))
    >>> say(Pattern.of("a*b", ANY))
    (<Search.REGEX_FOLD: 'regex~'>, 'a\\\\*b.*')
    """
    text = pattern.literal
    marks = "*" in text or "?" in text
    beyond = not text.isascii() and pattern.case is Case.UNICODE
    if beyond and any(is_cased(char) for char in text if not char.isascii()):
        return Search.REGEX_FOLD, pattern.render(lambda run: escape_lucene(run, ignore_case=True), ".*", ".")
    if not marks and not (pattern.cased and len(pattern.parts) == 1 and pattern.parts[0] == text):
        wild = "".join([part if isinstance(part, str) else part.value for part in pattern.parts])
        return (Search.LIKE if pattern.cased else Search.WILDCARD), wild
    if pattern.shape is Shape.EQUALS:
        return (Search.IN if pattern.cased else Search.IN_FOLD), text
    return (Search.REGEX if pattern.cased else Search.REGEX_FOLD), pattern.render(escape_lucene, ".*", ".")


def is_caseless(value: str) -> bool:
    """Whether a value of `:` means itself alone: it has neither letters of two cases nor wildcards.

    >>> is_caseless("4624"), is_caseless("0xC0"), is_caseless("46*")
    (True, False, False)
    """
    return value != "" and not is_cased(value) and "*" not in value and "?" not in value
