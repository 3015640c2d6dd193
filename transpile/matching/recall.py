"""Events as a platform stores them, under Sigma's names: the data models read backwards, value by value.

`pipelines.store` is the way there. What cannot be told again, such as the piece of a longer text, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, assert_never

from transpile.evaluate.facts import Facts
from transpile.evaluate.reference import Check, compile_check
from transpile.evaluate.values import MISSING, lookup
from transpile.ir.match import Field
from transpile.ir.stream import LogSource
from transpile.ir.walk import leaves
from transpile.pipelines.forms import (
    Absent,
    AnyOf,
    Behind,
    Cases,
    Codes,
    Conditions,
    Digest,
    Element,
    Ended,
    Extension,
    FileName,
    Filled,
    Fixed,
    Hashes,
    Hex,
    How,
    Inside,
    PathAndName,
    Prefixed,
    Quoted,
    RegistryData,
    RegistryStrings,
    Rename,
    Replace,
    Split,
    UrlPart,
    Values,
)
from transpile.pipelines.forms.conditions import all_of
from transpile.pipelines.load import load
from transpile.pipelines.model import ModelSource

Event = Mapping[str, Any]
_REMEMBERED = 4_096


class Recaller:
    """Finds the log sources of events in one data model's form, and the events' Sigma fields. Remembers as it goes."""

    def __init__(self, model: str) -> None:
        self._sources = list(_places(model))
        self._by_event = _by_event(self._sources)
        told = {field for one in self._sources for field in _asked((*one.where, *one.holds))}
        self._telling = sorted(told | {"event.category", "Type"})
        self._known: dict[tuple[str, ...], tuple[ModelSource, ...]] = {}
        self._checks: dict[int, Check | None] = {}

    def recall(self, event: Event, windows: tuple[str, str] | None) -> tuple[dict[str, Any], frozenset[LogSource]]:
        """The Sigma fields that the event tells, and its log sources; none where it tells none.

        `windows` are the channel and the number of a Windows event, where it has them.
        """
        sources = self._by_event.get(windows, ()) if windows else ()
        if not sources:
            key = tuple(repr(lookup(event, name)) for name in self._telling)
            found = self._known.get(key)
            if found is None:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                found = self._known[key] = tuple(one for one in self._sources if self._is_of(event, one))
            sources = found
        fields: dict[str, Any] = {}
        for source in sources:
            for name, entry in source.fields.items():
                if name not in fields and (value := recalled(entry.how, event)) is not MISSING:
                    fields[name] = value
        return fields, frozenset(logsource for one in sources for logsource in one.kind.logsources)

    def _is_of(self, event: Event, source: ModelSource) -> bool:
        """Whether an event meets all that a place's events do."""
        number = id(source)
        if number not in self._checks:
            conditions = (*source.where, *source.holds)
            self._checks[number] = compile_check(all_of(conditions)) if conditions else None
        check = self._checks[number]
        table = (source.dataset or "").split()[:1]
        category = lookup(event, "event.category")
        if category is not MISSING and table and table[0] != "any":
            kinds = category if isinstance(category, list) else [category]
            if table[0] not in kinds and source.dataset != table[0]:
                return False
            if source.dataset == table[0] and table[0] not in kinds:
                return False
        named = event.get("Type")
        if isinstance(named, str) and table and table[0] != named:
            return False
        return check is not None and check(Facts(event))


def _places(model: str) -> Iterator[ModelSource]:
    """Every place of a model once; those of rules that keep to some events are of their log source too."""
    seen: set[tuple[str, int, frozenset[int]]] = set()
    for found in load(model).sources.values():
        for source in found:
            key = (source.name, source.place.line, source.events)
            if key not in seen:
                seen.add(key)
                yield source


def _by_event(sources: Iterable[ModelSource]) -> dict[tuple[str, str], tuple[ModelSource, ...]]:
    """The places of Windows' own events, by channel and number."""
    found: dict[tuple[str, str], list[ModelSource]] = {}
    for source in sources:
        facts = source.kind.facts
        numbers = list(map(str, source.events)) or list(facts.get("event_id", ()))
        for channel in facts.get("channel", ()):
            for number in numbers:
                found.setdefault((channel.lower(), str(number)), []).append(source)
    return {key: tuple(some) for key, some in found.items()}


def _asked(conditions: Conditions) -> Iterator[str]:
    for condition in conditions:
        for leaf in leaves(condition.expr):
            value = getattr(leaf, "value", None)
            if isinstance(value, Field):
                yield value.name


def recalled(how: How, event: Event) -> Any:
    """The value that was stored so, as the log source spells it; `MISSING` where the event does not tell it."""
    match how:
        case Rename(field) | Element(field) | Behind(field):
            return lookup(event, field.name)
        case Quoted(field):
            return _texts(lookup(event, field.name), _unquoted)
        case Values(field, table):
            return _spelled(lookup(event, field.name), _old(tuple((old, str(new)) for old, new in table.items())))
        case Cases(table):
            return next((value for value, case in table.items() if _check(case)(Facts(event))), MISSING)
        case Split():
            return _joined(how, event)
        case PathAndName(path):
            return lookup(event, path.name)
        case Prefixed(field, prefix):
            return _texts(lookup(event, field.name), lambda text: text.removeprefix(prefix))
        case Ended(field, ending):
            return _texts(lookup(event, field.name), lambda text: text.removesuffix(ending))
        case Filled(field, word):
            value = lookup(event, field.name)
            return MISSING if value == word else value
        case Hashes(columns):
            parts = [(name, lookup(event, column.name)) for name, column in columns.items()]
            told = [f"{name}={value}" for name, value in parts if isinstance(value, str) and value]
            return ",".join(told) if told else MISSING
        case Replace(field, table):
            spelled = {new.casefold(): old for old, news in table for new in news}
            pieces: Callable[[str], str] = lambda text: "\\".join(  # noqa: E731
                spelled.get(piece.casefold(), piece) for piece in text.split("\\")
            )
            return _texts(lookup(event, field.name), pieces)
        case RegistryData(data, type_, _, dword, qword, _):
            return _registry(lookup(event, data.name), lookup(event, type_.name), dword, qword)
        case RegistryStrings(data, type_):
            value = lookup(event, data.name)
            value = value[0] if isinstance(value, list) and len(value) == 1 else value
            return _registry(value, lookup(event, type_.name), "REG_DWORD", "REG_QWORD")
        case Hex(field):
            value = lookup(event, field.name)
            return f"0x{value:x}" if isinstance(value, int) else value
        case AnyOf(options):
            return next((value for one in options if (value := recalled(one, event)) is not MISSING), MISSING)
        case Fixed(value):
            return value
        case Codes(field):
            value = lookup(event, field.name)
            members = value if isinstance(value, list) else [value]
            return MISSING if value is MISSING else " ".join(f"%%{one}" for one in members)
        case FileName(name, at):  # the folder is not told, that there is one is
            return _texts(lookup(event, name.name), lambda text: at + text)
        case Extension() | Inside() | UrlPart() | Digest() | Absent():
            return MISSING
        case _:
            assert_never(how)


def _joined(how: Split, event: Event) -> Any:
    head, tail = recalled(how.head, event), recalled(how.tail, event)
    if tail in (MISSING, None, ""):
        return head if how.whole_head or how.always else MISSING
    if head in (MISSING, None, ""):
        return tail
    return f"{head}{how.at}{tail}"


def _registry(value: Any, kind: Any, dword: str, qword: str) -> Any:
    """Registry data as Sysmon spells it."""
    text = str(value)
    try:
        number = int(text, 0) if text.lower().startswith("0x") else int(text)
    except ValueError:
        return value
    spelled = str(kind).casefold()
    if spelled in (dword.casefold(), "dword"):
        return f"DWORD (0x{number:08x})"
    if spelled in (qword.casefold(), "qword"):
        return f"QWORD (0x{number >> 32:08x}-0x{number & 0xFFFFFFFF:08x})"
    return value


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [change(one) if isinstance(one, str) else one for one in value]
    return change(value) if isinstance(value, str) else value


def _spelled(value: Any, old: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [old.get(str(one).casefold(), one) for one in value]
    return value if value is MISSING else old.get(str(value).casefold(), value)


@cache
def _old(table: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """The log source's spelling for each of the platform's."""
    return {new.casefold(): old for old, new in reversed(table)}


@cache
def _check(case: Conditions) -> Check:
    return compile_check(all_of(case))
