"""Each rule of a catalog in every other language, with its proof."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from transpile import dialects
from transpile.batch.pool import Lost, run
from transpile.catalog.frozen import thaw
from transpile.codes import Effect
from transpile.conversion import Conversion, Options, convert_reading
from transpile.dialects.base import Reading
from transpile.ir.rule import Rule
from transpile.source import Source
from transpile.verify import verify_conversions

TIMEOUT = 20.0  # seconds for one rule


def prove_translations(db: sqlite3.Connection, jobs: int | None = None, rules: Iterable[int] | None = None) -> int:
    """Write the rules of a catalog in every other language, and prove the queries; the number of rules written.

    Rules that have translations already are not written again.
    """
    query = """select id, title, key, description, level, frozen, language from rule r where frozen is not null
      and not retired and not exists (select 1 from translation t where t.rule = r.id) order by id"""
    wanted = set(rules) if rules is not None else None
    todo = [tuple(row) for row in db.execute(query) if wanted is None or row["id"] in wanted]
    done = 0
    for one, result in zip(todo, run(_translate, todo, jobs=jobs, timeout=TIMEOUT), strict=True):
        if isinstance(result, Lost):
            continue
        done += 1
        db.executemany("insert into translation values (?,?,?,?,?,?,?)", [(one[0], *row) for row in result])
    db.commit()
    return done


def _translate(row: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """The rows of one rule: language, data model, status, query, verdict, findings."""
    _, title, key, description, level, frozen, language = row
    rule = thaw(frozen, title)
    rule = Rule(title, rule.body, Source(""), id=key, description=description, level=level)
    targets = tuple(name for name in dialects.writers() if name != language)
    return [_row(one, proof) for one, proof in translations(rule, targets)]


def translations(rule: Rule, targets: tuple[str, ...]) -> list[tuple[Conversion, str]]:
    """A rule in Sigma's names in other languages, each with the verdict of its proof."""
    options = Options(targets, allow_approximate=True)
    made = convert_reading(Reading(rule, id=rule.id, title=rule.title), rule.source, options)
    try:
        verdicts = [one.verdict.value for one in verify_conversions(made, options)]
    except Exception:  # a fault in proving costs the proof, not the query
        verdicts = ["unproven"] * len(made)
    return list(zip(made, verdicts, strict=True))


_TELLING = frozenset({Effect.REFUSED, Effect.APPROXIMATE, Effect.FAILED})


def _row(one: Conversion, verdict: str) -> tuple[Any, ...]:
    said = [[diagnostic.code, diagnostic.message] for diagnostic in one.diagnostics if diagnostic.effect in _TELLING]
    query = one.query if verdict != "disproven" else None
    findings = json.dumps(list({tuple(pair): pair for pair in said}.values())[:6], ensure_ascii=False)
    return one.target, one.model, one.status.value, query, verdict, findings
