"""The detection languages, one folder each. A folder is imported only when its dialect is asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transpile.dialects.base import Dialect

SIGMA = "sigma"  # read, not yet written: it has no `DIALECT`


@cache
def names() -> tuple[str, ...]:
    """The names of the dialects that rules can be written in, in alphabetical order."""
    here = Path(__file__).parent
    return tuple(sorted(path.parent.name for path in here.glob("*/lower.py") if path.parent.name != SIGMA))


@cache
def load(name: str) -> Dialect:
    """The dialect of this name. Raises `KeyError`, naming the known ones, if there is none."""
    if name not in names():
        raise KeyError(f"no dialect {name!r}; there are {', '.join(names())}")
    dialect: Dialect = import_module(f"transpile.dialects.{name}").DIALECT
    return dialect
