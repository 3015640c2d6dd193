"""The output folder: files written atomically and only inside of it, a manifest, and the removal of what is gone.

The manifest (`manifest.json`) names every file that a deployment wrote, so that the next one can remove those whose
rule is gone, and no other. Nothing in it depends on the time or the machine: the same rules give the same bytes.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from transpile.batch.files import RESERVED, write_atomically
from transpile.batch.files import identity as place_of
from transpile.batch.find import MANIFEST as MANIFEST
from transpile.deploy.escape import to_json
from transpile.record import record


@record
class File:
    """A file to write: its path below the output folder (with `/`), and its text (UTF-8, `\\n`)."""

    path: str
    text: str


@record
class FileChange:
    """What a deployment would do to one file: `added`, `changed` or `removed`, with a unified diff."""

    kind: str
    path: str
    diff: str


class OutputError(ValueError):
    """A file cannot be written where it should go; the message says why."""


def slug(text: str, limit: int = 80) -> str:
    """A file name (without ending) made of any text: lower-case ASCII letters, digits and `_`; never empty.

    >>> slug("Net.exe: use / view?"), slug("../.."), slug("CON")
    ('net_exe_use_view', 'rule', 'con_')
    """
    name = re.sub(r"[^a-z0-9]+", "_", text.lower())[:limit].strip("_") or "rule"
    return f"{name}_" if name in RESERVED else name


def unique(wanted: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A file name for each (slug, identity): the slug, with the identity's first eight characters where it is taken.

    >>> list(unique([("a", "1234567890"), ("a", "abcdefghij"), ("b", "x")]))
    ['a', 'a_abcdefgh', 'b']
    """
    taken: set[str] = set()
    for name, identity in wanted:
        tail = slug(identity, 8)
        chosen, count = name, 1
        while chosen in taken:
            chosen = f"{name}_{tail}" if count == 1 else f"{name}_{tail}_{count}"
            count += 1
        taken.add(chosen)
        yield chosen


def compare(folder: Path, files: Iterable[File]) -> list[FileChange]:
    """What writing `files` to `folder` would change, by path; empty if the folder is just so."""
    wanted = {file.path: file.text for file in files}
    changes = []
    for path, text in wanted.items():
        there = _inside(folder, path)
        old = there.read_text(encoding="utf-8", errors="replace") if there.is_file() else None
        if old != text:
            changes.append(FileChange("added" if old is None else "changed", path, _diff(path, old or "", text)))
    for path in _listed(folder) - set(wanted):
        there = _inside(folder, path)
        if there.is_file():
            old = there.read_text(encoding="utf-8", errors="replace")
            changes.append(FileChange("removed", path, _diff(path, old, "")))
    return sorted(changes, key=lambda change: change.path)


def files_of(folder: Path) -> list[File]:
    """The files that an earlier deployment wrote to a folder."""
    found = []
    for path in sorted(_listed(folder)):
        there = _inside(folder, path)
        if there.is_file():
            found.append(File(path, there.read_text(encoding="utf-8", errors="replace")))
    return found


def changed_states(folder: Path, rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, bool]]:
    """Rules that the folder's manifest names and that would be switched on or off: id, title and new state."""
    there = {row["id"]: row for row in _rows(folder) if row.get("name")}
    found = []
    for row in rows:
        old = there.get(row["id"]) if row["name"] else None
        if old is not None and old.get("enabled") != row["enabled"]:
            found.append((str(row["id"]), str(row["title"]), bool(row["enabled"])))
    return found


def changed_rules(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What becomes of the rules of one manifest in another, without their files: kind, id and title.

    The kind is `added`, `removed`, `query` where the query is another one, or `changed`.
    """
    before, after = (
        {row["id"]: row for row in manifest.get("rules", ()) if row.get("name")} for manifest in (old, new)
    )
    found = [("added" if one in after else "removed", one) for one in before.keys() ^ after.keys()]
    for one in before.keys() & after.keys():
        if before[one].get("query") != after[one].get("query"):
            found.append(("query", one))
        elif _texts(old, before[one]) != _texts(new, after[one]):
            found.append(("changed", one))
    return [(kind, str(one), str((after.get(one) or before[one]).get("title"))) for kind, one in found]


def _texts(manifest: Mapping[str, Any], row: Mapping[str, Any]) -> list[Any]:
    """The hashes of a rule's source and of the file that bears its name, if one does."""
    files = manifest.get("files", {})
    return [row.get("source"), *(files[path] for path in sorted(files) if PurePosixPath(path).stem == row["name"])]


def read_manifest(path: Path) -> Mapping[str, Any]:
    """The manifest of a deployment; empty for a file that is none, or not there."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and {"rules", "needs", "files"} <= found.keys() else {}


def write(folder: Path, files: Iterable[File], inputs: Iterable[str] = ()) -> list[FileChange]:
    """Write `files` to `folder` and remove what an earlier deployment wrote and this one does not; what changed.

    A file that is already so is not touched. Raises `OutputError` for a path out of the folder, or one of the files
    `inputs`, which the run reads; and `OSError`.
    """
    files = list(files)
    changes = compare(folder, files)
    read = frozenset(map(place_of, inputs)) - {None}
    if over := next((change.path for change in changes if place_of(folder / change.path) in read), None):
        raise OutputError(f"{folder / over} is a file that this run reads; name another output folder")
    texts = {file.path: file.text for file in files}
    for change in changes:
        target = _inside(folder, change.path)
        if change.kind == "removed":
            target.unlink()
            _prune(target.parent, folder)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(target, texts[change.path].encode())
    return changes


def manifest(rows: Iterable[Mapping[str, Any]], files: Iterable[File], needs: Iterable[Mapping[str, Any]] = ()) -> File:
    """The manifest for rows (one a rule), the data that they need, and files (paths, and the hash of each text)."""
    content = {
        "rules": list(rows),
        "needs": list(needs),
        "files": {file.path: digest(file.text) for file in sorted(files, key=lambda file: file.path)},
    }
    return File(MANIFEST, to_json(content, indent=1) + "\n")


def digest(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _listed(folder: Path) -> set[str]:
    """The paths that the manifest in the folder names; none if there is no manifest that can be read."""
    try:
        return {path for path in _manifest(folder)["files"] if isinstance(path, str) and _is_safe(path)}
    except (KeyError, TypeError):
        return set()


def _rows(folder: Path) -> list[Mapping[str, Any]]:
    """The rules that the manifest in the folder names; none if there is no manifest that can be read."""
    try:
        return [row for row in _manifest(folder)["rules"] if isinstance(row, dict) and "id" in row]
    except (KeyError, TypeError):
        return []


def _manifest(folder: Path) -> Any:
    try:
        return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _is_safe(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and "\\" not in path and ".." not in parts and ":" not in path


def _inside(folder: Path, path: str) -> Path:
    """The place of `path` in `folder`; `OutputError` if it would lie outside, by name or by a link on the way."""
    target = folder / path
    if not _is_safe(path) or not target.resolve().is_relative_to(folder.resolve()):
        raise OutputError(f"{path!r} lies outside the output folder")
    return target


def _prune(folder: Path, top: Path) -> None:
    """Remove a folder that has become empty, and its parents up to `top`."""
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _diff(path: str, old: str, new: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), f"a/{path}", f"b/{path}", lineterm="")
    return "\n".join(lines)
