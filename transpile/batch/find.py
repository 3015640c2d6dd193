"""From what a user names on the command line to rule files, and from a file to text."""

from __future__ import annotations

import glob
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from transpile.codes import failures
from transpile.diagnostics import Diagnostic, diagnose
from transpile.dialects.sigma import codes
from transpile.source import Source

STDIN = "-"
ENDINGS = (".yml", ".yaml")
SIDE_FILE = ".tests.yml"  # expectations of the rules beside it, no rules themselves


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file to read: its path as the user knows it, and where it lies below the folder that was named.

    `relative` has `/` between its parts; it is the place of the file's queries in an output folder. `content` is what
    standard input held: only the process that was started with it can read it.
    """

    path: str
    relative: str
    content: bytes | None = None


def find(paths: Iterable[str]) -> list[RuleFile]:
    """The rule files that `paths` name: files, folders (all `*.yml` and `*.yaml` in them), globs, and `-`.

    In the order of `paths`, sorted by name within a folder, each file once. Hidden files and folders, and links to
    folders, are passed over within a folder; a folder below it that cannot be opened is named in the place of its
    files. Raises `OSError` for what is not there, and for a named folder that cannot be opened.
    """
    found: dict[str, RuleFile] = {}
    for path in paths:
        for file in _expand(path):
            found.setdefault(os.path.normpath(file.path), file)
    return list(found.values())


def _expand(path: str) -> Iterator[RuleFile]:
    if path == STDIN:
        yield RuleFile("<stdin>", "stdin", sys.stdin.buffer.read())
    elif Path(path).is_dir():
        yield from _walk(path, "")
    elif Path(path).exists():
        yield RuleFile(path, Path(path).name)
    elif glob.has_magic(path) and (matches := sorted(glob.glob(path, recursive=True))):  # noqa: PTH207 (absolute ones)
        for match in matches:
            if not match.lower().endswith(SIDE_FILE):
                yield from _expand(match)
    else:
        raise FileNotFoundError(f"no such file or folder: {path}")


def _walk(folder: str, prefix: str) -> Iterator[RuleFile]:
    """The rule files in a folder, depth first, sorted by name."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                try:
                    below = list(_walk(entry.path, f"{prefix}{entry.name}/"))
                except OSError:  # reading it as a file says why
                    below = [RuleFile(entry.path, prefix + entry.name)]
                yield from below
            elif _is_rule_file(entry.name) and not Path(entry.path).is_dir():
                yield RuleFile(entry.path, prefix + entry.name)


def _is_rule_file(name: str) -> bool:
    return name.lower().endswith(ENDINGS) and not name.lower().endswith(SIDE_FILE)


def read_source(file: RuleFile) -> Source | Diagnostic:
    """The text of a rule file, or what keeps it from being read."""
    from transpile.dialects.sigma.load import LARGEST

    try:
        if file.content is not None:
            return Source(decode(file.content), file.path)
        place = Path(file.path)
        status = place.stat()
        if stat.S_ISDIR(status.st_mode):
            with os.scandir(place):  # raises if that is what is wrong
                return diagnose(failures.IO002, reason="it is a folder")
        if not stat.S_ISREG(status.st_mode):
            return diagnose(failures.IO002, reason="it is not a regular file")
        if status.st_size > LARGEST:  # the reader says so too, but only once the text is in memory
            return diagnose(codes.SIG002, size=status.st_size // 1_000_000, limit=LARGEST // 1_000_000)
        return Source(decode(place.read_bytes()), file.path)
    except OSError as error:
        return diagnose(failures.IO002, reason=error.strerror or str(error))
    except ValueError as error:
        return diagnose(failures.IO003, reason=str(error))


def decode(raw: bytes) -> str:
    """Bytes of a file as text: UTF-8, or UTF-16 after its byte order mark. Raises `ValueError` for anything else.

    >>> decode(b"\\xef\\xbb\\xbfa"), decode("a".encode("utf-16"))
    ('a', 'a')
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    if b"\0" in raw:
        raise ValueError(f"a NUL byte at offset {raw.index(0)}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte 0x{raw[error.start]:02x} at offset {error.start} is not UTF-8") from None
