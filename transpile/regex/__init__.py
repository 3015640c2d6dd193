"""Regular expressions: read once, printed for every engine.

`parse` gives a tree; `to_*` print it for an engine with the same meaning or raise `RegexError` with the reason why
that engine cannot say it. The meaning is PCRE2's (without UCP: sets are ASCII) of a search in a value.
"""

from transpile.regex.lucene import escape_lucene, to_lucene, to_lucene_cased
from transpile.regex.parse import parse
from transpile.regex.print import escape_pcre, escape_re2, to_pcre, to_python, to_re2, to_re2_parts, to_rust
from transpile.regex.re2 import problem_re2
from transpile.regex.texts import alternatives, open_ended, wildcards
from transpile.regex.tree import Node, RegexError, matches_empty

__all__ = [
    "Node",
    "RegexError",
    "alternatives",
    "escape_lucene",
    "escape_pcre",
    "escape_re2",
    "matches_empty",
    "open_ended",
    "parse",
    "problem_re2",
    "to_lucene",
    "to_lucene_cased",
    "to_pcre",
    "to_python",
    "to_re2",
    "to_re2_parts",
    "to_rust",
    "wildcards",
]
