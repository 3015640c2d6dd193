"""What can be typed at a place in a Sigma rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from transpile import attack
from transpile.assist.context import Caret, logsource_of, place_at
from transpile.dialects.sigma.modifiers import MODIFIERS
from transpile.ir.stream import LogSource
from transpile.pipelines.load import kinds, load

FIELD, KEY, MODIFIER, VALUE, TAG, SELECTION, OPERATOR, RULE = (
    "field",
    "key",
    "modifier",
    "value",
    "tag",
    "selection",
    "operator",
    "rule",
)

_STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")
_LEVELS = ("informational", "low", "medium", "high", "critical")
_CORRELATIONS = (
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_percentile",
    "value_median",
)
_KEYS = {
    (): (
        "title",
        "id",
        "name",
        "related",
        "status",
        "description",
        "license",
        "references",
        "author",
        "date",
        "modified",
        "tags",
        "logsource",
        "detection",
        "correlation",
        "filter",
        "fields",
        "falsepositives",
        "level",
        "scope",
    ),
    ("logsource",): ("category", "product", "service", "definition"),
    ("detection",): ("selection", "condition"),
    ("filter",): ("rules", "selection", "condition"),
    ("correlation",): ("type", "rules", "group-by", "timespan", "condition", "aliases", "generate"),
    ("correlation", "condition"): ("gt", "gte", "lt", "lte", "eq", "neq", "field", "percentile"),
    ("related",): ("id", "type"),
}
_VALUES = {
    ("status",): _STATUSES,
    ("level",): _LEVELS,
    ("correlation", "type"): _CORRELATIONS,
    ("correlation", "generate"): ("true", "false"),
    ("related", "type"): ("derived", "obsolete", "merged", "renamed", "similar"),
}
_OPERATORS = ("and", "or", "not", "1 of ", "all of ", "1 of them", "all of them")
_SELECTION = re.compile(r"^(\s+)[\"']?([^\s\"':#|]+)[\"']?\s*:", re.MULTILINE)
_DETECTION = re.compile(r"^(?:detection|filter)\s*:[^\n]*\n((?:[ \t]+[^\n]*(?:\n|$)|[ \t]*\n)*)", re.MULTILINE)
_RESERVED = frozenset(("condition", "timeframe", "rules"))


@dataclass(frozen=True, slots=True)
class Completion:
    """A text that can take the place of the word at the cursor, what sort it is, and what to say beside it."""

    text: str
    sort: str
    detail: str = ""


def complete(
    text: str, line: int, column: int, models: Sequence[str] = (), rules: Iterable[tuple[str, str]] = ()
) -> tuple[Caret, list[Completion]]:
    """What can be typed at a place in the text of one document, and the place.

    `models` are the data models of the workspace, `rules` the names or ids of rules with their titles, which
    correlations and filters refer to.
    """
    place = place_at(text, line, column)
    return place, list(_complete(text, place, models, rules))


def _complete(text: str, place: Caret, models: Sequence[str], rules: Iterable[tuple[str, str]]) -> Iterator[Completion]:
    path = place.path
    in_detection = path[:1] in (("detection",), ("filter",))
    if in_detection and len(path) == 2 and path[1] == "condition" and place.value:
        yield from (Completion(name, SELECTION) for name in selections(text))
        yield from (Completion(word, OPERATOR) for word in _OPERATORS)
    elif path[-1:] == ("rules",) and path[0] in ("correlation", "filter") and place.value:
        yield from (Completion(name, RULE, title) for name, title in rules)
    elif path == ("tags",) and place.value:
        yield from _tags()
    elif path[:1] == ("logsource",) and len(path) == 2 and place.value:
        yield from _logsource_words(path[1], logsource_of(text))
    elif path == ("correlation", "group-by") and place.value:
        yield from _fields(LogSource(), models)
    elif place.value and path in _VALUES:
        yield from (Completion(word, VALUE) for word in _VALUES[path])
    elif in_detection and place.before.rstrip().endswith("|"):
        yield from (Completion(name, MODIFIER) for name in MODIFIERS)
    elif in_detection and len(path) == 2 and (not place.value or place.item):
        yield from _fields(logsource_of(text), models)
    elif not place.value or place.item:
        yield from (Completion(word, KEY) for word in _KEYS.get(path, ()))


def selections(text: str) -> list[str]:
    """The names of the selections in a document, as far as they are typed."""
    block = _DETECTION.search(text)
    found = _SELECTION.findall(block[1]) if block else []
    outer = min((len(indent) for indent, _ in found), default=0)
    names = (name for indent, name in found if len(indent) == outer and name not in _RESERVED)
    return list(dict.fromkeys(names))


@cache
def _tags() -> tuple[Completion, ...]:
    tactics = [Completion(f"attack.{one.key}", TAG, one.name) for one in attack.tactics()]
    techniques = [Completion(f"attack.{one.id.lower()}", TAG, one.name) for one in attack.techniques()]
    others = [Completion(f"tlp.{word}", TAG) for word in ("red", "amber", "green", "clear")]
    return (*tactics, *techniques, *others)


def _logsource_words(key: str, given: LogSource) -> Iterator[Completion]:
    """The words for one key of a log source that go with those that are there already."""
    if key not in ("category", "product", "service"):
        return
    others = [
        (name, value) for name in ("category", "product", "service") if name != key and (value := getattr(given, name))
    ]
    fitting = [one for one in kinds() if all(getattr(one, name) in (value, None) for name, value in others)]
    words = {getattr(one, key): str(one) for one in fitting}
    yield from (Completion(word, VALUE) for word in sorted(word for word in words if word))


def _fields(logsource: LogSource, models: Sequence[str]) -> Iterator[Completion]:
    """The fields of a log source, each with what the data models call it."""
    kind = kinds().get(logsource)
    names = sorted(kind.fields) if kind else sorted(_all_fields())
    for name in names:
        yield Completion(name, FIELD, _on_platforms(logsource, name, tuple(models)))


@cache
def _all_fields() -> frozenset[str]:
    return frozenset(name for kind in kinds().values() for name in kind.fields if kind.name.startswith("windows/"))


@cache
def _on_platforms(logsource: LogSource, name: str, models: tuple[str, ...]) -> str:
    """What the data models that know a field's place call it, in short."""
    said = []
    for model in models:
        sources = load(model).sources.get(logsource, ())
        entry = sources[0].find(name) if sources else None
        field = getattr(getattr(entry, "how", None), "field", None)
        if field is not None:
            said.append(f"{model}: {field.name}")
    return ", ".join(said)
