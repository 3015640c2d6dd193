"""Fields that a platform makes from what events hold, and that no rule of Sigma is written to: for reading alone.

`read` of a source says what a test of such a field asks of Sigma's fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import ANY, Field, Null, Pattern, Regex, Shape
from transpile.pipelines.document import ModelReader, Node
from transpile.pipelines.forms import FileName
from transpile.pipelines.told import tests
from transpile.record import record, replace
from transpile.regex.print import escape_pcre


@record
class Outcome:
    """`then` where all of Sigma's `fields` are empty, else `other`; events of `unless` are judged otherwise."""

    fields: tuple[str, ...]
    then: str
    other: str
    unless: tuple[tuple[str, str], ...] = ()  # fields of the platform, with a value


@record
class Last:
    """What is behind the last separator in a field of Sigma's; empty in events of which `when` does not hold."""

    field: str
    at: str
    when: tuple[tuple[str, str], ...] = ()  # fields of Sigma's, with a value


@record
class Words:
    """The words of a command line, each a value: `process.args`.

    A word is asked for between blanks or quotes. That is wider where a quoted word holds the same text between blanks,
    and narrower where quotes stand inside a word, which a shell takes away.
    """

    field: str


@record
class Same:
    """What a field of Sigma's holds: an alias."""

    field: str


Meant = Outcome | Last | Words | Same


def read_meant(reader: ModelReader, node: Node) -> Iterator[tuple[str, Meant]]:
    """The `read` of a source in a data model's file."""
    for key_node, name, body in reader.pairs(node):
        parts = reader.map(body, ("empty", "then", "else", "unless", "last", "at", "when", "words", "same"))
        if "last" in parts and "at" in parts:
            yield name, Last(reader.text(parts["last"]), reader.text(parts["at"]), _pairs(reader, parts.get("when")))
        elif "words" in parts:
            yield name, Words(reader.text(parts["words"]))
        elif "same" in parts:
            yield name, Same(reader.text(parts["same"]))
        elif {"empty", "then", "else"} <= parts.keys():
            fields, then, other = (parts[key] for key in ("empty", "then", "else"))
            unless = _pairs(reader, parts.get("unless"))
            yield name, Outcome(tuple(reader.words(fields)), reader.text(then), reader.text(other), unless)
        else:
            reader.fail(
                key_node, "a field to read is 'last' with 'at', 'words', 'same', or 'empty' with 'then' and 'else'"
            )


def _pairs(reader: ModelReader, node: Node | None) -> tuple[tuple[str, str], ...]:
    return tuple((key, reader.text(value)) for _, key, value in reader.pairs(node)) if node is not None else ()


def read_test(leaf: Match, meant: Meant, parts: Sequence[Expr]) -> Expr | None:
    """What a test asks of Sigma's fields; None where it has no exact form. `parts` hold of every event of the rule."""
    test = leaf.test
    if isinstance(meant, Same):
        return replace(leaf, value=Field(meant.field))
    if isinstance(meant, Last) and isinstance(test, Pattern) and test.shape is Shape.PRESENT and not meant.when:
        return replace(leaf, value=Field(meant.field))
    if not isinstance(test, Pattern) or not test.parts or test.shape is Shape.PRESENT:
        return None
    if isinstance(meant, Words):
        return Match(Field(meant.field), _word(test), "", leaf.span)
    if isinstance(meant, Last):
        field = Field(meant.field)
        found = FileName(field, meant.at).invert(lambda new: Match(field, new, leaf.operator, leaf.span), test)
        when = tuple(Match(Field(name), Pattern.of(value), "", leaf.span) for name, value in meant.when)
        return found and (And((*when, found)) if when else found)
    if not all(any(_excludes(part, name, value) for part in parts) for name, value in meant.unless):
        return None
    empty = And(tuple(Match(Field(name), Null(), "", leaf.span) for name in meant.fields))
    if test.parts == (meant.then,):
        return empty
    return Not(empty) if test.parts == (meant.other,) else None


_EDGE = "[\\s\"']"


def _word(test: Pattern) -> Pattern | Regex:
    r"""What a command line holds that has a word of this pattern.

    >>> word = _word(Pattern.of(ANY, ".dll"))
    >>> isinstance(word, Regex) and word.pattern
    '\\.dll(?:[\\s"\']|$)'
    """
    parts = test.parts
    if test.shape is Shape.CONTAINS:
        return test
    begins, ends = parts[:1] == (ANY,), parts[-1:] == (ANY,)
    inner = parts[begins : len(parts) - ends]
    text = "".join(escape_pcre(part) if isinstance(part, str) else ".*" if part is ANY else "." for part in inner)
    before, after = "" if begins else f"(?:^|{_EDGE})", "" if ends else f"(?:{_EDGE}|$)"
    return Regex(f"{before}{text}{after}", test.case, dotall=not all(isinstance(part, str) for part in inner))


def _excludes(part: Expr, name: str, value: str) -> bool:
    """Whether a part of a rule asks a field for whole values, of which none is this one."""
    alternatives = part.args if isinstance(part, Or) else (part,)
    if not all(isinstance(one, Match) for one in alternatives):
        return False
    return all(
        field == name and text != value.casefold() and not set(text) & set("*?") for field, text in tests(part, {})
    )


def is_readable(meant: Meant, has: Callable[[str], bool]) -> bool:
    """Whether events of a log source have what a field is made of. `has` knows the names of its fields."""
    return all(map(has, meant.fields if isinstance(meant, Outcome) else (meant.field,)))
