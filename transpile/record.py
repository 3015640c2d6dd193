"""Immutable records: what `@dataclass(frozen=True, slots=True)` makes, built and compared in C.

A rule becomes thousands of small values on its way, and a frozen dataclass takes nine times as long to build one, since
it sets each field through `object.__setattr__`. It also compiles its methods when it is defined, which was a third of
a command's start. A record is a `msgspec.Struct` underneath and is used just like a dataclass: `dataclasses.field`,
`fields`, `replace` and `is_dataclass` know it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from inspect import get_annotations
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, overload

import msgspec

if TYPE_CHECKING:
    from dataclasses import replace as replace
else:
    from msgspec.structs import replace as replace  # for records alone, and ten times as fast as that of dataclasses

C = TypeVar("C", bound=type)

_Meta: Any = type(msgspec.Struct)
_NOT_COPIED = ("__dict__", "__weakref__")


class _Fields:
    """`__dataclass_fields__` of a record, made when somebody asks: few do, and there are hundreds of records."""

    def __get__(self, _record: object, kind: Any) -> dict[str, Any]:
        made: Any = dataclasses.make_dataclass(kind.__name__, kind.__match_args__)
        kind.__dataclass_fields__ = made.__dataclass_fields__
        return kind.__dataclass_fields__  # type: ignore[no-any-return]


_FIELDS = _Fields()


@overload
def record(kind: C, /) -> C: ...
@overload
def record(*, eq: bool = True) -> Callable[[C], C]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def record(kind: Any = None, /, *, eq: bool = True) -> Any:
    """A class as a record; with `eq` false its values are equal only to themselves.

    A field with `compare=False` takes no part in comparisons, one with `repr=False` is not shown.

    >>> @record
    ... class Pair:
    ...     left: int
    ...     right: int = 2
    >>> Pair(1), replace(Pair(1), right=3), Pair(1) == Pair(1, 2), dataclasses.is_dataclass(Pair)
    (Pair(left=1, right=2), Pair(left=1, right=3), True, True)
    """
    return _made(kind, eq) if kind is not None else lambda kind: _made(kind, eq)


def _made(kind: type, eq: bool) -> type:
    """The record for a class body."""
    if isinstance(kind, _Meta):  # derived from a record, and so made as one already
        if any(isinstance(one, dataclasses.Field) for one in kind.__struct_defaults__):
            raise TypeError(f"{kind.__name__} is derived from a record, and its fields take plain defaults only")
        return kind  # type: ignore[no-any-return]
    body = {name: value for name, value in vars(kind).items() if name not in _NOT_COPIED}
    given = {name: value for name, value in body.items() if isinstance(value, dataclasses.Field)}
    body |= {name: _field(value) for name, value in given.items()}
    body["__dataclass_fields__"] = _FIELDS
    names = get_annotations(kind)
    compared = [name for name in names if name not in given or given[name].compare]
    if eq and len(compared) < len(names):
        body |= _comparing(compared)
    shown = [name for name in names if name not in given or given[name].repr]
    if len(shown) < len(names):
        body["__repr__"] = _showing(shown)
    bases = tuple(base for base in kind.__bases__ if base is not object)
    made: type = _Meta(kind.__name__, (msgspec.Struct, *bases), body, frozen=True, eq=eq)
    return made


def _field(given: Any) -> Any:
    """A dataclass's field as a record's: its default, or what makes that."""
    if given.default is not dataclasses.MISSING:
        return given.default
    return msgspec.field(default_factory=given.default_factory)


def _comparing(names: list[str]) -> dict[str, Callable[..., Any]]:
    """Comparison by these fields alone."""
    key = attrgetter(*names) if names else lambda one: ()

    def equals(one: Any, other: Any) -> Any:
        return key(one) == key(other) if other.__class__ is one.__class__ else NotImplemented

    return {"__eq__": equals, "__hash__": lambda one: hash(key(one))}


def _showing(names: list[str]) -> Callable[[Any], str]:
    """What `repr` shows of these fields alone."""
    return lambda one: f"{type(one).__qualname__}({', '.join(f'{name}={getattr(one, name)!r}' for name in names)})"
