"""The text of a data set: what of it depends on the log source, and the columns that it computes for a rule.

- `{channel}`: the first of the facts of this name.
- `{is channel}`: `== "a"`, or `in ("a", "b")` where there are several.
- `[[ ... ]]`: left out if a fact in it is not known.
- `{{bag}}`: the columns of a rule by the template of this name, with commas between; the line is left out without any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

REST, DECODED = "*", "* decoded"  # the expression for all columns that have none, and for those of encoded text

_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_FACT = re.compile(r"(?<!\{)\{(is )?(\w+)\}(?!\})")
_COLUMNS = re.compile(r"\s*\|\s*extend\s+((?:(?!\|).)*?)\{\{(\w+)\}\}", re.DOTALL)


def stated(text: str, facts: Mapping[str, tuple[str, ...]]) -> str:
    """The text with the facts of a log source in it."""

    def optional(found: re.Match[str]) -> str:
        return found[1] if all(facts.get(name) for _, name in _FACT.findall(found[1])) else ""

    def fact(found: re.Match[str]) -> str:
        values = facts.get(found[2], ())
        if not values:
            return found[0]
        return _is(values) if found[1] else values[0]

    return _FACT.sub(fact, _OPTIONAL.sub(optional, text))


def _is(values: tuple[str, ...]) -> str:
    spelled = [value if value.isdigit() else f'"{value}"' for value in values]
    return f"== {spelled[0]}" if len(spelled) == 1 else f"in ({', '.join(spelled)})"


def with_columns(text: str, places: Mapping[str, Mapping[str, str]], columns: Mapping[str, bool]) -> str:
    """The text with the columns that a rule asks for; of each, whether XML has to be decoded."""

    def extend(found: re.Match[str]) -> str:
        expressions = places[found[2]]
        made = [(name, _expression(expressions, name, decode)) for name, decode in columns.items()]
        first = found[1].strip().rstrip(",")
        listed = [first] if first else []
        listed += [f"{_column(name)} = {expression}" for name, expression in made if expression != name]
        return f" | extend {', '.join(listed)}" if listed else ""

    return _COLUMNS.sub(extend, text)


def _expression(expressions: Mapping[str, str], name: str, decode: bool) -> str:
    """What fills a column. In it, `{key}` is its name, `{path}` the name behind a dot, `{words}` that with blanks."""
    template = expressions.get(name)
    if template is None:
        template = expressions.get(DECODED if decode else REST) or expressions.get(REST, '""')
    path = f".{name}" if name.isidentifier() else f"['{name}']"
    return template.replace("{path}", path).replace("{key}", name).replace("{words}", name.replace("_", " "))


def _column(name: str) -> str:
    return name if name.isidentifier() else f"['{name}']"


_BRANCH = re.compile(r"\((\w+(?:\(\))?)((?:\s*\||\)).*?)(?=,\s*\(\w+\s*\||$)", re.DOTALL)


def tables(text: str) -> tuple[str, ...]:
    """The tables that a data set reads: of a union each, else the first."""
    if text.startswith("union"):
        return tuple(name for name, _ in _BRANCH.findall(text))
    return (re.split(r"[\s|(]", text, maxsplit=1)[0],)


def branches_of(text: str) -> Iterator[tuple[str, str, str]]:
    """The tables of a union: each with what is done with its rows, and the name of the columns that it computes."""
    for name, rest in _BRANCH.findall(text):
        bag = _COLUMNS.search(rest)
        yield name, _COLUMNS.sub("", rest), bag[2] if bag else ""


def column_of(expressions: Mapping[str, str], name: str) -> str:
    """The expression that fills a column, of text that XML does not spell otherwise."""
    return _expression(expressions, name, decode=False)


def only(text: str, kept: frozenset[str]) -> str:
    """A union of those of its tables that are kept; of one alone, that table and what is done with it."""
    branches = [(name, f"{name}{rest}".rstrip()[:-1].rstrip()) for name, rest in _BRANCH.findall(text) if name in kept]
    if len(branches) == 1:
        return branches[0][1]
    head = text.partition("(")[0].rstrip()
    return f"{head} " + ", ".join(f"({branch})" for _, branch in branches)
