"""Rules that an earlier run deployed and this one cannot: what is deployed of them stays, until the user drops it.

A rule that is refused or cannot be read is still wanted: removing its detection would silence it without a word. Its
file is left as it is; of a file that holds several rules its part is carried over, where the platform says what a part
is (`Platform.parts`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath, PurePosixPath
from typing import Any

from transpile.conversion import Status
from transpile.deploy.base import Platform
from transpile.deploy.output import MANIFEST, File, manifest
from transpile.deploy.plan import Deployment, DeployOutcome, needs_of_outcomes
from transpile.diagnostics import Severity
from transpile.pipelines.needs import rows
from transpile.record import record, replace

_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


@record
class Held:
    """A rule that is deployed and is refused or unreadable now: its row in the earlier manifest, and the outcome."""

    row: Mapping[str, Any]
    outcome: DeployOutcome

    @property
    def id(self) -> str:
        """The id that the rule is deployed with."""
        return str(self.row["id"])

    @property
    def title(self) -> str:
        """The title that the rule is deployed with."""
        return str(self.row.get("title"))

    @property
    def reason(self) -> str:
        """Why the rule is not deployed anew: the codes, and the first message."""
        why = [one for one in self.outcome.diagnostics if one.severity is Severity.ERROR]
        codes = ", ".join(dict.fromkeys(one.code for one in why))
        word = "cannot be read" if self.outcome.status == Status.ERROR.value else "refused"
        return f"{word} ({codes}): {why[0].message}" if why else word


def held(outcomes: Iterable[DeployOutcome], old: Mapping[str, Any]) -> list[Held]:
    """The rules that the manifest `old` names as deployed and that are among `outcomes`, but not deployed any more.

    A rule is the one of the same id, else of the same path and title. A file that cannot be read tells neither, and
    stands for every rule that came from a file of its name.
    """
    outcomes = list(outcomes)
    deployed = {one.item.id for one in outcomes if one.item}
    failed = [one for one in outcomes if one.item is None and not one.is_base]
    by_id = {one.conversion.id.lower(): one for one in failed if one.conversion.id}
    by_place = {(one.conversion.path, one.conversion.title): one for one in failed if one.conversion.title}
    by_name = {PurePath(one.conversion.path).name: one for one in failed if not one.conversion.title}
    found = []
    for row in old.get("rules", ()):
        if not row.get("name") or row["id"] in deployed:
            continue
        path = str(row.get("path"))
        failure = (
            by_id.get(str(row["id"])) or by_place.get((path, row.get("title"))) or by_name.get(PurePath(path).name)
        )
        if failure is not None:
            found.append(Held(row, failure))
    return found


def keep(
    deployment: Deployment, platform: Platform, there: Sequence[File], old: Mapping[str, Any], wanted: Sequence[Held]
) -> tuple[Deployment, list[Held]]:
    """The deployment with what the files `there` hold of the rules in `wanted`, and the rules where that cannot be.

    `there` are the files of the earlier deployment, and `old` is its manifest.
    """
    if not wanted:
        return deployment, []
    new = {file.path: file.text for file in deployment.files if file.path != MANIFEST}
    owners = _Owners(old)
    asked = {one.id for one in wanted}
    found: set[str] = set()
    lost: set[str] = set()
    loose = {}  # files of an earlier run that belong to no rule: macros
    texts = dict(new)
    for file in there:
        names = owners.of_file(file)
        pattern = platform.parts.get(PurePosixPath(file.path).name)
        if file.path not in new:
            if not names:
                loose[file.path] = file.text
            elif names <= asked:
                texts[file.path] = file.text
                found |= names
            else:
                lost |= names & asked
        elif pattern is not None:
            texts[file.path], kept = _merged(new[file.path], file.text, pattern, owners, asked)
            found |= kept
        elif file.text != new[file.path]:
            lost |= names & asked
    texts |= _called(loose, [text for path, text in texts.items() if path not in new])
    missing = [one for one in wanted if one.id not in found - lost]
    files = [File(path, text) for path, text in texts.items()]
    listed = manifest(_rows(deployment, wanted), files, rows(needs_of_outcomes(deployment.outcomes)))
    return replace(deployment, files=(*files, listed)), missing


class _Owners:
    """Which rules of an earlier manifest a file, or a part of one, belongs to: by its name, or by the ids in it."""

    def __init__(self, old: Mapping[str, Any]) -> None:
        deployed = [row for row in old.get("rules", ()) if row.get("name")]
        self._by_name = {str(row["name"]): str(row["id"]) for row in deployed}
        self._ids = set(self._by_name.values())

    def of_file(self, file: File) -> set[str]:
        return self._named(PurePosixPath(file.path).stem) or self.of_part(file.text)

    def of_part(self, text: str) -> set[str]:
        return self._named(text.partition(":")[0]) | (set(_UUID.findall(text)) & self._ids)

    def _named(self, name: str) -> set[str]:
        """The rule of a name, which may say that it is a rule where the platform takes no such name."""
        for one in (name, name.removesuffix("_rule"), name.removeprefix("rule_")):
            if one in self._by_name:
                return {self._by_name[one]}
        return set()


def _merged(new: str, old: str, pattern: str, owners: _Owners, asked: set[str]) -> tuple[str, set[str]]:
    """The text `new` with the parts of `old` of the rules `asked`, and which of these have one.

    Parts of no rule, such as macros, stay too. A part whose first line is in `new` is not carried over.
    """
    heads = {part.partition("\n")[0] for part in re.findall(pattern, new)}
    found: set[str] = set()
    for part in re.findall(pattern, old):
        names = owners.of_part(part)
        if part.partition("\n")[0] not in heads and names <= asked:
            new += part if not new or new.endswith("\n") else f"\n{part}"
            found |= names
    return new, found


def _called(loose: Mapping[str, str], texts: Iterable[str]) -> dict[str, str]:
    """The files of `loose` that the texts call by their names, and those that these call in turn."""
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    called = {path: text for path, text in loose.items() if PurePosixPath(path).stem in words}
    rest = {path: text for path, text in loose.items() if path not in called}
    return called | _called(rest, called.values()) if called else called


def _rows(deployment: Deployment, wanted: Iterable[Held]) -> Iterator[dict[str, Any]]:
    """The manifest's rows; those of rules that are kept say what is deployed, and why it is not what the rule says."""
    by_outcome: dict[int, list[Held]] = {}
    for one in wanted:
        by_outcome.setdefault(id(one.outcome), []).append(one)
    for outcome in deployment.outcomes:
        row = outcome.to_dict()
        for one in by_outcome.get(id(outcome), ()):
            now = {key: row[key] for key in ("path", "source", "status", "diagnostics")}
            yield {**one.row, **now, "kept": True}
        if id(outcome) not in by_outcome:
            yield row
