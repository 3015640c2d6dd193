"""A catalog page as tables: for a terminal of 80 columns, for Markdown, and for CSV."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

WIDTH = 80
Page = Mapping[str, Any]


class Table(NamedTuple):
    """A table of a page. `shown`: how many rows a person is shown; CSV has them all."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    shown: int = 50


def make(title: str, columns: str, rows: Iterable[Any], shown: int = 50) -> Table:
    """A table; column names are parted by commas."""
    return Table(title, tuple(columns.split(",")), tuple(tuple(row) for row in rows), shown)


def tables_of(page: Page) -> tuple[Table, ...]:
    """The tables of a page, by its schema."""
    return tuple(_TABLES[str(page["schema"]).split("/")[2]](page))


def heading(page: Page) -> str:
    """The line above the tables of a page."""
    match str(page["schema"]).split("/")[2]:
        case "technique":
            one = page["technique"]
            return f"{one['title']} {one['id']} ({', '.join(one['tactics'])})"
        case "rule":
            return f"{page['vendor']}: {page['title']} ({page['state']})\n{page['path']}"
        case "field":
            return f"{page['field']}: {page['rules']:,} rules"
        case "gaps":
            return (
                f"{page['technique']['title']} {page['technique']['id']}: {page['rules']} rules, {page['mine']} of mine"
            )
        case "stats":
            return f"{page['rules']:,} rules in {page['files']:,} files, {page['predicates']:,} predicates"
        case "diff":
            counts = (f"{len(page[name])} {word}" for name, word in _CHANGES.items())
            return ", ".join(counts)
        case "coverage":
            states = ", ".join(f"{number} {state}" for state, number in page["summary"].items())
            return f"{states}; {page['untested']} of my rules are untested"
        case "triggers":
            return f"{page['events']:,} events, {page['asked']:,} rules asked"
        case _:
            return str(page.get("query", page.get("value", "")))


_CHANGES = {"added": "added", "gone": "gone", "meaning": "changed in meaning", "words": "changed in words"}


def _technique(page: Page) -> Iterable[Table]:
    yield make("Rules by vendor", "Vendor,Rules", page["rules_by_vendor"].items())
    yield make(
        "Events",
        "Provider,Event,Title,Rules",
        ((e["provider"], e["event"], e["title"], len(e["rules"])) for e in page["events"]),
    )
    fields = page["fields"]
    rows: Iterable[Any] = ((f["field"], f["rules"], _how(f["how"]), ", ".join(f["samples"])) for f in fields["rows"])
    yield make(f"Fields filtered most ({fields['distinct']} distinct)", "Field,Rules,How,Samples", rows, 15)
    found = page["indicators"]
    rows = ((i["field"], i["kind"], i["value"], i["rules"], i["rules_semantic"], i["reach"]) for i in found["rows"])
    yield make(
        f"Top indicator values ({found['distinct']} distinct)", "Field,Kind,Value,Rules,By meaning,Reach", rows, 30
    )
    found = page["exclusions"]
    rows = ((i["field"], i["kind"], i["value"], i["rules"]) for i in found["rows"])
    yield make(f"Exclusions ({found['distinct']} distinct)", "Field,Kind,Value,Rules", rows, 15)
    yield _rules("Rules", page["rules"])


def _how(how: Iterable[Sequence[object]]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in how)


def _rules(title: str, rules: Iterable[Page]) -> Table:
    return make(
        title, "Vendor,Title,Level,Path", ((r["vendor"], r["title"], r["level"] or "", r["path"]) for r in rules)
    )


def _rule(page: Page) -> Iterable[Table]:
    rows: Iterable[Any] = (
        (one["tactic"], f"{t['id']} {t['title']}") for one in page["coverage"] for t in one["techniques"]
    )
    yield make("ATT&CK", "Tactic,Technique", rows)
    yield make("Events", "Provider,Event,Title", ((e["provider"], e["event"], e["title"]) for e in page["events"]))
    for name in ("indicators", "exclusions"):
        rows = ((p["field"], p["kind"], v["value"], v["reach"]) for p in page[name] for v in p["values"])
        yield make(name.capitalize(), "Field,Kind,Value,Reach", rows, 200)
    rows = ((r["how"], r["vendor"], r["title"], "proved" if r["proved"] else "unproved") for r in page["relations"])
    yield make("Other rules", "How,Vendor,Title,Proof", rows)
    rows = ((f["code"], f["line"] or "", f["message"]) for f in page["findings"])
    yield make("Findings", "Code,Line,Message", rows)


def _field(page: Page) -> Iterable[Table]:
    yield make("How", "Kind,Rules", page["how"])
    yield make("Names", "Vendor,Field,Rules", ((n["vendor"], n["field"], n["rules"]) for n in page["names"]))
    yield make("Values", "Kind,Value,Rules", ((v["kind"], v["value"], v["rules"]) for v in page["values"]))
    yield _techniques(page["techniques"])


def _techniques(rows: Iterable[Page]) -> Table:
    return make("Techniques", "Id,Title,Rules", ((t["id"], t["title"], t["rules"]) for t in rows))


def _value(page: Page) -> Iterable[Table]:
    rows: Iterable[Any] = ((r["field"], r["kind"], r["value"], r["rules"]) for r in page["rows"])
    yield make(f"Predicates ({page['distinct']} distinct)", "Field,Kind,Value,Rules", rows)
    yield _rules("Rules", page["rules"])


def _event(page: Page) -> Iterable[Table]:
    yield make(
        "Events",
        "Provider,Event,Title,Rules",
        ((e["provider"], e["event"], e["title"], e["rules"]) for e in page["events"]),
    )
    for one in page["events"]:
        yield make(
            f"{one['provider']} {one['event']}: fields",
            "Field,Rules",
            ((f["field"], f["rules"]) for f in one["fields"]),
        )
        yield _techniques(one["techniques"])
        yield _rules("Rules", one["examples"])


def _search(page: Page) -> Iterable[Table]:
    yield _rules("Rules", page["rows"])


def _stats(page: Page) -> Iterable[Table]:
    rows: Iterable[Any] = (
        (r["vendor"], r["language"], r["rules"], r["read"], r["partly"], r["unread"], r["percent"])
        for r in page["languages"]
    )
    yield make("Read", "Vendor,Language,Rules,Read,In part,Unread,Percent", rows)
    rows = ((c["code"], c["rules"], c["example"]) for c in page["unread_codes"])
    yield make("Why rules are unread", "Code,Rules,Example", rows)
    yield make("Fields", "Field,Rules", ((f["field"], f["rules"]) for f in page["fields"]))
    yield _techniques(page["techniques"])


def _coverage(page: Page) -> Iterable[Table]:
    rows: Iterable[Any] = (
        (r["id"], r["title"], r["state"], r["mine"], r["theirs"], r["vendors"], r["duplicated"], r["narrower"])
        for r in page["rows"]
    )
    yield make("Techniques", "Id,Title,State,Mine,Theirs,Vendors,Equal,Narrower", rows, 60)


def _gaps(page: Page) -> Iterable[Table]:
    yield make(
        "Events",
        "Provider,Event,Title,Rules",
        ((e["provider"], e["event"], e["title"], e["rules"]) for e in page["events"]),
    )
    yield make("Fields", "Field,Rules,How", ((f["field"], f["rules"], _how(f["how"])) for f in page["fields"]))
    for name in ("indicators", "exclusions"):
        rows: Iterable[Any] = ((i["field"], i["kind"], i["value"], i["rules"]) for i in page[name])
        yield make(name.capitalize(), "Field,Kind,Value,Rules", rows)


def _triggers(page: Page) -> Iterable[Table]:
    rows: Iterable[Any] = (
        (row["event"] + 1, r["vendor"], r["level"] or "", r["title"]) for row in page["rows"] for r in row["rules"]
    )
    yield make("Rules", "Event,Vendor,Level,Title", rows, 1000)


def _diff(page: Page) -> Iterable[Table]:
    for name, word in _CHANGES.items():
        yield make(word.capitalize(), "Vendor,Title,Path", ((r["vendor"], r["title"], r["path"]) for r in page[name]))
    rows: Iterable[Any] = (
        (r["title"], r["relation"], r["only_before"] or "", r["only_after"] or "") for r in page["meaning"]
    )
    yield make("Events that tell them apart", "Title,Relation,Only before,Only after", rows)


_TABLES: Mapping[str, Callable[[Page], Iterable[Table]]] = {
    "technique": _technique,
    "rule": _rule,
    "field": _field,
    "value": _value,
    "event": _event,
    "search": _search,
    "stats": _stats,
    "coverage": _coverage,
    "gaps": _gaps,
    "triggers": _triggers,
    "diff": _diff,
}


def one_line(value: object) -> str:
    """A value on one line, with control characters spelled out and blanks at its ends made visible."""
    text = str(value)
    if not text.isprintable():
        text = "".join(map(_visible, text))
    return f"'{text}'" if text != text.strip() else text


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(char, f"\\u{ord(char):04x}")


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _cut(text: str, width: int) -> str:
    size = _width(text)
    if size > width:
        text = text[:width]
        while _width(text) > width - 1:
            text = text[:-1]
        text += "…"
        size = _width(text)
    return text + " " * (width - size)


def text(page: Page, width: int = WIDTH) -> str:
    """A page for a terminal; no line is wider than `width` columns, and what is cut ends in `…`."""
    parts = ["\n".join(_cut(line, width).rstrip() for line in heading(page).split("\n"))]
    parts += ["\n".join(_lines(table, width)) for table in tables_of(page) if table.rows]
    if "skeleton" in page:
        parts.append("Skeleton\n\n" + page["skeleton"].rstrip())
    return "\n\n".join(parts) + "\n"


def _cut_left(text: str, width: int) -> str:
    """A path that is too long loses its beginning."""
    if _width(text) <= width:
        return _cut(text, width)
    text = text[-width:]
    while _width(text) > width - 1:
        text = text[1:]
    return "…" + text


def _lines(table: Table, width: int) -> Iterable[str]:
    yield _cut(table.title, width).rstrip()
    rows = [[one_line(cell) for cell in row] for row in table.rows[: table.shown]]
    widths = _widths([list(table.columns), *rows], width)
    yield "  ".join(_cut(name, size) for name, size in zip(table.columns, widths, strict=True)).rstrip()
    yield "  ".join("-" * size for size in widths)
    for row in rows:
        cells = zip(row, widths, table.columns, strict=True)
        yield "  ".join((_cut_left if name == "Path" else _cut)(cell, size) for cell, size, name in cells).rstrip()
    if len(table.rows) > table.shown:
        yield f"... {len(table.rows) - table.shown:,} more"


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The widths of columns: as they are, the widest made smaller until all fit."""
    widths = [min(max(_width(row[number]) for row in rows), width) for number in range(len(rows[0]))]
    least = [min(size, _width(name)) for size, name in zip(widths, rows[0], strict=True)]
    while sum(widths) + 2 * (len(widths) - 1) > width:
        widest = max(range(len(widths)), key=lambda number: widths[number] - least[number])
        if widths[widest] <= max(least[widest], 3):
            break
        widths[widest] -= 1
    return widths


def markdown(page: Page) -> str:
    """A page in Markdown."""
    title, *rest = heading(page).split("\n")
    parts = [f"# {_escaped(title)}", *map(_escaped, rest)]
    for table in tables_of(page):
        if not table.rows:
            continue
        lines = [f"## {table.title}", "", "| " + " | ".join(table.columns) + " |", "|" + " --- |" * len(table.columns)]
        lines += [
            "| " + " | ".join(_escaped(one_line(cell)) for cell in row) + " |" for row in table.rows[: table.shown]
        ]
        parts.append("\n".join(lines))
    if "skeleton" in page:
        parts.append(f"## Skeleton\n\n```yaml\n{page['skeleton'].rstrip()}\n```")
    return "\n\n".join(parts) + "\n"


def _escaped(text_: str) -> str:
    for char in "\\|*_`<[":
        text_ = text_.replace(char, "\\" + char)
    return text_


def comma_separated(page: Page) -> str:
    """Every row of every table as CSV, each with the name of its table in front.

    A cell that a spreadsheet would take for a formula is preceded by an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for table in tables_of(page):
        writer.writerow(["table", *table.columns])
        for row in table.rows:
            writer.writerow([table.title.partition(" (")[0], *map(csv_cell, row)])
    return out.getvalue()


def csv_cell(value: object) -> object:
    """A cell for a CSV file; text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
