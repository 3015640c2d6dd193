"""Conditions on rules."""

from __future__ import annotations

import pytest

from transpile.conversion import Options, read_source_rules
from transpile.ir.rule import Rule
from transpile.selection import Selection, select
from transpile.source import Source

TEXT = """\
title: A Rule
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
status: stable
level: high
author: O'Neil
date: 2024-05-01
tags: [attack.execution, attack.t1059.001]
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image: a.exe}
  condition: selection
"""


def rule() -> Rule:
    (reading,) = read_source_rules(Source(TEXT, "rules/a.yml"), Options(()))
    assert reading.rule is not None
    return reading.rule


@pytest.mark.parametrize(
    "where",
    [
        "level >= high",
        "level<critical and not level < medium",
        "status in (stable, test)",
        "status not in (test)",
        "tag ~ attack.t1059",
        "tag == ATTACK.T1059.001",
        "tags ~ attack.t*.001",
        "logsource.product == windows and category = process_creation",
        "path ~ rules/ and not path ~ deprecated",
        "level == low or (title ~ 'a rule' and author ~ \"o'neil\")",
        "date >= 2024 and date < 2024-06 and modified > 2024-04-30",
        "name != x",
        "language == sigma",
        "status !~ prec",
    ],
)
def test_a_rule_that_meets(where: str) -> None:
    chosen = select(where)
    assert chosen.takes(rule(), "rules/a.yml")
    assert not select(f"not ({where})").takes(rule(), "rules/a.yml")


def test_a_rule_that_cannot_be_read_is_left_to_its_path() -> None:
    assert select("level == high").takes(None, "a.yml") and select("not level == high").takes(None, "a.yml")
    assert not select("level == high and path ~ b").takes(None, "a.yml")
    assert select("level == high or path ~ a").takes(None, "a.yml")
    assert not select("path ~ b").takes(None, "a.yml")


@pytest.mark.parametrize(
    ("where", "said", "under"),
    [
        ("levl >= high", "rules have no `levl`; did you mean `level`?", "^^^^"),
        ("level >= hgih", "`hgih` is not a level; did you mean `high`?", "         ^^^^"),
        ("level >=", "expected a value, found the end", "        ^"),
        ("title > a", "`title` has no order", "      ^"),
        ("level high", "expected ==", "      ^^^^"),
        ("(level == high", "expected ')', found the end", "              ^"),
        ("level == high status == test", "expected `and`, `or` or the end", "              ^^^^^^"),
        ("date > yesterday", "is not a date", "       ^^^^^^^^^"),
        ("level == high @@ {", "expected `and`", "              ^^"),
        ("level == 'high", "unexpected", "         ^"),
    ],
)
def test_a_condition_that_is_none_has_a_caret(where: str, said: str, under: str) -> None:
    with pytest.raises(ValueError) as caught:
        select(where)
    first, shown, caret = str(caught.value).split("\n")
    assert said in first and shown == f"    {where}" and caret == f"    {under}"


def test_brackets_without_end() -> None:
    with pytest.raises(ValueError, match="nested deeper"):
        select("(" * 5000 + "level == high")


def test_nothing_asked_takes_all() -> None:
    assert select(None) == select("  ") == Selection()
    assert Selection().takes(None, "a.yml")
