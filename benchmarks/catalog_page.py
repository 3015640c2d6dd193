"""A technique page of another catalog beside ours: which of its rows come out, and what ours says of the others.

    python benchmarks/catalog_page.py PAGE.txt CATALOG.sqlite T1021.002

The page is text as a browser copies it: the cells of a row follow each other without a sign between them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from transpile.catalog.database import open_catalog
from transpile.catalog.pages import technique_page

KIND = "is_not_null|starts_with|regex_match|cidr_match|ends_with|wildcard|contains|is_null|match|gte|lte|gt|lt|eq|ne|in"


class FieldRow(NamedTuple):
    """A row of the page's table of fields."""

    field: str
    rules: int
    how: tuple[tuple[str, int], ...]
    samples: tuple[str, ...]


class ValueRow(NamedTuple):
    """A row of indicators or exclusions; an exclusion has no reach."""

    field: str
    kind: str
    value: str
    rules: int
    reach: int | None


class Page(NamedTuple):
    """The tables of a page."""

    vendors: Mapping[str, int]
    events: tuple[tuple[str, str, str], ...]
    fields: tuple[FieldRow, ...]
    indicators: tuple[ValueRow, ...]
    exclusions: tuple[ValueRow, ...]


def parse(text: str) -> Page:
    """The tables of a page that was copied as text."""
    lines = [line for line in text.replace("\u00a0", " ").split("\n") if line != ""]
    vendors = {found[1]: int(found[2]) for line in lines if (found := re.fullmatch(r"([\w-]+) (\d+) rules", line))}
    events = tuple(_events(_between(lines, "ProviderEventTitle", "Authoring guide")))
    fields = tuple(_fields(_between(lines, "FieldRulesHowSample values", "Top indicator values")))
    indicators = tuple(_values(_between(lines, "FieldKindValueRules (here)Corpus reach", "Exclusions"), 1))
    exclusions = tuple(_values(_between(lines, "FieldKindValueRules excluding", "Rules under this technique"), None))
    return Page(vendors, events, fields, indicators, exclusions)


def _between(lines: list[str], first: str, last: str) -> list[str]:
    start = lines.index(first) + 1
    end = next(number for number in range(start, len(lines)) if lines[number].startswith(last))
    return lines[start:end]


_NUMBERED = re.compile(r"(.+?)(Event ID \d+)(.+)")
_NAMED = re.compile(r"(Defender-Device[A-Za-z]+?Events)(\w+?)([A-Z][a-z]* .*)")


def _events(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    for line in lines:
        found = _NUMBERED.match(line) or _NAMED.match(line)
        if found:
            yield found[1], found[2], found[3]


def _fields(lines: Iterable[str]) -> Iterator[FieldRow]:
    for line in lines:
        found = re.match(rf"(?P<field>[A-Za-z_.]+?)(?P<rules>\d+)(?P<rest>(?:{KIND}) \d.*)", line)
        assert found, line
        rules, rest = int(found["rules"]), found["rest"]
        how: list[tuple[str, int]] = []
        while True:
            one = re.match(rf"({KIND}) (\d+)(, (?=(?:{KIND}) \d))?", rest)
            assert one, rest
            if one[3]:
                how.append((one[1], int(one[2])))
                rest = rest[one.end() :]
                continue
            digits = _count(one[2], rules - sum(count for _, count in how))
            how.append((one[1], int(digits)))
            rest = rest[one.start(2) + len(digits) :]
            break
        yield FieldRow(found["field"], rules, tuple(how), tuple(rest.split(", ")))


def _count(digits: str, left: int) -> str:
    """The digits of the last count, which the first sample follows at once: as many as the rules that are left ask."""
    return next((digits[:size] for size in range(1, len(digits) + 1) if int(digits[:size]) >= left), digits)


def _values(lines: list[str], digits: int | None) -> Iterator[ValueRow]:
    """Rows of three lines; `digits`: how many digits of the last line are the rules, the others being the reach."""
    for number in range(0, len(lines) - 2, 3):
        found = re.fullmatch(rf"(.+?)({KIND})", lines[number])
        assert found, lines[number]
        count = lines[number + 2]
        reach = int(count[digits:] or 0) if digits else None
        yield ValueRow(found[1], found[2], lines[number + 1], int(count[:digits] if digits else count), reach)


def _report(name: str, rows: list[tuple[str, bool, str]]) -> None:
    print(f"\n{name}: {sum(good for _, good, _ in rows)} of {len(rows)} rows as on the page")
    for row, good, said in rows:
        print(f"  {'yes' if good else 'no ':3}  {row:<68} {said}".rstrip())


def _of_values(theirs: Iterable[ValueRow], ours: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, bool, str]]:
    """Each row by its rules; the copied page has lost the blanks at the ends of values."""
    known: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in ours:
        known.setdefault((row["field"], row["kind"], row["value"].strip()), []).append(row)
    for row in theirs:
        found = known.get((row.field, row.kind, row.value.strip()), [])
        best = min(found, key=lambda one: abs(one["rules"] - row.rules), default=None)
        said = "not there" if best is None else "" if best["rules"] == row.rules else f"{best['rules']} rules"
        if best is not None and row.reach is not None and best["reach"] != row.reach:
            said += f" (reach {best['reach']}, there {row.reach})"
        good = best is not None and best["rules"] == row.rules
        yield f"{row.field} {row.kind} {row.value} {row.rules}"[:68], good, said.strip()


def _of_fields(theirs: Iterable[FieldRow], ours: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, bool, str]]:
    known = {row["field"]: row for row in ours}
    for row in theirs:
        found = known.get(row.field)
        if found is None:
            yield row.field, False, "not there"
            continue
        how = tuple((kind, count) for kind, count in found["how"])
        good = (found["rules"], how) == (row.rules, row.how)
        said = f"{found['rules']} rules {dict(how)}; there {row.rules} {dict(row.how)}"
        yield row.field, good, "" if good else said


def main(arguments: list[str]) -> None:
    """Print the comparison."""
    page, database, id_ = arguments
    theirs = parse(Path(page).read_text(encoding="utf-8"))
    ours = technique_page(open_catalog(database), id_)
    print(f"{id_}: rules {ours['rules_by_vendor']}, there {dict(theirs.vendors)}")
    events = {(one["provider"], one["event"]): one["title"] for one in ours["events"]}
    rows = [
        (f"{provider} {event}", events.get((provider, event)) == title, events.get((provider, event), "not there"))
        for provider, event, title in theirs.events
    ]
    _report("Events", rows)
    _report("Fields", list(_of_fields(theirs.fields, ours["fields"]["rows"])))
    indicators = list(_of_values(theirs.indicators, ours["indicators"]["rows"]))
    _report("Indicators", indicators)
    print(f"  reach as on the page: {sum('reach' not in said and said != 'not there' for _, _, said in indicators)}")
    _report("Exclusions", list(_of_values(theirs.exclusions, ours["exclusions"]["rows"])))


if __name__ == "__main__":
    main(sys.argv[1:])
