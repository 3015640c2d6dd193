"""One rule through the whole path, and what happens when a room fails."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import transpile
from transpile import dialects
from transpile.conversion import Options, Status, choose_models, convert, convert_all
from transpile.dialects.base import Dialect
from transpile.ir.rule import Rule

RULE = """\
title: Whoami
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
logsource: {product: windows, category: process_creation}
detection:
  selection:
    Image|endswith: '\\whoami.exe'
  condition: selection
"""
EMPTY = RULE.replace("Image|endswith: '\\whoami.exe'", "CommandLine: ''")  # Kusto can say it only approximately
AGGREGATION = RULE.replace("condition: selection", "condition: selection | count() > 5")

BREAKABLE = ("lower", "print")


def test_a_rule_becomes_a_query() -> None:
    found = convert(RULE, write="kql", model="none", path="whoami.yml")
    assert found.status is Status.EXACT
    assert found.query == 'Events\n| where Image endswith @"\\whoami.exe"'
    assert (found.path, found.id, found.title) == ("whoami.yml", "6f3e2987-db24-4c78-a860-b4f4095a7095", "Whoami")
    assert isinstance(found.rule, Rule) and isinstance(found.mapped, Rule)


def test_the_object_of_a_result_has_just_these_keys() -> None:
    found = convert(RULE, write="spl", model="none").to_dict()
    assert list(found) == ["path", "id", "title", "target", "model", "status", "query", "diagnostics"]
    assert json.loads(json.dumps(found)) == found
    refused = convert(AGGREGATION, write="spl", model="none").to_dict()
    assert refused["query"] is None
    assert list(refused["diagnostics"][0]) == [
        *("code", "severity", "message", "line", "column", "end_line", "end_column", "hint")
    ]


def test_every_rule_in_every_language_in_order() -> None:
    second = RULE.replace("Whoami", "Second")
    found = convert_all(f"{RULE}---\n{second}", write=["spl", "kql"], model="none")
    assert [(one.title, one.target) for one in found] == [
        ("Whoami", "spl"),
        ("Whoami", "kql"),
        ("Second", "spl"),
        ("Second", "kql"),
    ]


def test_a_field_has_one_type_wherever_it_stands() -> None:
    rule = RULE.replace("Image|endswith: '\\whoami.exe'", "{a|fieldref|cased: b, b|lte: 5}")
    found = convert(rule, write="eql", model="none")
    assert found.query == "any where startsWith(a, string(b)) and startsWith(string(b), a) and b <= 5"


@pytest.mark.parametrize(
    ("language", "query"),
    [
        ("eql", 'any where ?a == null or ?a == ""'),  # of several values one may be empty
        ("kql", "Events\n| where isempty(a)"),
        ("spl", 'NOT a=* OR a=""'),
    ],
)
def test_an_empty_text_beside_null(language: str, query: str) -> None:
    rule = RULE.replace("Image|endswith: '\\whoami.exe'", "a: [null, '']")
    assert convert(rule, write=language, model="none").query == query


def test_values_that_may_be_kept_in_two_fields_are_a_list_of_each() -> None:
    found = convert(RULE.replace("Image|endswith: '\\whoami.exe'", "User|contains: [AUTHORI, AUTORI]"), write="eql")
    assert (
        found.query
        and 'user.domain : ("*AUTHORI*", "*AUTORI*") or user.name : ("*AUTHORI*", "*AUTORI*")' in found.query
    )


def test_the_same_is_said_once() -> None:
    found = convert(RULE.replace("Image|endswith: '\\whoami.exe'", "T|hour|gte: 20"), write="eql", model="none")
    assert [one.code for one in found.diagnostics] == ["EQL003"]


def test_an_approximation_is_given_only_by_leave() -> None:
    refused = convert(EMPTY, write="kql", model="none")
    assert refused.status is Status.REFUSED and refused.query is None
    assert all(one.severity.value == "error" and "--allow-approximate" in one.hint for one in refused.diagnostics)
    allowed = convert(EMPTY, write="kql", model="none", allow_approximate=True)
    assert allowed.status is Status.APPROXIMATE and allowed.query
    assert [one.severity.value for one in allowed.diagnostics] == ["warning"]
    assert allowed.diagnostics[0].code[-1] in "WN"


def test_what_cannot_be_said_is_refused_with_a_code() -> None:
    found = convert(AGGREGATION, write="kql", model="none", allow_approximate=True)
    assert found.status is Status.REFUSED
    assert [one.code for one in found.diagnostics] == ["SIG054"]


def test_what_cannot_be_read_is_an_error_for_each_language() -> None:
    found = convert_all("title: [", write=["spl", "kql"], model="none")
    assert [(one.target, one.status) for one in found] == [("spl", Status.ERROR), ("kql", Status.ERROR)]
    assert all(one.diagnostics for one in found)


@pytest.mark.parametrize("part", BREAKABLE)
def test_a_failure_in_one_language_is_told_and_touches_no_other(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    breaks(monkeypatch, "kql", part, RuntimeError("spilled\ncoffee"))
    kql, spl = convert_all(RULE, write=["kql", "spl"], model="none")
    assert kql.status is Status.ERROR and kql.query is None
    assert kql.diagnostics[-1].code == "IO001"
    assert "RuntimeError: spilled" in kql.diagnostics[-1].message and "coffee" not in kql.diagnostics[-1].message
    assert "test_conversion.py" in kql.diagnostics[-1].message
    assert spl.status is Status.EXACT


def test_recursion_without_end_is_a_failure_of_one_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    breaks(monkeypatch, "kql", "lower", RecursionError("too deep"))
    found = convert_all(f"{RULE}---\n{RULE}", write="kql", model="none")
    assert [one.diagnostics[-1].code for one in found] == ["IO001", "IO001"]


def test_a_failing_reader_is_a_result_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def burst(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("transpile.dialects.sigma.read.read", burst)
    found = convert(RULE, write="kql", model="none")
    assert found.status is Status.ERROR
    assert [one.code for one in found.diagnostics] == ["IO001"]


def test_converting_twice_gives_the_same() -> None:
    first = [one.to_dict() for one in convert_all(RULE, write=dialects.writers(), model="none")]
    again = [one.to_dict() for one in convert_all(RULE, write=dialects.writers(), model="none")]
    assert first == again


def test_a_text_without_a_rule() -> None:
    with pytest.raises(ValueError, match="no rule"):
        convert("# only a comment", write="kql", model="none")


def test_a_language_that_there_is_not() -> None:
    with pytest.raises(KeyError, match="klingon"):
        convert(RULE, write="klingon")
    with pytest.raises(KeyError, match="unknown language"):
        convert(RULE, write="kql", model="none", read="klingon")


def test_a_data_model_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="sentinal"):
        convert(RULE, write="kql", model="sentinal")


def test_models_go_to_the_languages_they_are_for() -> None:
    default = choose_models(Options(("kql", "spl")))
    assert default == {name: dialects.load(name).default_model for name in ("kql", "spl")}
    assert choose_models(Options(("kql", "spl"), models=("none",))) == {"kql": "none", "spl": "none"}
    assert choose_models(Options(("kql", "spl"), models=("sentinel",))) == default | {"kql": "sentinel"}
    assert choose_models(Options(("kql", "spl"), models=("none", "sentinel"))) == {"kql": "sentinel", "spl": "none"}
    with pytest.raises(ValueError, match="for kql, not for spl"):
        choose_models(Options(("spl",), models=("sentinel",)))


def test_pysigma_pipelines_stand_in_for_a_model() -> None:
    assert choose_models(Options(("kql",), pipelines=("any",))) == {"kql": "none"}


def test_a_data_model_maps_names_and_says_how() -> None:
    found = convert(RULE, write="kql", model="sentinel")
    assert found.status is Status.EXACT
    assert found.query and "SecurityEvent" in found.query
    assert any(was == "Image" for was, _, _ in found.trace)
    across = pickle.loads(pickle.dumps(found))
    assert across.to_dict() == found.to_dict()
    assert (across.rule, across.mapped, across.tree, across.trace) == (None, None, None, ())


def test_the_package_offers_the_same_names_lazily() -> None:
    assert transpile.convert is convert and transpile.convert_all is convert_all
    with pytest.raises(AttributeError):
        _ = transpile.no_such_name


def breaks(monkeypatch: pytest.MonkeyPatch, name: str, part: str, error: Exception) -> None:
    """Make one function of a dialect raise."""
    real: Callable[[str], Dialect] = dialects.load

    def burst(*_: Any) -> Any:
        raise error

    def load(wanted: str) -> Dialect:
        found = real(wanted)
        changes: dict[str, Any] = {part: burst}
        return replace(found, **changes) if wanted == name else found

    monkeypatch.setattr(dialects, "load", load)


def test_a_group_by_a_function_that_the_language_lacks_leaves_the_events_alone() -> None:
    search = 'index=a x=y | rex field=u "@(?<domain>\\w+)" | stats count by domain | where count > 5'
    found = convert(search, read="spl", write="sigma", source_model="none", allow_approximate=True)
    assert found.status is Status.APPROXIMATE
    assert "DIA005W" in [one.code for one in found.diagnostics]
    assert found.query is not None
    assert "correlation:" not in found.query
    assert "x: 'y'" in found.query


def test_thousands_of_values_of_an_unknown_field_take_no_minute() -> None:
    values = "\n".join(f"      - 'a{number}'" for number in range(3000))
    text = f"title: x\nlogsource: {{product: windows}}\ndetection:\n  s:\n    Unknown:\n{values}\n  condition: s\n"
    started = time.process_time()
    found = convert(text, write="kql")
    assert time.process_time() - started < 8  # twenty, when each value looked through all lines above it
    assert [(one.code, one.span and one.span.line) for one in found.diagnostics if one.code == "MAP002"] == [
        ("MAP002", 5)
    ]
