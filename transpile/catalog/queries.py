"""Questions that are not about one rule or technique: fields, values, events, words, and the whole."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Any

from transpile.catalog.pages import PUBLIC, SCHEMA, UnknownError, _brief, technique_of, vendors_of

LIMIT = 50


def field_page(db: sqlite3.Connection, name: str, limit: int = LIMIT) -> dict[str, Any]:
    """What rules ask of a field. Raises `UnknownError`."""
    from transpile.catalog.names import catalog_name

    field = catalog_name(name)
    known = {
        row["field"]
        for row in db.execute("select distinct field from predicate where field = ? collate nocase", (field,))
    }
    if not known:
        raise UnknownError(f"no rule tests a field {name!r}; try `transpile catalog stats` for the most used ones")
    field = field if field in known else sorted(known)[0]
    base = "from predicate p join rule r on r.id = p.rule where p.field = ? and not r.retired"
    (rules,) = db.execute(f"select count(distinct p.rule) {base}", (field,)).fetchone()
    how = db.execute(
        f"select p.kind, count(distinct p.rule) n {base} group by p.kind order by n desc, p.kind", (field,)
    )
    own = db.execute(
        f"select r.vendor, p.own, count(distinct p.rule) n {base} group by 1, 2 order by n desc, 1, 2", (field,)
    )
    values = db.execute(
        f"""select p.kind, p.value, count(distinct p.rule) n, sum(p.excluded) excluded {base}
        group by p.kind, p.value order by n desc, p.kind, p.value limit ?""",
        (field, limit),
    )
    techniques = db.execute(
        """select t.technique, count(distinct p.rule) n from technique t join predicate p on p.rule = t.rule
        join rule r on r.id = p.rule where p.field = ? and not r.retired group by 1 order by n desc, 1 limit 15""",
        (field,),
    )
    return {
        "schema": f"{SCHEMA}field/1",
        "field": field,
        "rules": rules,
        "how": [[row["kind"], row["n"]] for row in how],
        "names": [{"vendor": row["vendor"], "field": row["own"], "rules": row["n"]} for row in own],
        "values": [{"kind": row["kind"], "value": row["value"], "rules": row["n"]} for row in values],
        "techniques": [_with_title(db, row["technique"], row["n"]) for row in techniques],
    }


def _with_title(db: sqlite3.Connection, id_: str, rules: int) -> dict[str, Any]:
    return {"id": id_, "title": technique_of(db, id_)["title"], "rules": rules}


def value_page(db: sqlite3.Connection, text: str, limit: int = LIMIT) -> dict[str, Any]:
    """The predicates whose value holds a text, in any case; texts of three characters and more use the index."""
    if len(text) >= 3:
        quoted = '"' + text.replace('"', '""') + '"'
        inner = "select v.text from value_parts f join value v on v.id = f.rowid where value_parts match ?"
        found = [row["text"] for row in db.execute(inner, (quoted,))]
        found = [one for one in found if text.lower() in one.lower()]
    else:
        pattern = "%" + re.sub(r"([%_!])", r"!\1", text) + "%"
        found = [row["text"] for row in db.execute("select text from value where text like ? escape '!'", (pattern,))]
    counted: list[dict[str, Any]] = []
    for start in range(0, len(found), 500):
        some = found[start : start + 500]
        query = f"""select p.field, p.kind, p.value, count(distinct p.rule) n, min(p.excluded) excluded from predicate p
          join rule r on r.id = p.rule where not r.retired and p.value in ({",".join("?" * len(some))})
          group by 1, 2, 3"""
        counted += [
            {
                "field": row["field"],
                "kind": row["kind"],
                "value": row["value"],
                "rules": row["n"],
                "only_excluded": bool(row["excluded"]),
            }
            for row in db.execute(query, some)
        ]
    counted.sort(key=lambda one: (-one["rules"], one["field"], one["kind"], one["value"]))
    exact = [one for one in counted if one["value"].lower() == text.lower()]
    shown = (exact + [one for one in counted if one not in exact])[:limit]
    rules = [] if not shown else _rules_with(db, [one["value"] for one in shown[:20]], limit)
    return {"schema": f"{SCHEMA}value/1", "value": text, "distinct": len(counted), "rows": shown, "rules": rules}


def _rules_with(db: sqlite3.Connection, values: list[str], limit: int) -> list[dict[str, Any]]:
    query = f"""select distinct r.*, s.path as path, {PUBLIC} from predicate p join rule r on r.id = p.rule
      join source s on s.id = r.source where not r.retired and p.value in ({",".join("?" * len(values))})
      order by r.vendor, lower(r.title), s.path limit ?"""
    return [_brief(row) for row in db.execute(query, [*values, limit])]


def event_page(db: sqlite3.Connection, name: str, limit: int = LIMIT) -> dict[str, Any]:
    """The rules that speak of an event: `4688`, `Sysmon 1`, `DeviceLogonEvents LogonSuccess`. Raises `UnknownError`."""
    number = re.search(r"(\d+)\s*$", name)
    word = name[: number.start()].strip() if number else name.strip()
    word = re.sub(r"(?i)\s*event\s*id\s*$", "", word).strip()
    query = """select provider, event from kind where exists
      (select 1 from event e where e.provider = kind.provider and e.event = kind.event)"""
    values: list[object] = []
    if number:
        query += " and event = ?"
        values.append(f"Event ID {number[1]}")
    for part in word.split():
        query += " and (provider || ' ' || event) like ?"
        values.append(f"%{part}%")
    found = db.execute(query + " order by position", values).fetchall()
    if not found:
        raise UnknownError(f"no rule speaks of an event {name!r}; expected a number, or a provider and a number")
    events = [event_of(db, row["provider"], row["event"], limit) for row in found]
    return {"schema": f"{SCHEMA}event/1", "query": name, "events": events}


def event_of(db: sqlite3.Connection, provider: str, name: str, limit: int) -> dict[str, Any]:
    """What the rules of one event look for."""
    event = (provider, name)
    joined = "from event e join rule r on r.id = e.rule where e.provider = ? and e.event = ? and not r.retired"
    (rules,) = db.execute(f"select count(distinct r.id) {joined}", event).fetchone()
    fields = db.execute(
        f"""select p.field, count(distinct p.rule) n from predicate p where p.rule in (select r.id {joined})
        group by 1 order by n desc, 1 limit 15""",
        event,
    )
    techniques = db.execute(
        f"""select t.technique, count(distinct t.rule) n from technique t where t.rule in (select r.id {joined})
        group by 1 order by n desc, 1 limit 15""",
        event,
    )
    listed_rules = db.execute(
        f"""select r.*, s.path as path, {PUBLIC} from rule r join source s on s.id = r.source
        where r.id in (select r.id {joined}) order by r.vendor, lower(r.title), s.path limit ?""",
        (*event, limit),
    )
    return {
        "provider": provider,
        "event": name,
        "title": db.execute("select title from kind where provider = ? and event = ?", event).fetchone()["title"],
        "rules": rules,
        "fields": [{"field": row["field"], "rules": row["n"]} for row in fields],
        "techniques": [_with_title(db, row["technique"], row["n"]) for row in techniques],
        "examples": [_brief(row) for row in listed_rules],
    }


def search(db: sqlite3.Connection, text: str, limit: int = LIMIT, vendor: str | None = None) -> dict[str, Any]:
    """Rules whose title, description or text has all the words, the best first."""
    words = re.findall(r"\w+", text)
    if not words:
        return {"schema": f"{SCHEMA}search/1", "query": text, "rows": []}
    match = " ".join(f'"{word}"*' if number == len(words) - 1 else f'"{word}"' for number, word in enumerate(words))
    chosen = "and r.vendor = ?" if vendor else ""
    query = f"""select r.*, s.path as path, {PUBLIC} from words w join rule r on r.id = w.rowid
      join source s on s.id = r.source where words match ? {chosen}
      order by r.retired, bm25(words, 10.0, 3.0, 1.0), s.path, r.number limit ?"""
    rows = db.execute(query, (match, vendor, limit) if vendor else (match, limit))
    return {"schema": f"{SCHEMA}search/1", "query": text, "rows": [_brief(row) for row in rows]}


def stats(db: sqlite3.Connection) -> dict[str, Any]:
    """What the catalog holds, and how much of it was read."""
    states = Counter(
        {
            (row["vendor"], row["language"], row["state"]): row["n"]
            for row in db.execute("select vendor, language, state, count(*) n from rule group by 1, 2, 3")
        }
    )
    order = {name: number for number, name in enumerate(vendors_of(db))}
    languages = sorted({key[:2] for key in states}, key=lambda one: (order.get(one[0], len(order)), one))
    rows = []
    for vendor, language in languages:
        counts = {state: states[vendor, language, state] for state in ("read", "partly", "unread")}
        total = sum(counts.values())
        rows.append(
            {
                "vendor": vendor,
                "language": language,
                "rules": total,
                **counts,
                "percent": round(100 * (total - counts["unread"]) / total, 1),
            }
        )
    codes = db.execute(
        """select json_extract(f.value, '$[0]') code, count(distinct r.id) n, min(json_extract(f.value, '$[2]')) message
        from rule r, json_each(r.findings) f where r.state = 'unread' group by 1 order by n desc, 1 limit 20"""
    )
    top = db.execute(
        """select p.field, count(distinct p.rule) n from predicate p join rule r on r.id = p.rule where not r.retired
        group by 1 order by n desc, 1 limit 20"""
    )
    techniques = db.execute(
        """select t.technique, count(distinct t.rule) n from technique t join rule r on r.id = t.rule
        where not r.retired group by 1 order by n desc, 1 limit 20"""
    )
    one = {name: db.execute(query).fetchone()[0] for name, query in _COUNTS.items()}
    return {
        "schema": f"{SCHEMA}stats/1",
        **one,
        "languages": rows,
        "unread_codes": [{"code": row["code"], "rules": row["n"], "example": row["message"]} for row in codes],
        "fields": [{"field": row["field"], "rules": row["n"]} for row in top],
        "techniques": [_with_title(db, row["technique"], row["n"]) for row in techniques],
    }


_COUNTS = {
    "files": "select count(*) from source",
    "rules": "select count(*) from rule",
    "retired": "select count(*) from rule where retired",
    "unread": "select count(*) from rule where state = 'unread'",
    "predicates": "select count(*) from predicate",
    "indicators": "select count(*) from (select distinct field, kind, value from predicate)",
    "relations": "select count(*) / 2 from relation",
}


def technique_ids(db: sqlite3.Connection) -> list[str]:
    """The techniques that a rule is tagged with, by id."""
    query = "select distinct t.technique from technique t join rule r on r.id = t.rule where not r.retired order by 1"
    return [row["technique"] for row in db.execute(query)]


def layer(db: sqlite3.Connection, name: str = "Detection rules") -> dict[str, Any]:
    """An ATT&CK Navigator layer (4.5): each technique scored by how many distinct meanings its rules have."""
    from transpile import attack

    meanings = distinct_meanings(db)
    rows = [
        {"techniqueID": id_, "score": score, "enabled": True, "comment": f"{rules} rules, {score} distinct meanings"}
        for id_, (score, rules) in sorted(meanings.items())
        if attack.technique(id_)
    ]
    top = max((score for score, _ in meanings.values()), default=1)
    return {
        "name": name,
        "versions": {"attack": "19", "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": "Each technique's score is the number of rules that differ in meaning.",
        "techniques": rows,
        "gradient": {"colors": ["#dbeafe", "#1e40af"], "minValue": 0, "maxValue": top},
    }


def distinct_meanings(db: sqlite3.Connection, only: Iterable[int] | None = None) -> dict[str, tuple[int, int]]:
    """For each technique: how many of its rules differ in meaning, and how many rules it has."""
    chosen = set(only) if only is not None else None
    equal: dict[int, int] = {}
    for row in db.execute("select a, min(b) first from relation where how = 'equal' group by a"):
        equal[row["a"]] = min(row["a"], row["first"])
    texts: dict[int, str] = {}
    for row in db.execute("select id, logsource, frozen from rule where frozen is not null"):
        texts[row["id"]] = f"{row['logsource']}\0{row['frozen']}"
    found: dict[str, set[object]] = {}
    rules: Counter[str] = Counter()
    for row in db.execute(
        "select t.technique, t.rule from technique t join rule r on r.id = t.rule where not r.retired"
    ):
        if chosen is None or row["rule"] in chosen:
            rules[row["technique"]] += 1
            first = equal.get(row["rule"], row["rule"])
            found.setdefault(row["technique"], set()).add(texts.get(first, first))
    return {id_: (len(found[id_]), rules[id_]) for id_ in found}
