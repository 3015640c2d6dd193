"""What answers need beside the rules: ATT&CK's names, titles of events, the order of vendors, the reach of values.

They are written into the catalog when it is built, so that a query loads neither YAML nor ATT&CK.
"""

from __future__ import annotations

import json
import sqlite3

from transpile import attack
from transpile.catalog.names import vendors
from transpile.catalog.titles import EventKind, sort_key, title_of

TABLES = """
create table vendor(name text primary key, position integer) without rowid;
create table named(id text primary key, title text, tactics text, url text) without rowid;
create table kind(provider text, event text, title text, position text, primary key(provider, event)) without rowid;
create table reach(
  value text, field text, kind text, vendor text, rules integer, primary key(value, field, kind, vendor)) without rowid;
"""


def fill(db: sqlite3.Connection) -> None:
    """Write what does not depend on the rules."""
    db.executemany("insert into vendor values (?,?)", ((name, number) for number, name in enumerate(vendors())))
    for one in attack.techniques():
        title = f"{one.parent.name}: {one.name}" if one.parent else one.name
        tactics = json.dumps([tactic.name for tactic in one.tactics])
        db.execute("insert into named values (?,?,?,?)", (one.id, title, tactics, one.url))


def note_technique(db: sqlite3.Connection, id_: str) -> None:
    """Name a technique that ATT&CK has given up by what took its place."""
    later = None if attack.technique(id_) else attack.successor(id_)
    if later is not None:
        db.execute("insert or ignore into named values (?,?,'[]',null)", (id_, f"{id_} (now {later.id} {later.name})"))


def note_event(db: sqlite3.Connection, event: EventKind) -> None:
    """Keep the title of an event and its place on pages."""
    order, provider, number, name = sort_key(event)
    position = f"{order:03}\x1f{provider}\x1f{number:06}\x1f{name}"
    db.execute("insert or ignore into kind values (?,?,?,?)", (*event, title_of(event), position))


def count_reach(db: sqlite3.Connection) -> None:
    """Count anew how many rules of each vendor have each predicate positively."""
    db.execute("delete from reach")
    db.execute(
        """insert into reach select p.value, p.field, p.kind, r.vendor, count(distinct p.rule) from predicate p
        join rule r on r.id = p.rule where not p.excluded and not r.retired group by 1, 2, 3, 4 order by 1, 2, 3, 4"""
    )
