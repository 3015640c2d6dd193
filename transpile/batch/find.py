"""From what a user names on the command line to rule files, and from a file to text."""

from __future__ import annotations

import glob
import json
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from transpile.codes import failures
from transpile.diagnostics import Diagnostic, diagnose
from transpile.record import record
from transpile.source import Source

STDIN = "-"
ENDINGS = (".yml", ".yaml")
MANIFEST = "manifest.json"  # in the output folder of a deployment: the files that it wrote there
SIDE_FILE = ".tests.yml"  # expectations of the rules beside it, no rules themselves

LARGEST = 10_000_000  # bytes of a file
_MOST_LOOKED_AT = 2_000_000  # bytes
_MARKS = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16

# What a Sigma file has at the start of a line; in flow style, or broken, at least one of the words. A title counts
# unless the other keys are those of something else, such as a schema.
_SIGMA_KEY = re.compile(rb"""^["']?(?:logsource|detection|correlation|filter|action)["']?\s*:""", re.MULTILINE)
_SIGMA_WORD = re.compile(rb"\b(?:logsource|detection|correlation)\b|^\s*[\[{]|^\s*$")
_KEY = re.compile(rb"""^["']?(\w+)["']?\s*:""", re.MULTILINE)
_METADATA = {b"author", b"falsepositives", b"id", b"level", b"references", b"status", b"tags"}
_MACRO = re.compile(rb"(?:arguments|definition)\s*:")  # how a macro of Splunk's own content begins


@record
class RuleFile:
    """A file to read: its path as the user knows it, and where it lies below the folder that was named.

    `relative` has `/` between its parts; it is the place of the file's queries in an output folder. `content` is what
    standard input held: only the process that was started with it can read it.
    """

    path: str
    relative: str
    content: bytes | None = None


@record
class Chosen:
    """The rule files that paths name, and the paths of YAML files in their folders that hold something else."""

    files: tuple[RuleFile, ...]
    skipped: tuple[str, ...] = ()


def find(paths: Iterable[str]) -> list[RuleFile]:
    """The rule files that `paths` name, as `choose` finds them."""
    return list(choose(paths).files)


def choose(paths: Iterable[str]) -> Chosen:
    """The rule files that `paths` name: files, folders (all files in them that hold rules), globs, and `-`.

    In the order of `paths`, sorted by name within a folder, each file once. Hidden files and folders, and links to
    folders, are skipped within a folder; a folder below it that cannot be opened is named in the place of its files.
    Within a folder, files of a known extension that hold no rules (compose files, workflows, expectations of tests)
    are skipped and named, and so is what deployments wrote to folders below it. Expectations are no rules however they
    are named. Raises `OSError` for what is not
    there, and for a named folder that cannot be opened.
    """
    found: dict[str, RuleFile] = {}
    skipped: dict[str, None] = {}
    for path in paths:
        for file in _expand(path, skipped):
            found.setdefault(os.path.normpath(file.path), file)
    return Chosen(tuple(found.values()), tuple(skipped))


def _expand(path: str, skipped: dict[str, None]) -> Iterator[RuleFile]:
    if path == STDIN:
        yield RuleFile("<stdin>", "stdin", sys.stdin.buffer.read())
    elif Path(path).is_dir():
        yield from _walk(path, "", skipped)
    elif path.lower().endswith(SIDE_FILE) and Path(path).exists():
        skipped[path] = None
    elif Path(path).exists():
        yield RuleFile(path, Path(path).name)
    elif glob.has_magic(path) and (matches := sorted(glob.glob(path, recursive=True))):  # noqa: PTH207 (absolute ones)
        for match in matches:
            if not match.lower().endswith(SIDE_FILE):
                yield from _expand(match, skipped)
    else:
        raise FileNotFoundError(f"no such file or folder: {path}")


def deployed(folder: str) -> frozenset[str]:
    """The files that a deployment wrote to a folder, by the manifest there; none without one."""
    try:
        manifest = json.loads(_content(os.path.join(folder, MANIFEST)))  # noqa: PTH118 (as `entry.path`)
        if {"rules", "needs", "files"} <= set(manifest):
            return frozenset(os.path.join(folder, *name.split("/")) for name in manifest["files"])  # noqa: PTH118
    except (OSError, ValueError, TypeError, AttributeError):
        pass
    return frozenset()


def without(files: Iterable[RuleFile], places: Iterable[str]) -> list[RuleFile]:
    """The files but those at some places, whatever names lead there."""
    folders: dict[str, str] = {}

    def resolved(path: str) -> str:
        """`os.path.realpath` for thousands of files of few folders."""
        if os.path.islink(path):  # noqa: PTH114
            return os.path.realpath(path)
        above, name = os.path.split(path)
        if name in ("", ".", ".."):
            return os.path.realpath(path)
        if above not in folders:
            folders[above] = os.path.realpath(above)
        return os.path.join(folders[above], name)  # noqa: PTH118

    ours = set(map(resolved, places))
    return [one for one in files if not ours or one.content is not None or resolved(one.path) not in ours]


def _walk(folder: str, prefix: str, skipped: dict[str, None], ours: frozenset[str] = frozenset()) -> Iterator[RuleFile]:
    """The rule files in a folder, depth first, sorted by name; what holds no rules goes to `skipped`.

    `ours`: files that deployments wrote.
    """
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
        if prefix and any(entry.name == MANIFEST for entry in listed):
            ours |= deployed(folder)
        for entry in listed:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                try:
                    below = list(_walk(entry.path, f"{prefix}{entry.name}/", skipped, ours))
                except OSError:  # reading it as a file says why
                    below = [RuleFile(entry.path, prefix + entry.name)]
                yield from below
            elif entry.name.lower().endswith(_looked_at()) and not Path(entry.path).is_dir():
                if entry.path not in ours and _holds_rules(entry):
                    yield RuleFile(entry.path, prefix + entry.name)
                else:
                    skipped[entry.path] = None


def _holds_rules(entry: os.DirEntry[str]) -> bool:
    """Whether a YAML file may hold rules. What cannot be opened or is very large may: reading it says what is wrong."""
    if entry.name.lower().endswith(SIDE_FILE):
        return False
    try:
        if not entry.is_file() or entry.stat().st_size > _MOST_LOOKED_AT:
            return True
        raw = _content(entry.path)
    except OSError:
        return True
    if entry.name.lower().endswith(ENDINGS):
        if b"\0" in raw[:1000]:  # UTF-16, or no text at all
            return True
        if _SIGMA_KEY.search(raw) or _is_titled(set(_KEY.findall(raw))):
            return True
        if _SIGMA_WORD.search(raw) and not _MACRO.match(raw):
            return True
    from transpile import formats

    try:
        return formats.recognise(Source(decode(raw), entry.path)) is not None
    except ValueError:
        return False


def _is_titled(keys: set[bytes]) -> bool:
    """Whether a rule may have these keys, which neither describe a log source nor what to look for."""
    return b"title" in keys and (len(keys) < 3 or not keys.isdisjoint(_METADATA))


@cache
def _looked_at() -> tuple[str, ...]:
    """The extensions of files that are looked at within a folder; pages and texts must be named themselves."""
    from transpile import formats

    return tuple(one for one in formats.extensions() if one not in (".md", ".txt"))


def read_source(file: RuleFile) -> Source | Diagnostic:
    """The text of a rule file, or what keeps it from being read."""
    try:
        if file.content is not None:
            return _too_large(len(file.content)) or Source(decode(file.content), file.path)
        status = os.stat(file.path)  # noqa: PTH116 (of thousands of files)
        if stat.S_ISDIR(status.st_mode):
            with os.scandir(file.path):  # raises if that is what is wrong
                return diagnose(failures.IO002, reason="it is a folder")
        if not stat.S_ISREG(status.st_mode):
            return diagnose(failures.IO002, reason="it is not a regular file")
        return _too_large(status.st_size) or Source(decode(_content(file.path)), file.path)
    except OSError as error:
        return diagnose(failures.IO002, reason=error.strerror or str(error))
    except ValueError as error:
        return diagnose(failures.IO003, reason=str(error))


def _too_large(size: int) -> Diagnostic | None:
    """What to say of a file of more bytes than are read."""
    if size <= LARGEST:
        return None
    return diagnose(failures.IO007, size=size, limit=LARGEST)


def _content(path: str) -> bytes:
    """What a file holds. Raises `OSError`."""
    with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 (as `Path.read_bytes`, in half the time)
        return stream.read()


def decode(raw: bytes) -> str:
    """Bytes of a file as text: UTF-8, or UTF-16 after its byte order mark. Raises `ValueError` for anything else.

    >>> decode(b"\\xef\\xbb\\xbfa"), decode("a".encode("utf-16"))
    ('a', 'a')
    """
    if raw in _MARKS:
        raise ValueError("nothing follows the byte order mark of UTF-16")
    if raw.startswith(_MARKS):
        return raw.decode("utf-16")
    if b"\0" in raw:
        raise ValueError(f"a NUL byte at offset {raw.index(0)}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte 0x{raw[error.start]:02x} at offset {error.start} is not UTF-8") from None
