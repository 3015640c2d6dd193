"""The start page's figures: ATT&CK's matrix shaded by rules, and rules of different vendors with one meaning."""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from transpile import attack
from transpile.attack import Technique
from transpile.catalog.pages import PUBLIC

STEPS = 5  # shades of a cell


def matrix(db: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """Each tactic with its techniques, those with the most rules first; the rules of sub-techniques are theirs too.

    A technique that ATT&CK gave up counts as the one that took its place. `page` is the id of the page to open: the
    technique's own, or that of its sub-technique with the most rules; None for a technique without rules.
    """
    rules: dict[str, set[int]] = defaultdict(set)
    pages: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    query = "select t.technique, t.rule from technique t join rule r on r.id = t.rule where not r.retired"
    for row in db.execute(query):
        known = attack.technique(row["technique"]) or attack.successor(row["technique"])
        if known is not None:
            parent = (known.parent or known).id
            rules[parent].add(row["rule"])
            pages[parent][row["technique"]] += 1
    most = max(map(len, rules.values()), default=1)
    whole = [one for one in attack.techniques() if one.parent is None]
    for tactic in attack.tactics():
        own = [one for one in whole if tactic in one.tactics]
        cells = [_cell(one, len(rules[one.id]), pages[one.id], most) for one in own]
        cells.sort(key=lambda cell: (-cell["rules"], cell["id"]))
        covered = sum(cell["rules"] > 0 for cell in cells)
        named = set().union(*(rules[one.id] for one in own)) if own else set()
        yield {"name": tactic.name, "cells": cells, "covered": covered, "rules": len(named)}


def _cell(technique: Technique, rules: int, pages: dict[str, int], most: int) -> dict[str, Any]:
    step = 1 + round((STEPS - 1) * math.log(rules) / math.log(max(most, 2))) if rules else 0
    page = technique.id if technique.id in pages else min(pages, key=lambda id_: (-pages[id_], id_), default=None)
    return {"id": technique.id, "name": technique.name, "rules": rules, "step": step, "page": page}


def same_meaning(db: sqlite3.Connection, most: int) -> list[dict[str, Any]]:
    """Pairs of rules of different vendors that are equal, those with the shortest titles first; `PUBLIC` ids."""
    query = f"""select distinct r.id, r.vendor, r.title, {PUBLIC} from relation e join rule r on r.id = e.a
      where e.how = 'equal' and not r.retired"""
    rules = {row["id"]: row for row in db.execute(query)}
    pairs = [
        (rules[row["a"]], rules[row["b"]])
        for row in db.execute("select a, b from relation where how = 'equal' and a < b order by a, b")
        if row["a"] in rules and row["b"] in rules and rules[row["a"]]["vendor"] != rules[row["b"]]["vendor"]
    ]
    pairs.sort(key=lambda pair: (len(pair[0]["title"]) + len(pair[1]["title"]), pair[0]["public"], pair[1]["public"]))
    shown: dict[int, tuple[sqlite3.Row, sqlite3.Row]] = {}
    for pair in pairs:
        shown.setdefault(pair[0]["id"], pair)
    return [{"a": _named(one), "b": _named(other)} for one, other in list(shown.values())[:most]]


def _named(row: sqlite3.Row) -> dict[str, Any]:
    return {"id": row["public"], "title": row["title"], "vendor": row["vendor"]}
