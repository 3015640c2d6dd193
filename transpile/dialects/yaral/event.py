"""A UDM event as a rule sees it: fields by path, repeated ones element by element, maps by key.

Source: Google's pages "Repeated fields" and "YARA-L map support". An event is a mapping, nested or with dotted names,
in UDM's shape. An event in another shape, of a source without a data model, stands for the UDM event whose
`additional.fields` holds all its fields as text, by their (dotted) names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from transpile.dialects.kit.running.values import MISSING, at, spell
from transpile.dialects.yaral.tree import Key, Path, Step
from transpile.evaluate import Unproven

UNSET: Final = None  # a field that the event does not have; it reads as the zero value of its type

Value = str | int | float | bool | None


class Branch(Exception):
    """Raised where a repeated field is read without `any` or `all`: the rule is to run on a copy for each element."""

    def __init__(self, place: tuple[Step, ...], elements: int) -> None:
        self.place = place
        self.elements = elements


def scalar(event: Mapping[str, Any], path: Path, copy: Mapping[tuple[Step, ...], int]) -> Value:
    """The value of a field in one copy of the event: `copy` has the index of the element for each repeated field.

    Raises `Branch` for a repeated field that `copy` does not know yet. A map's key is no such field, even where the map
    stands in a repeated message: it gives the first value that there is.
    """
    node, steps = _start(event, path)
    if isinstance(path.steps[-1], Key):
        return next(_gather(node, steps, path), UNSET)
    place: tuple[Step, ...] = ()
    while True:
        if isinstance(node, list | tuple) and not (steps and isinstance(steps[0], int | Key)):
            if not node:
                return UNSET
            if len(node) > 1 and place not in copy:
                raise Branch(place, len(node))
            node = node[copy.get(place, 0)]
        elif not steps:
            return _value(node, path)
        else:
            node, taken = _child(node, steps)
            place += steps[:taken]
            steps = steps[taken:]


def elements(event: Mapping[str, Any], path: Path) -> list[Value]:
    """All elements of a repeated field, through every list on its way; none if it is unset."""
    return list(_gather(*_start(event, path), path))


def _gather(node: Any, steps: tuple[Step, ...], path: Path) -> Iterator[Value]:
    if isinstance(node, list | tuple) and not (steps and isinstance(steps[0], int | Key)):
        for member in node:
            yield from _gather(member, steps, path)
    elif not steps:
        if node is not UNSET:
            yield _value(node, path)
    else:
        child, taken = _child(node, steps)
        if child is not UNSET:
            yield from _gather(child, steps[taken:], path)


def _start(event: Mapping[str, Any], path: Path) -> tuple[Any, tuple[Step, ...]]:
    """Where the path begins: `udm` is the source that goes without saying."""
    steps = path.steps[1:] if path.steps[0] == "udm" else path.steps
    if steps[0] == "graph":
        raise Unproven("entities are not events")
    match steps:
        case ("additional", "fields", Key(name)):
            return _additional(event, name), ()
        case _:
            return event, steps


def _additional(event: Mapping[str, Any], name: str) -> Any:
    """A key of `additional.fields`, as text; of an event that is not in UDM's shape, a field of it."""
    flat = event.get(f'additional.fields["{name}"]', MISSING)
    fields = at(event, "additional.fields")
    found = flat if flat is not MISSING else _by_key(fields, name) if fields is not MISSING else at(event, name)
    if found is None or found is MISSING or _is_empty(found):
        return UNSET
    if not isinstance(found, str | int | float):
        raise Unproven(f"additional.fields has one text for each key, not what {name!r} holds here")
    return spell(found)


def _is_empty(value: Any) -> bool:
    """Whether a list holds nothing but nulls, however nested."""
    return isinstance(value, list | tuple) and all(one is None or _is_empty(one) for one in value)


def _child(node: Any, steps: tuple[Step, ...]) -> tuple[Any, int]:
    """What the next step or steps lead to, and how many they are; UNSET where there is nothing."""
    step = steps[0]
    if isinstance(step, Key):
        return _by_key(node, step.text), 1
    if isinstance(step, int):
        found = node if isinstance(node, list | tuple) else [node]
        return (found[step] if step < len(found) else UNSET), 1
    if step == "seconds" and isinstance(node, str | int | float):
        return _seconds(node), 1
    if isinstance(node, Mapping):
        names = [step]
        for further in steps[1:]:
            if not isinstance(further, str):
                break
            names.append(further)
        for taken in range(len(names), 0, -1):
            name = ".".join(names[:taken])
            if name in node:
                return node[name], taken
    return UNSET, 1


def _seconds(moment: str | float) -> float:
    """The seconds of a timestamp, which JSON writes as ISO 8601, in UTC unless it says otherwise."""
    if not isinstance(moment, str):
        return moment
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        raise Unproven(f"{moment!r} is not a timestamp") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _by_key(node: Any, key: str) -> Any:
    """A map's value, or the first of several: of a struct, of labels (`{"key": ..., "value": ...}`), of lists."""
    if isinstance(node, list | tuple):
        return next((found for one in node if (found := _by_key(one, key)) is not UNSET), UNSET)
    if not isinstance(node, Mapping):
        return UNSET
    if node.get("key") == key and "value" in node:
        return node["value"]
    return node.get(key)


def _value(node: Any, path: Path) -> Value:
    if node is None or isinstance(node, str | int | float):
        if isinstance(path.steps[-1], Key) and node is not None:
            return spell(node)
        return node
    raise Unproven(f"{path.steps[-1]} is a message, not a value")
