"""The catalog's file: one SQLite database, filled anew or brought up to date.

What is in it depends on the rules alone, never on the order in which files were named. Only files whose content, or
whose reader, is another than before are read again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from transpile.catalog import facts
from transpile.catalog.collect import CandidateFile, Collected, collect, read_files
from transpile.catalog.database import VERSION, CatalogError, open_catalog
from transpile.catalog.read import CatalogRule, dumped
from transpile.codes import Effect
from transpile.diagnostics import encodable
from transpile.record import record
from transpile.selection import ALL, Selection

RETIRED = frozenset({"deprecated", "_deprecated", "unsupported"})  # folders of rules that their vendor gave up

_TABLES = """
create table about(key text primary key, value text) without rowid;
create table source(id integer primary key, path text unique, sha256 text, reader text);
create table rule(
  id integer primary key, source integer, number integer, key text, vendor text, language text, title text,
  description text, level text, status text, author text, date text, license text, state text, retired integer,
  logsource text, line integer, body text, platforms text, domains text, tactics text, refs text, stages text,
  findings text, frozen text, tested integer);
create table predicate(
  rule integer, field text, kind text, value text, own text, excluded integer, counted integer, meaning text,
  own_kind text);
create table technique(rule integer, technique text);
create table event(rule integer, provider text, event text);
create table relation(a integer, b integer, how text, proved integer, events integer, witness text);
create table translation(
  rule integer, language text, model text, status text, query text, verdict text, findings text);
create table value(id integer primary key, text text unique);
create virtual table words using fts5(title, description, body, content='', tokenize="unicode61 tokenchars '_'");
create virtual table value_parts using fts5(text, content='', tokenize='trigram');
"""
_INDEXES = """
create index rule_key on rule(key);
create index rule_source on rule(source);
create index predicate_rule on predicate(rule);
create index predicate_value on predicate(value, field, kind);
create index predicate_field on predicate(field);
create index predicate_meaning on predicate(meaning);
create index technique_rule on technique(rule);
create index technique_name on technique(technique);
create index event_rule on event(rule);
create index event_name on event(provider, event);
create index relation_a on relation(a);
create index relation_b on relation(b);
create index translation_rule on translation(rule);
"""
_COLUMNS = (
    "id", "source", "number", "key", "vendor", "language", "title", "description", "level", "status", "author", "date",
    "license", "state", "retired", "logsource", "line", "body", "platforms", "domains", "tactics", "refs", "stages",
    "findings", "frozen", "tested",
)  # fmt: skip


@record
class Built:
    """What a build did: files in all, files that were read, files that are gone, and rules in all.

    `unread`: how many of the rules could not be read. `failed`: the path of each file that was not opened or read to
    its end this time, with the code and the message that say why.
    """

    files: int
    read: int
    gone: int
    rules: int
    unread: int
    failed: tuple[tuple[str, str, str], ...] = ()


def build(
    paths: Iterable[str],
    target: Path,
    jobs: int | None = None,
    exclude: Sequence[str] = (),
    changed_since: str | None = None,
    selection: Selection = ALL,
) -> Built:
    """Make or update a catalog of the selected rules below `paths`, without files and folders of globs to `exclude`.

    Raises `GitError` for a revision that git does not know, `FileNotFoundError`, `CatalogError`, `OSError`.
    """
    collected = collect(paths, exclude, changed_since, selection)
    if target.exists() and _is_current(target):
        return _update(target, collected, jobs)
    return _anew(target, collected, jobs)


def _is_current(target: Path) -> bool:
    try:
        open_catalog(target).close()
    except CatalogError:
        if target.stat().st_size and not target.read_bytes()[:16].startswith(b"SQLite format 3"):
            raise
        return False
    return True


def _create(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.executescript(
        "pragma journal_mode = off; pragma synchronous = off; pragma page_size = 4096;" + _TABLES + facts.TABLES
    )
    db.execute("begin")
    db.execute("insert into about values ('version', ?)", (str(VERSION),))
    facts.fill(db)
    db.execute("commit")
    return db


def _finish(db: sqlite3.Connection) -> None:
    db.execute("insert into words(words) values ('optimize')")
    db.execute("insert into value_parts(value_parts) values ('optimize')")
    facts.count_reach(db)
    db.execute("analyze")
    db.close()


def _fill(db: sqlite3.Connection, collected: Collected, files: Sequence[CandidateFile], jobs: int | None) -> Built:
    """Read files and put their rules in, in order."""
    db.execute("begin")
    values: set[str] = {row["text"] for row in db.execute("select text from value")}
    digests = {one.path: one.sha256 for one in files}
    failed = []
    for path, records in read_files(files, collected.options, jobs):
        cursor = db.execute(
            "insert into source(path, sha256, reader) values (?, ?, ?)",
            (encodable(path), digests[path], collected.reader),
        )
        for one in records:
            _insert(db, int(cursor.lastrowid or 0), path, one, values)
            failed += [(path, why.code, why.message) for why in one.findings if why.effect == Effect.FAILED.value]
    db.execute("commit")
    return Built(len(collected.files), len(files), 0, *_counts(db), tuple(failed))


def _counts(db: sqlite3.Connection) -> tuple[int, int]:
    """How many rules there are, and how many of them could not be read."""
    rules, unread = db.execute("select count(*), coalesce(sum(state = 'unread'), 0) from rule").fetchone()
    return rules, unread


def _insert(db: sqlite3.Connection, source: int, path: str, record: CatalogRule, values: set[str]) -> None:
    retired = not RETIRED.isdisjoint(PurePath(path).parts) or record.status in ("deprecated", "unsupported")
    row = (
        None, source, record.number, record.key, record.vendor, record.language, record.title, record.description,
        record.level, record.status, record.author, record.date, record.license, record.state, int(retired),
        record.logsource, record.line, record.body, dumped(record.platforms), dumped(record.domains),
        dumped(record.tactics), dumped(record.references), dumped(record.stages),
        dumped([[one.code, one.line, one.message, one.effect] for one in record.findings]), record.frozen,
        int(record.tested),
    )  # fmt: skip
    marks = ",".join("?" * len(_COLUMNS))
    rule = db.execute(f"insert into rule({','.join(_COLUMNS)}) values ({marks})", _storable(row)).lastrowid
    db.executemany(
        "insert into predicate values (?,?,?,?,?,?,?,?,?)",
        [
            _storable((rule, p.field, p.kind, p.value, p.own, int(p.excluded), int(p.counted), p.meaning, p.own_kind))
            for p in record.predicates
        ],
    )
    db.executemany("insert into technique values (?,?)", [(rule, one) for one in dict.fromkeys(record.techniques)])
    for technique in record.techniques:
        facts.note_technique(db, technique)
    db.executemany("insert into event values (?,?,?)", [(rule, *one) for one in record.events])
    for event in record.events:
        facts.note_event(db, event)
    db.execute(
        "insert into words(rowid, title, description, body) values (?,?,?,?)",
        _storable((rule, record.title, record.description or "", record.body)),
    )
    for one in record.predicates:
        value = encodable(one.value or "")
        if value and value not in values:
            values.add(value)
            number = db.execute("insert into value(text) values (?)", (value,)).lastrowid
            db.execute("insert into value_parts(rowid, text) values (?,?)", (number, value))


def _storable(row: tuple[object, ...]) -> tuple[object, ...]:
    """A row whose texts the database takes: paths may hold bytes that are not UTF-8."""
    return tuple(encodable(one) if isinstance(one, str) else one for one in row)


def _update(target: Path, collected: Collected, jobs: int | None) -> Built:
    """Read again what changed, forget what is gone."""
    db = sqlite3.connect(target, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("pragma synchronous = off")
    known = {row["path"]: row for row in db.execute("select * from source")}
    changed = [
        one
        for one in collected.files
        if (before := known.get(encodable(one.path))) is None
        or (before["sha256"], before["reader"]) != (one.sha256, collected.reader)
    ]
    wanted = {encodable(one.path) for one in collected.files}
    gone = [path for path in known if path not in wanted]
    if len(changed) > len(collected.files) // 2:  # sooner made anew
        db.close()
        return _anew(target, collected, jobs)
    forgotten = [int(known[path]["id"]) for path in (*gone, *(encodable(one.path) for one in changed)) if path in known]
    if forgotten:
        db.execute("begin")
        for source in forgotten:
            _forget(db, source)
        db.execute("commit")
    failed = _fill(db, collected, changed, jobs).failed if changed else ()
    if changed or gone:
        db.execute("begin")
        facts.count_reach(db)
        db.execute("commit")
    counts = _counts(db)
    db.close()
    return Built(len(collected.files), len(changed), len(gone), *counts, failed)


def _anew(target: Path, collected: Collected, jobs: int | None) -> Built:
    """A catalog made in one go, in its place only when it is whole."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    try:
        db = _create(temporary)
        built = _fill(db, collected, collected.files, jobs)
        db.executescript(_INDEXES)
        _finish(db)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return built


def _forget(db: sqlite3.Connection, source: int) -> None:
    """Take the rules of a file out, with all that depends on them."""
    for row in db.execute("select id, title, description, body from rule where source = ?", (source,)).fetchall():
        rule = row["id"]
        db.execute(
            "insert into words(words, rowid, title, description, body) values ('delete',?,?,?,?)",
            (rule, row["title"], row["description"] or "", row["body"]),
        )
        for table in ("predicate", "technique", "event", "translation"):
            db.execute(f"delete from {table} where rule = ?", (rule,))
        db.execute("delete from relation where a = ? or b = ?", (rule, rule))
    db.execute("delete from rule where source = ?", (source,))
    db.execute("delete from source where id = ?", (source,))
