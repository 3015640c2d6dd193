"""Mending what can be mended safely: edits of the text, each proved by reading the result.

A fix is kept only if every rule of the file still detects the same (the form of its condition and its log source are
equal), and says the same of itself but for the keys that the fix is about. Comments, order and layout stay as they are.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from transpile.batch import TIMEOUT, RuleFile, map_files
from transpile.diagnostics import Diagnostic
from transpile.dialects.sigma.tree import plain_data
from transpile.ir.meaning import MeaningForm, form
from transpile.ir.rule import Rule
from transpile.ir.stream import LogSource
from transpile.ir.walk import all_events
from transpile.lint.document import Edit, LintDocument, documents
from transpile.lint.metadata import OPTIONAL_KEYS
from transpile.lint.run import LintFinding, is_sigma, lint_source
from transpile.lint.settings import DEFAULTS, LintSettings
from transpile.record import record
from transpile.source import Source

_ROUNDS = 5  # what one fix uncovers the next mends; two rounds are the most that any rule needed
_BOM = b"\xef\xbb\xbf"

# The keys of a rule that a fix may change. What is not here may change the detection's spelling only.
CHANGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "LNT002": ("id",),
        "LNT012": ("title",),
        "LNT014": ("title",),
        "LNT017": ("modified",),
        "LNT024": ("references",),
        "LNT025": ("fields",),
        "LNT030": ("falsepositives",),
        "LNT035": OPTIONAL_KEYS,
        "LNT036": ("falsepositives",),
        "LNT038": ("date", "modified"),
        "LNT050": ("tags",),
        "LNT054": ("tags",),
        "LNT057": ("tags",),
        "LNT064": ("tags",),
        "LNT066": ("tags",),
        "LNT213": ("level", "status"),
        "SIG071": ("references", "tags", "falsepositives", "fields"),
        "SIG072": ("level", "status"),
        "SIG084": ("logsource",),
    }
)
_DETECTION = ("LNT101", "LNT104", "LNT105", "LNT109", "LNT115", "LNT140", "LNT143")
FIXED = frozenset((*CHANGES, *_DETECTION, "SIG057", "SIG077", "SIG080", "SIG081", "SIG083"))


@record
class FixedText:
    """A text after mending, and the findings that were mended."""

    path: str
    text: str
    mended: tuple[LintFinding, ...] = ()


def fix_text(text: str, path: str = "<text>", settings: LintSettings = DEFAULTS) -> FixedText:
    """A text with everything mended that can be mended safely.

    >>> fix_text("title: A.\\ndetection: {}\\n").text
    'title: A\\ndetection: {}\\n'
    """
    mended: list[LintFinding] = []
    for _ in range(_ROUNDS):
        source = Source(text, path)
        findings = [one for one in lint_source(source, settings).findings if one.edits]
        kept = _provable(source, findings)
        if not kept:
            break
        mended += kept
        text = apply(text, [edit for one in kept for edit in one.edits])
    return FixedText(path, text, tuple(mended))


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits that do not overlap."""
    for edit in sorted(set(edits), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def is_safe(source: Source, edits: Sequence[Edit], code: str) -> bool:
    """Whether the edits that mend a finding of this code are proved to change nothing else."""
    return _proves(source, edits, {code})


def _apart(findings: Sequence[LintFinding]) -> list[LintFinding]:
    """Those findings whose edits do not touch those of an earlier one."""
    taken: list[Edit] = []
    kept: list[LintFinding] = []
    for one in findings:
        if not any(edit.start < other.end and other.start < edit.end for edit in one.edits for other in taken):
            taken += one.edits
            kept.append(one)
    return kept


def _provable(source: Source, findings: Sequence[LintFinding]) -> list[LintFinding]:
    """The findings whose edits can be made together, and are proved to change nothing else."""
    kept = _apart(findings)
    if not kept or _proved(source, kept):
        return kept
    proved: list[LintFinding] = []
    for one in kept:  # one of them is not safe here
        if _proved(source, [*proved, one]):
            proved.append(one)
    return proved


def _proved(source: Source, findings: Sequence[LintFinding]) -> bool:
    """Whether a text, edited, still says the same but for what the findings are about."""
    edits = [edit for one in findings for edit in one.edits]
    return _proves(source, edits, {one.diagnostic.code for one in findings})


def _proves(source: Source, edits: Sequence[Edit], codes: set[str]) -> bool:
    text = apply(source.text, edits)
    before, lost_before = documents(source)
    after, lost_after = documents(Source(text, source.path))
    if len(before) != len(after) or len(lost_before) != len(lost_after):
        return False
    return all(_same(one, other, codes) for one, other in zip(before, after, strict=True))


def _same(before: LintDocument, after: LintDocument, codes: set[str]) -> bool:
    changed = {key for code in codes for key in CHANGES.get(code, ())}
    old, new = _rest(before, changed), _rest(after, changed)
    if "SIG077" in codes:  # keys were renamed: the values must be the same, whatever they are called
        old, new = _renamed(old, new)
    one, other = before.reading.rule, after.reading.rule
    if one is None:  # it becomes one by the right name of a key only
        return ("SIG077" in codes or other is None) and old == new
    if other is None or _forms(one) != _forms(other):
        return False
    if "logsource" not in changed and _logsources(one) != _logsources(other):
        return False
    for data in (old, new):
        detection = data.pop("detection", None)
        if isinstance(detection, dict) and not one.is_single:  # what is counted stays as it is written
            data["condition"] = {key: detection.get(key) for key in ("condition", "timeframe")}
    return old == new


def _forms(rule: Rule) -> list[MeaningForm]:
    """What a rule asks of single events; what it asks of them together is in its plain data."""
    return [form(events.condition) for events in all_events(rule.body)]


def _logsources(rule: Rule) -> list[LogSource]:
    return [events.logsource for events in all_events(rule.body)]


def _rest(doc: LintDocument, changed: set[str]) -> dict[str, Any]:
    return {key: plain_data(value) for key, value in doc.values.items() if key not in changed}


def _renamed(old: dict[str, Any], new: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both without the keys that one has and the other has not, if their values are the same in order."""
    gone = [key for key in old if key not in new]
    come = [key for key in new if key not in old]
    if [old[key] for key in gone] == [new[key] for key in come]:
        return {k: v for k, v in old.items() if k in new}, {k: v for k, v in new.items() if k in old}
    return old, new


def fix_files(
    files: Sequence[RuleFile], settings: LintSettings = DEFAULTS, *, jobs: int | None = None, timeout: float = TIMEOUT
) -> list[FixedText]:
    """Mend files in place; those that changed, with what was mended. Raises `OSError` if one cannot be written.

    Standard input and what is not UTF-8 is left alone.
    """
    done: list[FixedText] = []
    on_disk = [file for file in files if file.content is None]
    for file, fixed in map_files(partial(_fix, settings), _lost, on_disk, jobs=jobs, timeout=timeout):
        if fixed.mended and _write(Path(file.path), fixed.text):
            done.append(fixed)
    return done


def _fix(settings: LintSettings, source: Source) -> FixedText:
    return fix_text(source.text, source.path, settings) if is_sigma(source) else FixedText(source.path, source.text)


def _lost(path: str, reason: Diagnostic) -> FixedText:
    return FixedText(path, "")


def _write(path: Path, text: str) -> bool:
    """Replace a file's text at once, so that a broken run leaves the old or the new one; False if it is not UTF-8."""
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    content = (_BOM if raw.startswith(_BOM) else b"") + text.encode("utf-8")
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(target.stat().st_mode & 0o7777)
        Path(name).replace(target)
    except OSError:
        with suppress(OSError):
            Path(name).unlink()
        raise
    return True
