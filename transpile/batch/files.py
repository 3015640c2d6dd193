"""Files that are safe to write: names that every file system takes, and contents that appear whole."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path

# Names that Windows keeps for devices, whatever their ending.
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})

_UNSAFE = re.compile(r'[<>:"|?*\\/\x00-\x1f\x7f]')
_TEMPORARY = re.compile(r"\.(.+)\.([0-9]+)")
_LONGEST = 180  # bytes of a name; most file systems take 255, and the ending and a number come on top


def safe_name(name: str) -> str:
    """A name that every file system takes as one, for what was in a path; never empty, `.` or `..`.

    >>> safe_name("a<b>?.x"), safe_name(".."), safe_name("con.txt"), safe_name("ok")
    ('a_b__.x', '_', 'con_.txt', 'ok')
    """
    name = _UNSAFE.sub("_", name).rstrip(". ") or "_"
    head, dot, rest = name.partition(".")
    if head.strip().lower() in RESERVED:
        name = f"{head}_{dot}{rest}"
    raw = os.fsencode(name)
    return name if len(raw) <= _LONGEST else raw[:_LONGEST].decode("utf-8", "ignore").rstrip(". ")


def identity(path: str | Path) -> tuple[int, int] | None:
    """What tells a file from others whatever names lead to it; None for one that is not there."""
    try:
        status = os.stat(path)  # noqa: PTH116 (of thousands of files)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def write_atomically(target: Path, content: bytes) -> bool:
    """Put a file in its place in one step, so that no reader ever sees half of it; untouched if it is just so.

    Whether it was written. A link in its place is replaced, not followed. Raises `OSError`.
    """
    if _holds(str(target), content):
        return False
    write_new(str(target), content)
    return True


def _holds(target: str, content: bytes) -> bool:
    """Whether a file, and no link, holds just this."""
    with suppress(OSError):
        status = os.lstat(target)
        if stat.S_ISREG(status.st_mode) and status.st_size == len(content):
            with open(target, "rb", buffering=0) as stream:  # noqa: PTH123
                return stream.read() == content
    return False


def write_new(target: str, content: bytes) -> None:
    """`write_atomically` where nothing is known to be in the file's place; what is there all the same is replaced."""
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}")  # noqa: PTH118 (thousands of files are written so)
    try:
        _write(temporary, target, content)
    except OSError as error:  # the user knows no temporary file
        raise OSError(error.errno, error.strerror, target) from None


def remove_left_over(path: str, endings: tuple[str, ...]) -> bool:
    """Remove what `write_new` left, where its process was killed, of a file with one of these endings; whether it was.

    Its name is that of the file between a dot and the number of the process, which is not running any more.
    """
    found = _TEMPORARY.fullmatch(os.path.basename(path))  # noqa: PTH119 (as `write_new`)
    if found is None or not found[1].endswith(endings) or _is_running(int(found[2])):
        return False
    with suppress(OSError):
        Path(path).unlink()
        return True
    return False


def _is_running(process: int) -> bool:
    if os.name == "nt":  # there signal 0 is Ctrl-C
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's, or no number of a process
        return True
    return True


def _write(temporary: str, target: str, content: bytes) -> None:
    """Write a file under a name of its own, and give it its name. Raises `OSError`."""
    try:
        try:
            stream = open(temporary, "xb", buffering=0)  # noqa: PTH123, SIM115
        except FileExistsError:  # left by a process of this number that was killed
            Path(temporary).unlink(missing_ok=True)
            stream = open(temporary, "xb", buffering=0)  # noqa: PTH123, SIM115
        with stream:
            rest = memoryview(content)
            while rest:
                rest = rest[stream.write(rest) :]
        os.replace(temporary, target)  # noqa: PTH105
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        raise
