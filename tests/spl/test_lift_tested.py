"""Which commands are said to change only what is shown, and which to set what is tested."""

from __future__ import annotations

import pytest

from transpile.codes import Direction
from transpile.dialects.base import ReadOptions
from transpile.dialects.reading import read_query
from transpile.dialects.spl import DIALECT
from transpile.source import Source


@pytest.mark.parametrize(
    ("text", "tested"),
    [
        ('a=1 | eval c=if(b="1","x","y") | where c!="x"', 'eval c=if(b="1","x","y")'),
        ('a=1 | eval c=lower(b) | eval d=c."x" | where d="yx"', 'eval c=lower(b), eval d=c."x"'),
        ("a=1 | eval c=lower(b) | table c", ""),
        ("a=1 | eval c=lower(b) | eval c=d | search c=x", "eval c=d"),
        ('a=1 | eval c="x" | where c="x"', ""),
        ("a=1 | eval c=lower(b) | stats count values(c) as c by g | where count>5", ""),
        ("a=1 | eval c=lower(b) | stats count by c | where count>5", "eval c=lower(b)"),
        ("a=1 | rename b as c | rename d as e | search c=x", "rename b as c"),
        ('a=1 | rex field=b "(?<c>.)(?<d>.)" | search d=2 | sort c', 'rex field=b "(?<c>.)(?<d>.)"'),
        ("a=1 | fillnull value=x b c | search c=x", "fillnull value=x b c"),
        ("a=1 | stats values(c) as c by b | search c=x", "stats values(c) as c by b"),
        ("a=1 | stats values(*) as * by b | search c=x", "stats values(*) as * by b"),
        ('a=1 | eval c=mvjoin(b, "") | where c="x"', 'eval c=mvjoin(b, "")'),
        ("a=1 | eval c=lower(b) | dedup c", "eval c=lower(b)"),
    ],
)
def test_a_command_whose_field_is_tested_is_not_said_to_change_nothing(text: str, tested: str) -> None:
    lifted = read_query(DIALECT, Source(text), ReadOptions())
    assert ", ".join(one.text for one in lifted.left if one.code.id == "SPL027") == tested
    assert [one.code for one in lifted.diagnostics].count("SPL027") == (len(tested.split(", eval")) if tested else 0)
    assert {one.effect for one in lifted.left if one.code.id == "SPL027"} <= {Direction.EXACT}


@pytest.mark.parametrize(
    "text",
    [
        "a=1 | spath input=b | search c=x",
        "a=1 | spath input=b path=c | search c=x",
        "a=1 | xmlkv b | stats count by c",
        "a=1 | rename b as _raw | extract | search c=x",
        "a=1 | eval {b}=c | search d=x",
    ],
)
def test_a_field_taken_out_of_the_text_of_another_is_no_field_of_the_event(text: str) -> None:
    lifted = read_query(DIALECT, Source(text), ReadOptions())
    assert [one.code.id for one in lifted.left if one.effect is Direction.WIDER] == ["SPL013"]
