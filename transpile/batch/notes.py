"""What a run notes for the next one about files, in the user's cache folder: each file's status, and a digest.

A file whose status is as noted is taken to hold what it held: its size, times, and number in the file system. The time
of its last change is set by the system and not by programs, so that only a change in the moment of noting could be
missed. A file that was changed in that moment is therefore not noted.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import msgspec

from transpile.batch.files import write_atomically
from transpile.user_cache import OFF, cache_folder

Status = tuple[int, int, int, int]
Note = tuple[Status, bytes]

_MOST = 50  # files of notes; those that were not used for longest go first
_MOMENT = 100_000_000  # nanoseconds, more than any file system rounds its times by
_decode = msgspec.msgpack.Decoder(dict[str, Note]).decode


def status_of(found: os.stat_result) -> Status:
    """What tells one state of a file from another."""
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def digest_of(content: bytes) -> bytes:
    """A digest of what a file holds."""
    return blake2b(content, digest_size=16).digest()


class Notes:
    """The notes under one name. Notes that cannot be read or written are as good as none."""

    def __init__(self, name: str) -> None:
        self._path: Path | None = None
        self._old: dict[str, Note] = {}
        self._new: dict[str, Note] = {}
        self._is_changed = False
        self._began = time.time_ns()
        if os.environ.get(OFF):
            return
        with suppress(OSError, msgspec.MsgspecError):
            folder = cache_folder() / "notes"
            folder.mkdir(mode=0o700, exist_ok=True)
            self._path = folder / blake2b(os.fsencode(name), digest_size=16).hexdigest()
            self._old = _decode(self._path.read_bytes())
            os.utime(self._path)

    def is_as_noted(self, path: str, status: Status, digest: bytes) -> bool:
        """Whether a file of this status holds what has this digest; the note is kept."""
        note = self._old.get(path)
        if note is None or note[0] != status or note[1] != digest:
            return False
        self._new[path] = note
        return True

    def note(self, path: str, digest: bytes) -> None:
        """Note what a file holds, as this run has just seen or written it."""
        with suppress(OSError):
            status = status_of(os.lstat(path))
            if time.time_ns() - max(status[1], status[2]) > _MOMENT:
                self._new[path] = status, digest
                self._is_changed = True

    def close(self) -> None:
        """Write the notes on all files that this run came across."""
        if self._path is None or not (self._is_changed or len(self._new) != len(self._old)):
            return
        with suppress(OSError):
            write_atomically(self._path, msgspec.msgpack.encode(self._new))
            rest = sorted(self._path.parent.iterdir(), key=lambda one: one.stat().st_mtime_ns, reverse=True)[_MOST:]
            for one in rest:
                one.unlink(missing_ok=True)
