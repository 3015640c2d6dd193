"""A repository beside the community's: what is covered, what is missing, and how a new rule could begin."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from transpile.catalog.frozen import thaw
from transpile.catalog.pages import PUBLIC, SCHEMA, technique_of, technique_page, vendors_of
from transpile.catalog.relations import relate
from transpile.ir.stream import LogSource
from transpile.matching.logs import LogRecord, read_logs
from transpile.matching.matcher import Matcher
from transpile.matching.windows import normalise
from transpile.pipelines.load import load
from transpile.verify.compare import compare_rules

MOST_COMPARED = 400  # pairs of rules of one technique that are compared


def coverage(mine: sqlite3.Connection, theirs: sqlite3.Connection) -> dict[str, Any]:
    """My rules beside another catalog's, by technique.

    `covered`: I have a rule that is equal to or contains one of theirs, or any at all; `duplicated`: an equal one;
    `narrower`: one of mine is contained in one of theirs; `missing`: I have none. `untested`: how many rules of
    mine match no event in a file of expectations beside them.
    """
    own, other = _by_technique(mine), _by_technique(theirs)
    rows = []
    compare = cache(_related)
    known = set(vendors_of(theirs))
    for id_ in sorted({*own, *other}):
        duplicated, narrower = _compared(mine, theirs, own.get(id_, []), other.get(id_, []), compare)
        rows.append(
            {
                "id": id_,
                "title": technique_of(theirs, id_)["title"],
                "mine": len(own.get(id_, [])),
                "theirs": len(other.get(id_, [])),
                "vendors": len({row["vendor"] for row in other.get(id_, [])} & known),
                "state": "missing" if id_ not in own else "only mine" if id_ not in other else "covered",
                "duplicated": duplicated,
                "narrower": narrower,
            }
        )
    rows.sort(key=lambda row: (row["state"] != "missing", -row["vendors"], -row["theirs"], row["id"]))
    (untested,) = mine.execute("select count(*) from rule where not tested and not retired").fetchone()
    return {
        "schema": f"{SCHEMA}coverage/1",
        "summary": {state: sum(row["state"] == state for row in rows) for state in ("covered", "missing", "only mine")},
        "rows": rows,
        "untested": untested,
    }


def _by_technique(db: sqlite3.Connection) -> dict[str, list[sqlite3.Row]]:
    found: dict[str, list[sqlite3.Row]] = defaultdict(list)
    query = """select t.technique, r.id, r.vendor, r.title, r.logsource, r.frozen from technique t
      join rule r on r.id = t.rule where not r.retired"""
    for row in db.execute(query + " order by t.technique, r.id"):
        found[row["technique"]].append(row)
    return found


def _compared(
    mine: sqlite3.Connection,
    theirs: sqlite3.Connection,
    own: list[sqlite3.Row],
    other: list[sqlite3.Row],
    compare: Callable[[str, str], str],
) -> tuple[int, int]:
    """How many of my rules have an equal one there, and how many are contained in a wider one."""
    meanings = _meanings(theirs, [row["id"] for row in other])
    duplicated = narrower = tried = 0
    for row in own:
        if row["frozen"] is None:
            continue
        shared = _meanings(mine, [row["id"]]).get(row["id"], set())
        relation = ""
        for one in other:
            near = (
                one["frozen"] is not None
                and one["logsource"] == row["logsource"]
                and shared & meanings.get(one["id"], set())
            )
            if not near or tried >= MOST_COMPARED:
                continue
            tried += 1
            relation = compare(row["frozen"], one["frozen"]) or relation
            if relation == "equal":
                break
        duplicated += relation == "equal"
        narrower += relation == "contained"
    return duplicated, narrower


def _related(mine: str, theirs: str) -> str:
    """How a rule of mine relates to another: equal, contained, or empty."""
    if mine == theirs:
        return "equal"
    found = relate(thaw(mine), thaw(theirs))
    return found.how if found else ""


def _meanings(db: sqlite3.Connection, rules: Iterable[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for rule in rules:
        for row in db.execute("select meaning from predicate where rule = ?", (rule,)):
            found[rule].add(row["meaning"])
    return found


def gaps(theirs: sqlite3.Connection, id_: str, mine: sqlite3.Connection | None = None) -> dict[str, Any]:
    """What the rules of a technique look for that mine do not, with a skeleton of a Sigma rule.

    Raises `UnknownError` for an unknown technique.
    """
    page = technique_page(theirs, id_)
    own = technique_page(mine, id_) if mine is not None else None
    have_events = {(one["provider"], one["event"]) for one in own["events"]} if own else set()
    have_fields = {one["field"] for one in own["fields"]["rows"]} if own else set()
    have_exclusions = {_key(one) for one in own["exclusions"]["rows"]} if own else set()
    have_indicators = {_key(one) for one in own["indicators"]["rows"]} if own else set()
    return {
        "schema": f"{SCHEMA}gaps/1",
        "technique": page["technique"],
        "rules": len(page["rules"]),
        "mine": len(own["rules"]) if own else 0,
        "events": [
            {"provider": one["provider"], "event": one["event"], "title": one["title"], "rules": len(one["rules"])}
            for one in sorted(page["events"], key=lambda one: -len(one["rules"]))
            if (one["provider"], one["event"]) not in have_events
        ],
        "fields": [one for one in page["fields"]["rows"] if one["field"] not in have_fields][:15],
        "indicators": [_short(one) for one in page["indicators"]["rows"] if _key(one) not in have_indicators][:30],
        "exclusions": [_short(one) for one in page["exclusions"]["rows"] if _key(one) not in have_exclusions][:15],
        "skeleton": skeleton(theirs, page),
    }


def _key(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["field"], row["kind"], row["value"]


def _short(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("field", "kind", "value", "rules")}


_MODIFIERS = {
    "contains": "contains",
    "starts_with": "startswith",
    "ends_with": "endswith",
    "regex_match": "re",
    "eq": "",
}


def skeleton(db: sqlite3.Connection, page: Mapping[str, Any]) -> str:
    """A Sigma rule to begin with: the commonest log source of the technique's Sigma rules, what they look for most."""
    ids = [one["id"] for one in page["rules"] if one["vendor"] == "Sigma"]
    sources: dict[str, list[int]] = defaultdict(list)
    for row in db.execute(f"select r.id, r.logsource, {PUBLIC} from rule r where r.vendor = 'Sigma' and not r.retired"):
        if row["public"] in set(ids) and row["logsource"] and "data set" not in row["logsource"]:
            sources[row["logsource"]].append(row["id"])
    logsource = max(
        sorted(sources), key=lambda one: len(sources[one]), default="category process_creation, product windows"
    )
    rules = sources.get(logsource, [])
    technique = page["technique"]
    tactics = [tactic.lower().replace(" ", "-") for tactic in technique["tactics"]]
    words = dict(part.split(" ", 1) for part in logsource.split(", "))
    kind = load("none").kinds.get(LogSource(words.get("category"), words.get("product"), words.get("service")))
    known = kind.has if kind else lambda name: True
    detection = _selection(db, rules, known) or {"CommandLine|contains": ["replace this"]}
    lines = [
        "title: " + _quoted(f"{technique['title'].rpartition(': ')[2][:70]} - Draft"),
        "id: 00000000-0000-4000-8000-000000000000",
        "status: experimental",
        "description: " + _quoted(f"Detects {technique['title']}; replace this text and what does not fit your logs."),
        f"references:\n    - {technique['url']}",
        "date: 2026-01-01",
        "tags:",
        *(f"    - attack.{tactic}" for tactic in tactics),
        f"    - attack.{technique['id'].lower()}",
        "logsource:",
        *(f"    {part.partition(' ')[0]}: {part.partition(' ')[2]}" for part in logsource.split(", ")),
        "detection:",
        "    selection:",
    ]
    for key, values in detection.items():
        lines.append(f"        {key}:")
        lines += [f"            - {_quoted(value)}" for value in values]
    excluded = dict(list(_selection(db, rules, known, excluded=1).items())[:1])
    if excluded:
        lines.append("    filter_main_common:")
        for key, values in excluded.items():
            lines.append(f"        {key}:")
            lines += [f"            - {_quoted(value)}" for value in values]
    condition = "selection and not filter_main_common" if excluded else "selection"
    lines += [f"    condition: {condition}", "falsepositives:", "    - Unknown", "level: medium"]
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    return value if value.isdecimal() else "'" + value.replace("'", "''") + "'"


def _selection(
    db: sqlite3.Connection, rules: list[int], known: Callable[[str], bool], excluded: int = 0
) -> dict[str, list[str]]:
    """The values that most of some rules look for, of one field or two."""
    if not rules:
        return {}
    marks = ",".join("?" * len(rules))
    rows = db.execute(
        f"""select own, kind, value, count(distinct rule) n from predicate where rule in ({marks}) and excluded = ?
        and value <> '' and field <> 'keywords' group by 1, 2, 3 order by n desc, own, kind, value""",
        (*rules, excluded),
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        modifier = _MODIFIERS.get(row["kind"])
        if modifier is None or not known(row["own"]) or row["value"] != row["value"].strip() or "%" in row["value"]:
            continue
        key = f"{row['own']}|{modifier}" if modifier else row["own"]
        same_field = [one for one in found if one.partition("|")[0] == row["own"]]
        if same_field and key not in found:
            continue
        if key in found or len(found) < 2:
            found.setdefault(key, [])
            if len(found[key]) < 5 and row["value"].lower() not in map(str.lower, found[key]):
                found[key].append(row["value"])
    return found


def triggers(db: sqlite3.Connection, logs: Sequence[Path]) -> dict[str, Any]:
    """Which rules the events of logs trigger, by the reference meaning; only rules on single events can be asked.

    Raises `matching.logs.Unreadable`.
    """
    events = [normalise(one.event) for path in logs for one in read_logs(path) if isinstance(one, LogRecord)]
    matcher, rows = load_matcher(db)
    found = []
    for number, event in enumerate(events):
        hits = matcher.match(event)
        found.append(
            {
                "event": number,
                "rules": [
                    {
                        "id": rows[hit]["public"],
                        "vendor": rows[hit]["vendor"],
                        "title": rows[hit]["title"],
                        "level": rows[hit]["level"],
                    }
                    for hit in hits
                ],
            }
        )
    return {"schema": f"{SCHEMA}triggers/1", "events": len(events), "asked": len(rows), "rows": found}


def load_matcher(db: sqlite3.Connection) -> tuple[Matcher, list[sqlite3.Row]]:
    """The rules of a catalog that single events can be matched with."""
    query = f"""select r.id, r.vendor, r.title, r.level, r.frozen, {PUBLIC} from rule r where frozen is not null
      and not retired and r.logsource not like '%(data set)' order by r.id"""
    rows = db.execute(query).fetchall()
    return Matcher([thaw(row["frozen"], row["title"]) for row in rows], routed=True, lazily=True), rows


def diff(old: sqlite3.Connection, new: sqlite3.Connection) -> dict[str, Any]:
    """What changed between two catalogs: rules added, gone, changed in meaning, or only in words.

    A rule that changed in meaning comes with the event that tells the two apart, where one was found.
    """
    query = "select r.key, r.title, r.vendor, r.body, r.frozen, s.path from rule r join source s on s.id = r.source"
    before = {row["key"]: row for row in old.execute(query)}
    after = {row["key"]: row for row in new.execute(query)}
    meaning, words = [], []
    for key in sorted(before.keys() & after.keys()):
        one, other = before[key], after[key]
        if one["body"] == other["body"]:
            continue
        if one["frozen"] == other["frozen"] and one["frozen"] is not None:
            words.append(_changed(other))
        else:
            meaning.append({**_changed(other), **_difference(one["frozen"], other["frozen"])})
    words += [one for one in meaning if one["relation"] == "equal"]
    meaning = [one for one in meaning if one["relation"] != "equal"]
    return {
        "schema": f"{SCHEMA}diff/1",
        "added": [_changed(after[key]) for key in sorted(after.keys() - before.keys())],
        "gone": [_changed(before[key]) for key in sorted(before.keys() - after.keys())],
        "meaning": meaning,
        "words": [{name: one[name] for name in ("id", "title", "vendor", "path")} for one in words],
    }


def _changed(row: sqlite3.Row) -> dict[str, Any]:
    return {"id": row["key"], "title": row["title"], "vendor": row["vendor"], "path": row["path"]}


def _difference(before: str | None, after: str | None) -> dict[str, Any]:
    if before is None or after is None:
        return {"relation": "unproven", "only_before": None, "only_after": None}
    try:
        found = compare_rules(thaw(before), thaw(after))
    except TypeError:
        return {"relation": "unproven", "only_before": None, "only_after": None}
    plain = json.loads(json.dumps(found.to_dict(), default=str))
    return {"relation": plain["relation"], "only_before": plain["only_first"], "only_after": plain["only_second"]}
