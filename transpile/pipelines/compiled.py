"""Data models as `load` builds them, kept ready: reading their YAML takes ten times as long.

They are kept in the user's cache folder, under a digest of the YAML and of the modules that build them. A build for a
place where YAML is slow, such as the browser, carries them beside the YAML: `python -m transpile.dev compile-models`.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import transpile
from transpile.user_cache import OFF, cache_folder, state_of

T = TypeVar("T")

HERE = Path(__file__).parent
BUNDLED = HERE / "compiled"  # where a build carries them
_FORM = 1  # of what is kept


def kept(name: str, build: Callable[[], T]) -> T:
    """The model or table of this name, as kept or else as `build` makes it, which is then kept."""
    found = _read(BUNDLED / f"{name}.pickle", _yaml_digest)
    if found is None and not os.environ.get(OFF):
        with suppress(OSError, RuntimeError):  # no folder, or no home
            place = cache_folder() / f"model-{name}.pickle"
            found = _read(place, _digest)
            if found is None:
                found = build()
                _write(place, _digest(), found)
    return build() if found is None else found


def write_bundled(name: str, built: object, folder: Path = BUNDLED) -> Path:
    """Write a model or table for a build that carries it; the file."""
    place = folder / f"{name}.pickle"
    folder.mkdir(parents=True, exist_ok=True)
    _write(place, _yaml_digest(), built)
    return place


def _write(place: Path, digest: bytes, built: object) -> None:
    stream = io.BytesIO()
    _Pickler(stream, protocol=5).dump(built)
    temporary = place.with_name(f".{place.name}.{os.getpid()}")
    temporary.write_bytes(digest + stream.getvalue())
    temporary.replace(place)


def _read(place: Path, digest: Callable[[], bytes]) -> Any:
    """What is kept in a file; None where there is none, it is of another state, or it is not what we write."""
    try:
        content = place.read_bytes()
    except OSError:
        return None
    expected = digest()
    if not content.startswith(expected):
        return None
    with suppress(Exception):  # whatever it is that somebody put there
        return _Unpickler(io.BytesIO(content[len(expected) :])).load()
    return None


@cache
def _yaml_digest() -> bytes:
    """What tells the models of one version from those of another."""
    digest = blake2b(f"{_FORM} {transpile.__version__}".encode(), digest_size=20)
    for path in sorted(HERE.rglob("*.yml")):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)} ".encode() + content)
    return digest.digest()


@cache
def _digest() -> bytes:
    """`_yaml_digest` and the state of the modules that models are built by and consist of."""
    digest = blake2b(_yaml_digest() + sys.version.encode(), digest_size=20)
    for folder in (HERE, HERE.parent / "ir"):
        digest.update(repr(list(state_of(str(folder)))).encode())
    return digest.digest()


class _Pickler(pickle.Pickler):
    """Takes read-only maps too."""

    def reducer_override(self, obj: Any) -> Any:
        return (read_only, (dict(obj),)) if isinstance(obj, MappingProxyType) else NotImplemented


class _Unpickler(pickle.Unpickler):
    """Loads classes of this package, and nothing that could do harm."""

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if module.startswith("transpile.") and "." not in name else None
        if found is not read_only and not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} is part of no model")
        return found


def read_only(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    """A map that nobody changes."""
    return MappingProxyType(content)
