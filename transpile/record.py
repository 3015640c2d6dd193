"""Immutable records: what `@dataclass(frozen=True, slots=True)` makes, as structs of msgspec.

A rule becomes thousands of small values on its way. Those of msgspec are built, compared and hashed in C, ten times as
fast as those of frozen dataclasses, and defined without compiling half a dozen methods each, which was a third of a
command's start. A record is used just like a dataclass: `dataclasses.field`, `fields`, `replace` and `is_dataclass`
know it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from inspect import get_annotations
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, overload

import msgspec

C = TypeVar("C", bound=type)

_MISSING = dataclasses.MISSING

if TYPE_CHECKING:
    from dataclasses import replace as replace
else:
    from msgspec.structs import replace as replace


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


def _made(kind: Any, eq: bool) -> Any:
    """The record for a class body: the same class, as a struct."""
    if issubclass(kind, msgspec.Struct):  # below another record, and therefore a struct already
        if any(isinstance(value, dataclasses.Field) for value in kind.__struct_defaults__):
            raise TypeError(f"{kind.__name__}: below another record, defaults must be plain values")
        kind.__dataclass_fields__ = _FIELDS
        return kind
    own = {name: type_ for name, type_ in get_annotations(kind).items() if not str(type_).startswith("ClassVar")}
    body = {name: value for name, value in vars(kind).items() if name not in ("__dict__", "__weakref__")}
    if body.get("__hash__", _MISSING) is None:  # it has an `__eq__` of its own
        del body["__hash__"]
    given = {name: body[name] for name in own if isinstance(body.get(name), dataclasses.Field)}
    for name, value in given.items():
        del body[name]
        if value.default_factory is not _MISSING:
            body[name] = msgspec.field(default_factory=value.default_factory)
        elif value.default is not _MISSING:
            body[name] = value.default
    if not all(value.repr for value in given.values()):
        body.setdefault("__repr__", _showing([name for name in own if name not in given or given[name].repr]))
    if not all(value.compare for value in given.values()):
        body |= _comparing([name for name in own if name not in given or given[name].compare])
    body |= {"__annotations__": own, "__dataclass_fields__": _FIELDS}
    bases = (msgspec.Struct, *(base for base in kind.__bases__ if base is not object))
    make: Any = type(msgspec.Struct)
    return make(kind.__name__, bases, body, frozen=True, eq=eq)


def _comparing(names: list[str]) -> dict[str, Callable[..., Any]]:
    """Comparison by the fields of these names."""
    key = attrgetter(*names) if names else lambda one: ()

    def equals(one: Any, other: Any) -> Any:
        return key(one) == key(other) if other.__class__ is one.__class__ else NotImplemented

    return {"__eq__": equals, "__hash__": lambda one: hash(key(one))}


def _showing(names: list[str]) -> Callable[[Any], str]:
    """What `repr` shows: the fields of these names."""
    return lambda one: f"{type(one).__qualname__}({', '.join(f'{name}={getattr(one, name)!r}' for name in names)})"


class _Fields:
    """`__dataclass_fields__` of a record, made when somebody asks: few do, and there are hundreds of records."""

    def __get__(self, _record: object, kind: Any) -> dict[str, Any]:
        made: Any = dataclasses.make_dataclass(kind.__name__, kind.__struct_fields__)
        kind.__dataclass_fields__ = made.__dataclass_fields__
        return kind.__dataclass_fields__  # type: ignore[no-any-return]


_FIELDS = _Fields()
