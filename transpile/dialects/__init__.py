"""The detection languages, one folder each. A folder is imported only when its dialect is asked for.

What a folder holds says what the language can do here: with a `lower.py` rules can be written in it, with a `lift.py`
they can be read.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transpile.dialects.base import Dialect

_HERE = Path(__file__).parent


@cache
def names() -> tuple[str, ...]:
    """The names of all languages, in alphabetical order."""
    return _with("codes")


@cache
def writers() -> tuple[str, ...]:
    """The names of the languages that rules can be written in, in alphabetical order."""
    return _with("lower")


@cache
def readers() -> tuple[str, ...]:
    """The names of the languages that rules can be read from, in alphabetical order."""
    return _with("lift")


def prepare(name: str) -> None:
    """Import what writing a language takes, before processes are started that would each import it."""
    for part in ("lower", "print"):
        import_module(f"transpile.dialects.{load(name).name}.{part}")


def _with(module: str) -> tuple[str, ...]:
    return tuple(sorted({path.parent.name for path in _HERE.glob(f"*/{module}.py*")}))


@cache
def load(name: str) -> Dialect:
    """The dialect of this name or alias. Raises `KeyError`, naming the known ones, if there is none."""
    if name not in names():
        for other in names():
            if name in load(other).aliases:
                return load(other)
        raise KeyError(f"unknown language {name!r}; expected one of {', '.join(names())}")
    dialect: Dialect = import_module(f"transpile.dialects.{name}").DIALECT
    return dialect
