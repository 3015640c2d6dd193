"""The catalog's answers as plain values: the JSON of every query, of which texts, tables and HTML are views."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from transpile.catalog.database import listed

SCHEMA = "transpile/catalog/"
SAMPLES = 5
Reach = Mapping[tuple[str, str, str], int]


class UnknownError(LookupError):
    """The catalog has no such rule, technique, field or event; the message names near ones."""


def technique_page(db: sqlite3.Connection, id_: str, vendor: str | None = None) -> dict[str, Any]:
    """Everything that rules tagged with a technique look for. Raises `UnknownError`."""
    id_ = id_.upper()
    rules = _rules_of_technique(db, id_, vendor)
    if not rules and not db.execute("select 1 from named where id = ?", (id_,)).fetchone():
        raise UnknownError(f"unknown technique {id_!r}; expected an id such as T1021.002")
    ids = {row["id"]: row["public"] for row in rules}
    counts = Counter(row["vendor"] for row in rules)
    tests = _tests(db, ids)
    return {
        "schema": f"{SCHEMA}technique/1",
        "technique": technique_of(db, id_),
        "rules_by_vendor": {one: counts[one] for one in vendors_of(db)},
        "rules": [_brief(row) for row in rules],
        "events": _events(db, ids),
        "fields": _fields(tests),
        "indicators": _indicators(db, tests, ids, vendor),
        "exclusions": _exclusions(tests, ids),
    }


def technique_of(db: sqlite3.Connection, id_: str) -> dict[str, Any]:
    """A technique's title, tactics and page. One that ATT&CK does not have is called by its id."""
    row = db.execute("select * from named where id = ?", (id_,)).fetchone()
    if row is None:
        return {"id": id_, "title": id_, "tactics": [], "description": "", "url": None}
    return {
        "id": id_,
        "title": row["title"],
        "tactics": listed(row["tactics"]),
        "description": "",
        "url": row["url"],
    }


def vendors_of(db: sqlite3.Connection) -> list[str]:
    """The vendors in the order of pages."""
    return [row["name"] for row in db.execute("select name from vendor order by position")]


# A rule is called by its id, and where several have the same one by the place of its file.
PUBLIC = """(case when (select count(*) from rule o where o.key = r.key) > 1
  then (select path from source s where s.id = r.source) || '#' || r.number else r.key end) as public"""
_VENDOR_ORDER = "coalesce((select position from vendor v where v.name = r.vendor), 99)"


def _rules_of_technique(db: sqlite3.Connection, id_: str, vendor: str | None) -> list[sqlite3.Row]:
    query = f"""select r.*, s.path as path, {PUBLIC} from technique t join rule r on r.id = t.rule
      join source s on s.id = r.source where t.technique = ? and not r.retired
      {"and r.vendor = ?" if vendor else ""} order by {_VENDOR_ORDER}, lower(r.title), s.path, r.number"""
    return db.execute(query, (id_, vendor) if vendor else (id_,)).fetchall()


def _brief(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["public"],
        "vendor": row["vendor"],
        "title": row["title"],
        "path": row["path"],
        "platforms": listed(row["platforms"]),
        "domains": listed(row["domains"]),
        "level": row["level"],
        "state": row["state"],
    }


def _among(ids: Iterable[int]) -> str:
    return "(" + ",".join(map(str, ids)) + ")"  # numbers of the database's own


def _events(db: sqlite3.Connection, ids: Mapping[int, str]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    query = f"""select e.rule, k.provider, k.event, k.title from event e join kind k
      on k.provider = e.provider and k.event = e.event where e.rule in {_among(ids)} order by k.position, e.rule"""
    for row in db.execute(query):
        found[row["provider"], row["event"], row["title"]].append(ids[row["rule"]])
    return [
        {"provider": provider, "event": event, "title": title, "rules": sorted(rules)}
        for (provider, event, title), rules in found.items()
    ]


Tests = list[tuple[int, str, str, str, int, int, str]]  # rule, field, kind, value, excluded, counted, meaning
Key = tuple[str, str, str]  # field, kind, value


def _tests(db: sqlite3.Connection, ids: Mapping[int, str]) -> Tests:
    cursor = db.cursor()
    cursor.row_factory = None
    query = "select rule, field, kind, value, excluded, counted, meaning from predicate where rule in "
    return cursor.execute(query + _among(ids)).fetchall()


def _fields(tests: Tests) -> dict[str, Any]:
    rules: dict[str, set[int]] = defaultdict(set)
    how: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    values: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for rule, field, kind, value, _, counted, _ in tests:
        if counted:
            rules[field].add(rule)
            how[field][kind].add(rule)
            if value:
                values[field][value].add(rule)
    rows = [
        {
            "field": field,
            "rules": len(rules[field]),
            "how": [
                [kind, len(found)] for kind, found in sorted(how[field].items(), key=lambda one: (-len(one[1]), one[0]))
            ],
            "samples": [
                value for value, _ in sorted(values[field].items(), key=lambda one: (-len(one[1]), one[0]))[:SAMPLES]
            ],
        }
        for field in sorted(rules, key=lambda one: (-len(rules[one]), one))
    ]
    return {"distinct": len(rows), "rows": rows}


def _indicators(db: sqlite3.Connection, tests: Tests, ids: Mapping[int, str], vendor: str | None) -> dict[str, Any]:
    rows = list(_counted(tests, ids, 5))
    reach = reaches(db, [(row["field"], row["kind"], row["value"]) for row in rows], vendor)
    for row in rows:
        rule_ids = row.pop("rule_ids")
        row["reach"] = reach.get((row["field"], row["kind"], row["value"]), 0)
        row["rule_ids"] = rule_ids
    return {"distinct": len(rows), "rows": rows}


def _exclusions(tests: Tests, ids: Mapping[int, str]) -> dict[str, Any]:
    rows = list(_counted(tests, ids, 4))
    return {"distinct": len(rows), "rows": rows}


def _counted(tests: Tests, ids: Mapping[int, str], column: int) -> Iterator[dict[str, Any]]:
    """The distinct predicates among those whose `column` is set, in the order of pages, with the rules that have them.

    `rules_semantic` counts the rules that have any predicate of the same meaning.
    """
    rules: dict[Key, set[int]] = defaultdict(set)
    meanings: dict[Key, set[str]] = defaultdict(set)
    by_meaning: dict[str, set[int]] = defaultdict(set)
    for test in tests:
        if test[column]:
            rule, key, meaning = test[0], test[1:4], test[6]
            rules[key].add(rule)
            meanings[key].add(meaning)
            by_meaning[meaning].add(rule)
    for key in sorted(rules, key=lambda one: (-len(rules[one]), one)):
        texts = meanings[key]
        same = by_meaning[next(iter(texts))] if len(texts) == 1 else set().union(*(by_meaning[one] for one in texts))
        field, kind, value = key
        yield {
            "field": field,
            "kind": kind,
            "value": value,
            "rules": len(rules[key]),
            "rules_semantic": len(same),
            "rule_ids": sorted(ids[one] for one in rules[key]),
        }


def reaches(
    db: sqlite3.Connection, keys: Iterable[tuple[str, str, str]], vendor: str | None = None
) -> dict[tuple[str, str, str], int]:
    """How many rules of the whole catalog, or of a vendor, have each predicate positively."""
    wanted = set(keys)
    query = f"""select field, kind, value, sum(rules) as rules from reach
      where {"vendor = ?" if vendor else "1"} and value in (%s) group by 1, 2, 3"""
    cursor = db.cursor()
    cursor.row_factory = None
    result: dict[Key, int] = {}
    texts = sorted({key[2] for key in wanted})
    for start in range(0, len(texts), 500):
        some = texts[start : start + 500]
        found = cursor.execute(query % ",".join("?" * len(some)), [vendor, *some] if vendor else some)
        for field, kind, value, rules in found:
            if (field, kind, value) in wanted:
                result[field, kind, value] = rules
    return result


def find_rule(db: sqlite3.Connection, name: str) -> sqlite3.Row:
    """A rule by its id, its path, `path#number`, or its title. Raises `UnknownError`."""
    query = f"select r.*, s.path as path, {PUBLIC} from rule r join source s on s.id = r.source where "
    path, _, number = name.rpartition("#")
    tries: list[tuple[str, tuple[object, ...]]] = [("r.key = ?", (name,)), ("s.path = ? and r.number = 1", (name,))]
    if number.isdecimal():
        tries.append(("s.path = ? and r.number = ?", (path, int(number))))
    tries += [
        ("s.path like ? escape '!'", ("%/" + name.replace("_", "!_").replace("%", "!%"),)),
        ("r.title = ? collate nocase", (name,)),
    ]
    for where, values in tries:
        row = db.execute(query + where + " order by r.retired, s.path, r.number limit 1", values).fetchone()
        if row is not None:
            found: sqlite3.Row = row
            return found
    raise UnknownError(f"unknown rule {name!r}; expected an id, a path or a title; try `transpile catalog search`")


_STANDS = {"equal": "equivalent", "contained": "contained_in", "contains": "contains"}


def rule_page(db: sqlite3.Connection, name: str) -> dict[str, Any]:
    """All that is known of a rule. Raises `UnknownError`."""
    return rule_details(db, find_rule(db, name))


def rule_details(db: sqlite3.Connection, row: sqlite3.Row, reach: Reach | None = None) -> dict[str, Any]:
    """The page of a rule that was found; `reach` saves asking for the reach of its predicates."""
    rule = row["id"]
    techniques = [one["technique"] for one in db.execute("select technique from technique where rule = ?", (rule,))]
    found: dict[str, Any] = {
        "schema": f"{SCHEMA}rule/1",
        **_brief(row),
        "description": row["description"],
        "coverage": _coverage(db, listed(row["tactics"]), techniques),
        "events": _events(db, {rule: row["public"]}),
        "body": row["body"],
        "language": row["language"],
        "license": row["license"],
        "author": row["author"],
        "line": row["line"],
        "stages": [{"name": name_, "text": text} for name_, text in listed(row["stages"])],
        "indicators": _own(db, rule, "not excluded", reach),
        "exclusions": _own(db, rule, "excluded", reach),
        "findings": [
            {"code": code, "line": line, "message": message, "effect": effect}
            for code, line, message, effect in listed(row["findings"])
        ],
    }
    for event in found["events"]:
        del event["rules"]
    found.update({stands: [] for stands in _STANDS.values()})
    found["relations"] = []
    for one in db.execute("select * from relation where a = ? order by how, b", (rule,)):
        other = db.execute(
            f"select r.*, s.path as path, {PUBLIC} from rule r join source s on s.id = r.source where r.id = ?",
            (one["b"],),
        ).fetchone()
        found[_STANDS[one["how"]]].append(other["public"])
        found["relations"].append(
            {
                "how": one["how"],
                "id": other["public"],
                "title": other["title"],
                "vendor": other["vendor"],
                "proved": bool(one["proved"]),
                "events": one["events"],
                "witness": _json(one["witness"]),
            }
        )
    return found


def _json(text: str | None) -> Any:
    return json.loads(text) if text else None


def _coverage(db: sqlite3.Connection, tactics: list[str], ids: list[str]) -> list[dict[str, Any]]:
    """Techniques under the tactics that the rule names, or under their own where it names none of them."""
    rows: dict[str, list[dict[str, str]]] = {one: [] for one in tactics}
    for id_ in ids:
        named = technique_of(db, id_)
        own = named["tactics"]
        for tactic in [one for one in own if one in rows] or own[:1] or ["Unknown"]:
            rows.setdefault(tactic, []).append({"id": id_, "title": named["title"]})
    return [{"tactic": tactic, "techniques": found} for tactic, found in rows.items()]


def _own(db: sqlite3.Connection, rule: int, where: str, reach: Reach | None) -> list[dict[str, Any]]:
    """The predicates of one rule by field and kind; the reach counts other rules."""
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for row in db.execute(f"select * from predicate where rule = ? and {where} order by rowid", (rule,)):
        key = row["own"], row["field"], row["kind"], row["own_kind"] or row["kind"]
        groups.setdefault(key, []).append(row["value"])
    keys = [(field, kind, value) for (_, field, kind, _), values in groups.items() for value in values]
    reach = reaches(db, keys) if reach is None else reach
    mine = 0 if where == "excluded" else 1
    return [
        {
            "field": own,
            "catalog_field": field,
            "kind": shown,
            "values": [
                {"value": value, "reach": max(reach.get((field, kind, value), 0) - mine, 0)}
                for value in dict.fromkeys(values)
            ],
        }
        for (own, field, kind, shown), values in sorted(groups.items(), key=lambda one: one[0][1:])
    ]
