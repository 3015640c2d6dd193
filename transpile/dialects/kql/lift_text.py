"""Kusto's string operators and regexes as tests of IR.

- A string is never null: an operator that the empty string passes holds for a missing field too.
- `=~`, `contains` and the like fold ASCII letters ("in~ operator"); `(?i)` folds Unicode's.
- Terms are maximal sequences of ASCII letters and digits ("What is a term?" in "String operators"). The text of `has`
  may hold several; it is bounded where it begins or ends with a letter or a digit.
"""

from __future__ import annotations

from transpile.ir.expr import FALSE, TRUE, Expr, Match, Or
from transpile.ir.match import ANY, Case, Null, Part, Pattern, Regex, Value
from transpile.regex import escape_pcre, matches_empty, to_pcre, wildcards
from transpile.regex import parse as parse_regex
from transpile.regex.chars import is_cased
from transpile.regex.tree import Anchor, Node, map_leaves, walk
from transpile.source import Span

_EDGES = {"has": (True, True), "hasprefix": (True, False), "hassuffix": (False, True)}
_ASCII_EDGE = r"(?-u:\b)"  # Rust's spelling of what `\b` is in a rule's regexes
# `$` may also be before a last line break, which is not a letter or digit either.
_BEFORE, _AFTER = "(?:^|[^A-Za-z0-9])", "(?:$|[^A-Za-z0-9])"


def text_test(value: Value, operator: str, text: str, span: Span | None, case: Case) -> Expr:
    """`value operator "text"` for a positive operator without its `_cs`; `case` says which letters are the same."""
    if not is_cased(text):
        case = Case.UNICODE
    if not text:
        return Match(value, Null(), operator, span) if operator == "==" else TRUE
    match operator:
        case "==":
            test: Pattern | Regex = Pattern.of(text, case=case)
        case "contains":
            test = Pattern.of(ANY, text, ANY, case=case)
        case "startswith":
            test = Pattern.of(text, ANY, case=case)
        case "endswith":
            test = Pattern.of(ANY, text, case=case)
        case _:
            test = term_test(operator, text, case)
    return Match(value, test, operator, span)


def term_test(operator: str, text: str, case: Case) -> Pattern | Regex:
    """`has` and its like.

    >>> term_test("has", "-nop", Case.SENSITIVE).pattern
    '-nop(?:$|[^A-Za-z0-9])'
    """
    before, after = _EDGES[operator]
    before, after = before and _in_term(text[0]), after and _in_term(text[-1])
    if not before and not after:
        return Pattern.of(ANY, text, ANY, case=case)
    body = escape_pcre(text)
    cased = Case.SENSITIVE if not is_cased(text) else case
    return Regex(f"{_BEFORE if before else ''}{body}{_AFTER if after else ''}", cased)


def _in_term(char: str) -> bool:
    return char.isascii() and char.isalnum()


def regex_test(value: Value, pattern: str, span: Span | None) -> Expr:
    """`value matches regex "pattern"`. Raises `RegexError` for what is not read.

    Rust's `$` is the very end, PCRE's may be before a last line break.
    """
    pattern = pattern.replace(_ASCII_EDGE, r"\b")
    node = parse_regex(pattern)
    if Anchor.END_OR_NEWLINE in walk(node):
        node = map_leaves(node, _very_end)
        pattern = to_pcre(node)
    found = Match(value, as_pattern(node) or Regex(pattern), "re", span)
    if matches_empty(node):
        return Or((Match(value, Null(), "re", span), found))
    return found


def keyword_test(pattern: str) -> Pattern | Regex:
    """The test of a keyword for a regex."""
    pattern = pattern.replace(_ASCII_EDGE, r"\b")
    node = parse_regex(pattern)
    if Anchor.END_OR_NEWLINE in walk(node):
        node = map_leaves(node, _very_end)
        pattern = to_pcre(node)
    test = as_pattern(node)
    if test is not None and len(test.parts) > 2 and test.parts[0] is ANY and test.parts[-1] is ANY:
        return Pattern(test.parts[1:-1], test.case)
    return Regex(pattern)


def _very_end(node: Node) -> Node:
    return Anchor.END if node is Anchor.END_OR_NEWLINE else node


def as_pattern(node: Node) -> Pattern | None:
    """The regex as plain text and wildcards, if it is no more than that."""
    found = wildcards(node)
    if found is None:
        return None
    texts, ignore_case = found
    parts: list[Part] = [ANY if text is None else text for text in texts]
    letters = is_cased("".join(text for text in texts if text is not None))
    pattern = Pattern.of(*parts, case=Case.UNICODE if ignore_case or not letters else Case.SENSITIVE)
    return None if pattern.parts in ((), (ANY,)) else pattern


def constant(value: bool) -> Expr:
    """Always or never."""
    return TRUE if value else FALSE
