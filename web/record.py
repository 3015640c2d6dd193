"""Immutable records in Python alone: in the browser, this takes the place of `transpile/record.py`.

A module in C could be part of no memory that the page keeps for the next visit (`src/worker.ts`).

A rule becomes thousands of small values on its way. A frozen dataclass sets each field through `object.__setattr__`,
and takes three times as long as a record, which sets them through the descriptors of its slots. A dataclass also
compiles half a dozen methods when it is defined, which was a third of a command's start; a record compiles its one
method when the first value is built. It is used just like a dataclass: `dataclasses.field`, `fields`, `replace` and
`is_dataclass` know it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from inspect import get_annotations
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, overload

C = TypeVar("C", bound=type)

_MISSING = dataclasses.MISSING
_OWN = ("__eq__", "__hash__", "__repr__", "__reduce__")  # methods that a class body may have instead

if TYPE_CHECKING:
    from dataclasses import replace as replace
else:

    def replace(one: Any, /, **changes: Any) -> Any:
        """A record like this one with other values in some fields; faster than that of dataclasses."""
        kind = type(one)
        values = [changes.pop(name) if name in changes else getattr(one, name) for name in kind.__match_args__]
        return kind(*values, **changes)  # which raises for a field that there is not


@overload
def record(kind: C, /) -> C: ...
@overload
def record(*, eq: bool = True) -> Callable[[C], C]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def record(kind: Any = None, /, *, eq: bool = True) -> Any:
    """A class as a record; with `eq` false, it compares as its base does: a plain one is equal only to itself.

    A field with `compare=False` takes no part in comparisons, one with `repr=False` is not shown.

    >>> @record
    ... class Pair:
    ...     left: int
    ...     right: int = 2
    >>> Pair(1), replace(Pair(1), right=3), Pair(1) == Pair(1, 2), dataclasses.is_dataclass(Pair)
    (Pair(left=1, right=2), Pair(left=1, right=3), True, True)
    """
    return _made(kind, eq) if kind is not None else lambda kind: _made(kind, eq)


def _made(kind: Any, eq: bool) -> type:
    """The record for a class body: the same class, with slots."""
    own = [name for name, type_ in get_annotations(kind).items() if not str(type_).startswith("ClassVar")]
    fields: dict[str, Any] = {}
    for base in reversed(kind.__mro__[1:]):
        fields |= vars(base).get("__record__", {})
    for name in own:
        given = vars(kind).get(name, _MISSING)
        fields[name] = given if isinstance(given, dataclasses.Field) else dataclasses.field(default=given)
    body = {name: value for name, value in vars(kind).items() if name not in (*own, "__dict__", "__weakref__")}
    body |= {"__slots__": tuple(own), "__match_args__": tuple(fields), "__record__": fields}
    body |= {"__dataclass_fields__": _FIELDS, "__init__": _first_init, "__setattr__": _refuse, "__delattr__": _refuse}
    compared = [name for name, one in fields.items() if one.compare]
    key = attrgetter(*compared) if compared else lambda one: ()
    methods = {
        "__repr__": _showing([name for name, one in fields.items() if one.repr]),
        "__reduce__": _reduce,
        **(_comparing(key) if eq else {}),
    }
    body |= {name: method for name, method in methods.items() if name not in vars(kind) or vars(kind)[name] is None}
    made: type = type(kind)(kind.__name__, kind.__bases__, body)
    return made


def _first_init(one: Any, *values: Any, **named: Any) -> None:
    """`__init__` of a record until its first value is built: compiles the one that takes its place."""
    kind = next(kind for kind in type(one).__mro__ if vars(kind).get("__init__") is _first_init)
    init = _init(kind)
    type.__setattr__(kind, "__init__", init)
    init(one, *values, **named)


def _init(kind: Any) -> Any:
    """The `__init__` of a record."""
    known: dict[str, Any] = {"MISSING": _MISSING}
    parameters, lines = [], []
    for name, given in kind.__record__.items():
        known[f"set_{name}"] = getattr(kind, name).__set__
        value = name
        if given.default_factory is not _MISSING:
            known[f"make_{name}"] = given.default_factory
            parameters.append(f"{name}=MISSING")
            value = f"make_{name}() if {name} is MISSING else {name}"
        elif given.default is not _MISSING:
            known[f"default_{name}"] = given.default
            parameters.append(f"{name}=default_{name}")
        else:
            parameters.append(name)
        lines.append(f"    set_{name}(self_, {value})")
    exec("\n".join([f"def __init__({', '.join(['self_', *parameters])}):", *lines, "    pass"]), known)
    return known["__init__"]


def _refuse(one: object, name: str, *_: object) -> None:
    raise dataclasses.FrozenInstanceError(f"{type(one).__name__} is immutable: {name}")


def _reduce(one: Any) -> tuple[Any, ...]:
    """What `pickle` keeps: the class and the values of its fields."""
    return type(one), tuple(getattr(one, name) for name in type(one).__match_args__)


def _comparing(key: Callable[[Any], Any]) -> dict[str, Callable[..., Any]]:
    """Comparison by a key."""

    def equals(one: Any, other: Any) -> Any:
        return key(one) == key(other) if other.__class__ is one.__class__ else NotImplemented

    return {"__eq__": equals, "__hash__": lambda one: hash(key(one))}


def _showing(names: list[str]) -> Callable[[Any], str]:
    """What `repr` shows: the fields of these names."""
    return lambda one: f"{type(one).__qualname__}({', '.join(f'{name}={getattr(one, name)!r}' for name in names)})"


class _Fields:
    """`__dataclass_fields__` of a record, made when somebody asks: few do, and there are hundreds of records."""

    def __get__(self, _record: object, kind: Any) -> dict[str, Any]:
        made: Any = dataclasses.make_dataclass(kind.__name__, kind.__match_args__)
        kind.__dataclass_fields__ = made.__dataclass_fields__
        return kind.__dataclass_fields__  # type: ignore[no-any-return]


_FIELDS = _Fields()
