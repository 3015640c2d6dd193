"""What a test means, as a text that is the same for tests that hold of the same values.

Rules of all vendors are compared by these texts once their fields have Sigma's names. Letters that are folded by ASCII
and those that are folded by Unicode count as one: they differ on two characters alone (U+212A, U+017F).
"""

from __future__ import annotations

from functools import lru_cache

from transpile.catalog.names import catalog_name
from transpile.ir.expr import Keyword, Match
from transpile.ir.match import ANY, Case, Pattern, Regex
from transpile.ir.match import Number as NumberTest
from transpile.ir.walk import value_text
from transpile.regex.parse import parse
from transpile.regex.tree import Anchor, Literal, Node, RegexError, Sequence


def place_of(leaf: Match | Keyword) -> object:
    """What tells the tests of one rule apart, whatever a data model makes of them."""
    test = leaf.test
    text = test.literal if isinstance(test, Pattern) else getattr(test, "pattern", repr(test))
    return leaf.span and leaf.span[:4], text.casefold().lstrip("\\/")[-12:]


def meaning_of(leaf: Match | Keyword, field: str | None = None) -> str:
    """The meaning of a test.

    >>> from transpile.ir.match import Field
    >>> one = meaning_of(Match(Field("Image"), Pattern.of(ANY, "\\\\net.exe")))
    >>> one == meaning_of(Match(Field("Image"), Regex(r"(?i)\\\\net\\.exe$")))
    True
    """
    name = field or (catalog_name(value_text(leaf.value)) if isinstance(leaf, Match) else "")
    test = leaf.test
    if isinstance(test, Regex):
        test = as_pattern(test) or test
    if isinstance(test, Pattern):
        number = test.as_number()
        if number is not None:
            return f"{name} ={number}"
        text = test.render(lambda run: run.replace("%", "%25").replace("*", "%2A").replace("?", "%3F"), "*", "?")
        cased = test.case is Case.SENSITIVE and text.lower() != text.upper()
        return f"{name} {'c' if cased else 'i'}{text if cased else text.lower()}"
    if isinstance(test, NumberTest):
        return f"{name} ={test.value}"
    if isinstance(test, Regex):
        flags = ("i" if test.ignore_case else "") + ("m" if test.multiline else "") + ("s" if test.dotall else "")
        return f"{name} ~{flags}/{test.pattern}"
    return f"{name} {test!r}"


@lru_cache(maxsize=4096)
def as_pattern(test: Regex) -> Pattern | None:
    r"""The pattern that means the same as a regular expression of literal text and anchors; None for any other.

    >>> as_pattern(Regex(r"^net\.exe")).parts
    ('net.exe', <Wildcard.ANY: '*'>)
    """
    if test.multiline:
        return None
    try:
        tree = parse(test.pattern, ignore_case=test.ignore_case, dotall=test.dotall)
    except RegexError:
        return None
    nodes: tuple[Node, ...] = tree.parts if isinstance(tree, Sequence) else (tree,)
    first = nodes[:1] and nodes[0] in _STARTS
    last = nodes[-1:] and nodes[-1] in _ENDS
    inner = nodes[1 if first else 0 : len(nodes) - 1 if last else len(nodes)]
    if not inner or not all(isinstance(node, Literal) for node in inner):
        return None
    folds = {node.fold for node in inner if isinstance(node, Literal) and node.text.lower() != node.text.upper()}
    if len(folds) > 1:
        return None
    text = "".join(node.text for node in inner if isinstance(node, Literal))
    parts = (*(() if first else (ANY,)), text, *(() if last else (ANY,)))
    return Pattern.of(*parts, case=Case.UNICODE if True in folds else Case.SENSITIVE)


_STARTS = frozenset({Anchor.START})
_ENDS = frozenset({Anchor.END, Anchor.END_OR_NEWLINE})  # a line break at the very end is not told apart
