"""What `migrate` did: `report.json`, `report.csv` and `report.html` as texts, and the summary on a terminal.

The three files depend on the rules alone, not on the time or the machine.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.console import Console

from transpile import dialects
from transpile.catalog.tables import csv_cell
from transpile.codes import Code, Direction, Effect
from transpile.conversion import Status
from transpile.deploy.escape import clean, to_json
from transpile.deploy.migration import Migrated, Migration
from transpile.deploy.output import File
from transpile.deploy.plan import PLATFORMS, platform
from transpile.deploy.templates import builtin_folder
from transpile.diagnostics import Diagnostic, Severity, one_line, shown
from transpile.record import record
from transpile.report.codes import general_hint, meaning
from transpile.report.page import allowed
from transpile.report.terminal import status_text, table

COLUMNS = ("verdict", "title", "id", "language", "source", "output", "codes", "messages")


@record
class Cause:
    """Why rules are not exact: a code with its direction, how many rules have it, and what to do about it."""

    code: str
    count: int
    meaning: str
    example: str  # the message that most rules have
    next: str

    def to_dict(self) -> dict[str, Any]:
        """The reason as JSON-ready values."""
        return {
            "code": self.code,
            "rules": self.count,
            "meaning": self.meaning,
            "example": self.example,
            "next": self.next,
        }


def report_files(migration: Migration) -> list[File]:
    """The three reports."""
    rows = [rule.to_dict() for rule in migration.rules]
    return [
        File("report.json", to_json(rows, indent=1) + "\n"),
        File("report.csv", _csv(migration.rules)),
        File("report.html", _html(migration)),
    ]


def verdicts(migration: Migration) -> dict[str, int]:
    """How many rules came out in each way."""
    counts = Counter(rule.verdict for rule in migration.rules)
    return {status.value: counts[status] for status in Status}


def reasons(migration: Migration) -> list[Cause]:
    """The reasons for what is not exact, the most common first; each rule counts once for a code."""
    counts: Counter[tuple[Code, Direction]] = Counter()
    messages: dict[tuple[Code, Direction], Counter[str]] = {}
    for rule in migration.rules:
        if rule.verdict is not Status.EXACT:
            found = list(causes(rule))
            counts.update({(one.kind, one.direction) for one in found})
            for one in dict.fromkeys(found):
                messages.setdefault((one.kind, one.direction), Counter())[one_line(clean(one.message))] += 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], shown(*item[0])))
    return [
        Cause(shown(*key), count, meaning(*key), messages[key].most_common(1)[0][0], next_step(key[0]))
        for key, count in ordered
    ]


def causes(rule: Migrated) -> Iterator[Diagnostic]:
    """The findings that keep a rule from being exact."""
    return (one for one in rule.diagnostics if one.severity is not Severity.NOTE)


# What to do about the codes that migrations meet most, where the code's own hint is not about many rules.
_NEXT: Mapping[str, str] = MappingProxyType(
    {
        "MAP001": "add the log source to a data model of your own (docs/pipelines.md) and name it with --model",
        "MAP002": "add the field to a data model of your own (docs/pipelines.md) and name it with --model, or keep the "
        "name with --unmapped keep",
        "MAP014": "add the condition to the rule if it is meant, or take the narrower query with --allow-approximate",
    }
)


def next_step(code: Code) -> str:
    """What to do about a code: its own hint, or what its effect allows."""
    if code.id in _NEXT:
        return _NEXT[code.id]
    if hint := general_hint(code):
        return hint
    match code.effect:
        case Effect.APPROXIMATE:
            return (
                "review what the query adds or misses, then take it with --allow-approximate, or rewrite the condition"
            )
        case Effect.REFUSED:
            return f"rewrite this part by hand; `transpile codes {code.id}` says why it has no equivalent"
        case Effect.UNREADABLE:
            return "mend the rule where the message says; `transpile check` shows the line"
        case _:
            return f"`transpile codes {code.id}` explains it"


def summary_object(migration: Migration, changes: Counter[str]) -> dict[str, Any]:
    """The summary as JSON-ready values."""
    return {
        "target": migration.target,
        "rules": len(migration.rules),
        "verdicts": verdicts(migration),
        "reasons": [reason.to_dict() for reason in reasons(migration)],
        "files": dict(sorted(changes.items())),
    }


def show_migration(on: Console, migration: Migration, changes: Counter[str]) -> None:
    """The summary as tables: rules by verdict, then the reasons and what to do next."""
    counts = verdicts(migration)
    on.print(table(on, ("rules", ""), [[status_text(one), f"{counts[one.value]:,}"] for one in Status], numbers=[1]))
    if found := reasons(migration):
        rows = [[one.code, f"{one.count:,}", one.meaning, one.next] for one in found]
        on.print(table(on, ("reason", "rules", "", "what to do next"), rows, numbers=[1]))
    said = ", ".join(f"{count:,} {kind}" for kind, count in sorted(changes.items()))
    on.print(f"files: {said or 'all up to date'}; open report.html for each rule")


def _csv(rules: Sequence[Migrated]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for rule in rules:
        found = list(dict.fromkeys(rule.diagnostics))
        cells = (
            rule.verdict.value,
            rule.title or "",
            rule.id or "",
            rule.language,
            rule.source,
            rule.output or "",
            " ".join(dict.fromkeys(one.code for one in found)),
            "; ".join(f"{one.code} {one.message}" for one in found),
        )
        writer.writerow([csv_cell(one_line(clean(cell))) for cell in cells])
    return out.getvalue()


def _html(migration: Migration) -> str:
    environment = Environment(
        loader=FileSystemLoader(builtin_folder()),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=lambda value: f"{value:,}", clean=clean, line=lambda text: one_line(clean(text)))
    style, script = (
        (builtin_folder() / "migration" / name).read_text(encoding="utf-8") for name in ("report.css", "report.js")
    )
    return environment.get_template("migration/report.html.j2").render(
        migration=migration,
        title=_title(migration.target),
        verdicts=verdicts(migration),
        bars=list(_bars(verdicts(migration))),
        languages=list(_languages(migration.rules)),
        reasons=reasons(migration),
        marked=_marked,
        style=style,
        script=script,
        hashes={"style": allowed(style), "script": allowed(script)},
    )


_WIDTH = 1000  # of the bar of verdicts, in its own units


def _bars(counts: Mapping[str, int]) -> Iterator[tuple[str, int, float, float, str]]:
    """For each verdict its count, where its part of a bar begins, how long it is, and its share in words."""
    whole, start = max(sum(counts.values()), 1), 0.0
    for name, count in counts.items():
        length = round(_WIDTH * count / whole, 1)
        yield name, count, round(start, 1), length, f"{count / whole:.0%}"
        start += length


def _languages(rules: Sequence[Migrated]) -> Iterator[tuple[str, int, dict[str, int]]]:
    """For each language of the rules how many there are, and how many came out in each way."""
    found = Counter(rule.language for rule in rules)
    for name, count in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        ways = Counter(rule.verdict for rule in rules if rule.language == name)
        yield _title(name), count, {status.value: ways[status] for status in Status}


def _title(name: str) -> str:
    """What people call a platform or a language."""
    if name in PLATFORMS:
        return platform(name).title
    return dialects.load(name).title if name in dialects.names() else name


def _marked(rule: Migrated) -> Iterator[tuple[str, bool]]:
    """A rule's text in pieces, with whether each was left out of the query and bears on what matches."""
    text = clean(rule.text)
    spots = sorted((text.find(one), text.find(one) + len(one)) for one in set(map(clean, rule.left)) if one in text)
    end = 0
    for start, stop in spots:
        if start >= end:
            yield text[end:start], False
            yield text[start:stop], True
            end = stop
    yield text[end:], False
