"""The whole catalog as lines: JSON of every rule, or CSV of every predicate."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator

from transpile.catalog.database import listed
from transpile.catalog.pages import PUBLIC, SCHEMA


def json_lines(db: sqlite3.Connection) -> Iterator[str]:
    """A line for each rule, with its predicates, events and techniques; bodies are left out."""
    query = f"select r.*, s.path as path, {PUBLIC} from rule r join source s on s.id = r.source order by r.id"
    for row in db.execute(query):
        predicates = db.execute("select * from predicate where rule = ? order by rowid", (row["id"],))
        events = db.execute("select provider, event from event where rule = ?", (row["id"],))
        techniques = db.execute("select technique from technique where rule = ?", (row["id"],))
        found = {
            "schema": f"{SCHEMA}export/1",
            "id": row["public"],
            **{name: row[name] for name in ("vendor", "language", "title", "path", "level", "state")},
            "platforms": listed(row["platforms"]),
            "techniques": [one["technique"] for one in techniques],
            "events": [list(one) for one in events],
            "predicates": [
                {
                    "field": one["field"],
                    "kind": one["kind"],
                    "value": one["value"],
                    "own": one["own"],
                    "excluded": bool(one["excluded"]),
                }
                for one in predicates
            ],
        }
        yield json.dumps(found) + "\n"


def csv_lines(db: sqlite3.Connection) -> Iterator[str]:
    """A line for each predicate of each rule."""
    yield "rule,vendor,field,kind,value,own,excluded\n"
    query = f"""select {PUBLIC}, r.vendor, p.field, p.kind, p.value, p.own, p.excluded from predicate p
      join rule r on r.id = p.rule order by p.rule, p.rowid"""
    for row in db.execute(query):
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(tuple(row))
        yield out.getvalue()
