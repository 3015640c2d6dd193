"""Fewer of the files that a user names: without those of a glob, or those alone that changed since a commit."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from transpile.batch.find import STDIN, RuleFile
from transpile.record import record


class GitError(ValueError):
    """What changed cannot be found out; the message says why."""


@record
class Narrowed:
    """The files that are left, and the paths of those that only serve them, by what rules refer to."""

    files: list[RuleFile]
    beside: tuple[str, ...] = ()


def narrow(files: Sequence[RuleFile], exclude: Sequence[str] = (), changed_since: str | None = None) -> Narrowed:
    """The files without those of the globs, and of these the ones that changed. Raises `GitError`."""
    kept = without(files, exclude) if exclude else list(files)
    if changed_since is None:
        return Narrowed(kept)
    chosen = changed(kept, changed_since)
    taken = set(chosen)
    return Narrowed(chosen, tuple(file.path for file in kept if file not in taken))


def without(files: Iterable[RuleFile], globs: Sequence[str]) -> list[RuleFile]:
    """The files that no glob is for. A glob is for a path, the end of one, and for all below a folder.

    >>> files = [RuleFile("rules/old/a.yml", "old/a.yml"), RuleFile("rules/b.yml", "b.yml")]
    >>> [file.path for file in without(files, ["old"])]
    ['rules/b.yml']
    """
    return [file for file in files if not any(is_for(glob, file.path) for glob in globs)]


def is_for(glob: str, path: str) -> bool:
    """Whether a glob of `without` is for a path; `*` stands for slashes too."""
    path = path.replace("\\", "/").removeprefix("./")
    glob = glob.replace("\\", "/").removeprefix("./").rstrip("/")
    return any(fnmatchcase(path, one) for one in (glob, f"*/{glob}", f"{glob}/*", f"*/{glob}/*"))


def changed(files: Iterable[RuleFile], revision: str) -> list[RuleFile]:
    """The files that differ from a git revision, or that git does not know yet. Raises `GitError`."""
    if revision.startswith("-"):  # it would be an option of git's
        raise GitError(f"--changed-since {revision}: not a revision")
    roots: dict[Path, Path] = {}
    names: dict[Path, Collection[str]] = {}
    found = []
    for file in files:
        if file.path == STDIN or file.content is not None:
            found.append(file)
            continue
        place = Path(os.path.realpath(file.path))  # `resolve` raises for a link to itself
        folder = place.parent
        if folder not in roots:
            roots[folder] = Path(_git(folder, "rev-parse", "--show-toplevel").rstrip("\n")).resolve()
        root = roots[folder]
        if root not in names:
            names[root] = _changes(root, revision)
        if os.fsencode(place.relative_to(root).as_posix()).decode("utf-8", "replace") in names[root]:
            found.append(file)
    return found


def _changes(root: Path, revision: str) -> frozenset[str]:
    """The paths below a repository's root that are new or differ from a revision."""
    tracked = _git(root, "diff", "--name-only", "-z", "--no-renames", revision, "--")
    fresh = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return frozenset(name for name in (*tracked.split("\0"), *fresh.split("\0")) if name)


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=True)
    except FileNotFoundError:
        raise GitError("--changed-since needs git, which is not installed") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise GitError(f"--changed-since: {reason}") from None
    return done.stdout.decode("utf-8", "replace")
