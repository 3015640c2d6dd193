"""Results of earlier runs, by all that they depend on: a repository in which ten files changed costs what ten cost.

A result is kept under a digest of what it was made from: the file's path and text, the options with the other texts of
the run that rules may refer to, and the programs (this package, pySigma, PyYAML, Python). Whatever changes, the digest
does, so nothing is ever out of date. Where a result depends on anything else, such as a user's own data model or
pipeline, nothing is kept (`keep`).

The store is one SQLite file in the user's cache folder, which several runs may use at once. A store that cannot be
used is as good as none. Only the classes that results consist of are ever loaded from it.
"""

from __future__ import annotations

import io
import os
import pickle
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from enum import Enum
from functools import cache
from hashlib import blake2b
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import Path, PurePath
from typing import Any

import transpile
from transpile.conversion import Options
from transpile.diagnostics import Diagnostic
from transpile.source import Source
from transpile.user_cache import OFF, cache_folder, state_of

LARGEST = 256_000_000  # bytes of results that are kept; those that were not used for longest go first
_DAY = 86_400
_AT_ONCE = 250  # results that are read together
_PROGRAMS = ("transpile", "sigma", "yaml")
_LOADED = ("transpile.", "collections.OrderedDict", "builtins.set", "builtins.frozenset", "types.MappingProxyType")
_SCHEMA = """
create table if not exists result (key blob primary key, used integer, size integer, value blob) without rowid
"""
# All that `_forget` asks for: without it, every value would be read on the way.
_INDEX = "create index if not exists by_use on result (used, size, key)"


def keep(purpose: str, options: Options, models: Iterable[str], stays: Callable[[Any], bool]) -> Kept | None:
    """The results of runs of this kind with these options; None where none can be kept.

    `models` are the names of the data models at work: results by a file of the user's are not kept. Nor are those that
    `stays` says no of.
    """
    from transpile.pipelines.load import names

    if os.environ.get(OFF) or not set(models) <= {*names(), "auto"} or options.pipelines:
        return None
    digest = blake2b(purpose.encode(), digest_size=20)
    try:
        for part in (_programs(), options):
            _feed(part, digest)
        return Kept(cache_folder() / "results.sqlite", digest.digest(), stays)
    except (OSError, sqlite3.Error, TypeError):
        return None


class Kept:
    """The store of one run. What goes wrong in it is as if nothing were there."""

    def __init__(self, path: Path, basis: bytes, stays: Callable[[Any], bool]) -> None:
        self._basis = basis
        self._stays = stays
        self._fresh: list[tuple[bytes, int, int, bytes]] = []
        self._used: list[bytes] = []
        self._today = int(time.time()) // _DAY
        self._db = sqlite3.connect(path, timeout=2, isolation_level=None)
        try:
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=off")
            self._db.execute(_SCHEMA)
            self._db.execute(_INDEX)
        except sqlite3.DatabaseError:
            self._db.close()
            path.unlink()
            raise

    def key(self, source: Source | Diagnostic) -> bytes | None:
        """What the result for a text is kept under; None for a file that cannot be read."""
        if not isinstance(source, Source):
            return None
        digest = blake2b(self._basis, digest_size=20)
        digest.update(f"{len(source.path)}:{source.path}{source.text}".encode("utf-8", "surrogatepass"))
        return digest.digest()

    def known(self, keys: Iterable[bytes]) -> set[bytes]:
        """Those of the keys that there is a result under, which is noted as used."""
        found: dict[bytes, int] = {}
        for some in _batched(keys, _AT_ONCE):
            with suppress(sqlite3.Error):
                places = ",".join("?" * len(some))
                found.update(self._db.execute(f"select key, used from result where key in ({places})", some))
        self._used += (key for key, used in found.items() if used != self._today)
        return set(found)

    def find_all(self, keys: Iterable[bytes]) -> Iterator[Any]:
        """The result under each key; None if another run has just forgotten it, or it is none."""
        for some in _batched(keys, _AT_ONCE):
            found: dict[bytes, bytes] = {}
            with suppress(sqlite3.Error):
                places = ",".join("?" * len(some))
                found = dict(self._db.execute(f"select key, value from result where key in ({places})", some))
            for key in some:
                result = None
                with suppress(Exception):  # whatever it is that somebody put there
                    result = _Unpickler(io.BytesIO(found[key])).load()
                yield result

    def put(self, key: bytes, result: Any) -> None:
        """Keep a result, once the run is over (`close`)."""
        if not self._stays(result):
            return
        with suppress(pickle.PicklingError, TypeError, AttributeError, RecursionError):
            value = pickle.dumps(result, protocol=5)
            self._fresh.append((key, self._today, len(value), value))

    def close(self) -> None:
        """Write what is new, and forget what was not used for longest where it becomes too much."""
        with suppress(sqlite3.Error):
            if self._fresh or self._used:
                self._db.execute("begin immediate")
                self._db.executemany("insert or replace into result values (?, ?, ?, ?)", self._fresh)
                marks = [(self._today, key) for key in self._used]
                self._db.executemany("update result set used = ? where key = ?", marks)
                self._db.execute("commit")
            if self._fresh:
                self._forget()
        self._db.close()

    def _forget(self) -> None:
        rows = self._db.execute("select key, size from result order by used desc").fetchall()
        total, gone = 0, []
        for key, size in rows:
            total += size
            if total > LARGEST:
                gone.append((key,))
        if gone:
            self._db.execute("begin immediate")
            self._db.executemany("delete from result where key = ?", gone)
            self._db.execute("commit")


def _batched(keys: Iterable[bytes], size: int) -> Iterator[tuple[bytes, ...]]:
    """The keys, so many at a time."""
    rest = iter(keys)
    while some := tuple(islice(rest, size)):
        yield some


class _Unpickler(pickle.Unpickler):
    """Loads classes of this package, and nothing that could do harm."""

    def find_class(self, module: str, name: str) -> Any:
        return _class_of(module, name)


@cache
def _class_of(module: str, name: str) -> type:
    """The class of this name. Raises `UnpicklingError` for one that is part of no result."""
    where = f"{module}.{name}"
    if "." in name or not where.startswith(_LOADED):
        raise pickle.UnpicklingError(f"{where} is part of no result")
    found = getattr(import_module(module), name, None)
    if not isinstance(found, type):
        raise pickle.UnpicklingError(f"{where} is not a class")
    return found


def _programs() -> Iterator[object]:
    """What tells one version of the programs from another: the files of each, their sizes and times."""
    yield sys.version
    yield transpile.__version__
    for name in _PROGRAMS:
        spec = find_spec(name)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            yield from state_of(folder)


def _feed(value: object, digest: Any) -> None:
    """Take a value into a digest, the same in every process. Raises `TypeError` for one of an unknown kind."""
    match value:
        case Enum():
            digest.update(f"e{type(value).__qualname__}.{value.name};".encode())
        case None | bool() | int() | float() | PurePath():
            digest.update(f"v{value!r};".encode())
        case str():
            digest.update(f"s{len(value)}:{value}".encode("utf-8", "surrogatepass"))
        case bytes():
            digest.update(b"b%d:%b" % (len(value), value))
        case Mapping():
            _feed(sorted((str(key), _digest(one)) for key, one in value.items()), digest)
        case set() | frozenset():
            _feed(sorted(map(_digest, value)), digest)
        case tuple() | list() | Iterator():
            digest.update(b"(")
            for one in value:
                _feed(one, digest)
            digest.update(b")")
        case _ if (names := getattr(type(value), "__match_args__", None)) is not None:
            digest.update(f"r{type(value).__qualname__}".encode())
            _feed([getattr(value, name) for name in names], digest)
        case _:
            raise TypeError(f"{type(value).__name__} has no digest")


def _digest(value: object) -> bytes:
    digest = blake2b(digest_size=20)
    _feed(value, digest)
    return digest.digest()
