"""The user's cache folder: what is kept in it between runs, and read only by the user who wrote it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

OFF = "TRANSPILE_NO_CACHE"  # an environment variable that does what --no-cache does
FOLDER = "TRANSPILE_CACHE"  # another one: the folder, in the place of the user's


def cache_folder() -> Path:
    """The folder, which nobody else may write to. Raises `OSError` for one that others may."""
    named = os.environ.get(FOLDER) or os.environ.get("XDG_CACHE_HOME", "")
    place = Path(named) if os.environ.get(FOLDER) else (Path(named) if named else Path.home() / ".cache") / "transpile"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid"):
        status = place.stat()
        if status.st_uid != os.getuid() or status.st_mode & 0o022:
            raise PermissionError(f"{place} belongs to others, or they may write to it")
    return place


def state_of(folder: str) -> Iterator[tuple[str, int, int]]:
    """What tells one state of a folder of programs from another: each file's name, size and time, in order."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            if entry.name == "__pycache__":
                continue
            if entry.is_dir():
                yield from state_of(entry.path)
            else:
                status = entry.stat()
                yield entry.name, status.st_size, status.st_mtime_ns
