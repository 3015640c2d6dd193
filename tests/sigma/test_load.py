"""Hostile and broken texts: each ends in a diagnostic with a place, soon, and never in an exception."""

from __future__ import annotations

import gc
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sigma.sigma_rules import codes_of, detection_text, reading, readings, rule_text
from transpile.dialects.sigma import load as loading
from transpile.dialects.sigma.load import load
from transpile.dialects.sigma.read import read
from transpile.dialects.sigma.tree import Mapping, Scalar, plain_data
from transpile.source import Source, Span

GOOD = rule_text("field: x")
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("title: [x", "SIG001"),
        ("title: 'x", "SIG001"),
        ("title: x: y", "SIG001"),
        ("a: b\n\tc: d", "SIG001"),
        ("a: *nothing", "SIG001"),
        ("a: \x00", "SIG001"),
        ("\x7fELF\x02\x01\x01\x00", "SIG001"),
        ("MZ\x90\x00\x03", "SIG001"),
        ("a: \ud800", "SIG001"),
        ('a: "\\ud800"', "SIG001"),
        ("é: \x01", "SIG001"),
        ("%YAML 9.9\n---\na: b", "SIG001"),
        ("<<: x\na: b", "SIG001"),
        ("[" * 100_000, "SIG003"),
        ("{a: " * 100_000, "SIG003"),
        ("- " * 100_000 + "a", "SIG003"),
        ("? " * 100_000 + "a", "SIG003"),
        ("\n".join(" " * depth + "a:" for depth in range(2000)), "SIG003"),
        (BOMB, "SIG004"),
        ("a: [" + "x, " * 300_000 + "x]", "SIG004"),
        ("a: &a [*a]", "SIG005"),
        ("a: &a {b: {c: *a}}", "SIG005"),
        ("&a [*a]", "SIG005"),
        ("a: !!python/object:os.system x", "SIG006"),
        ("a: !!set {x}", "SIG006"),
        ("{a: b}: c", "SIG007"),
        ("[]", "SIG010"),
        ("just words", "SIG010"),
        ("- title: x", "SIG010"),
        ("4688", "SIG010"),
        ("{}", "SIG070"),
    ],
)
def test_bad_texts_end_in_a_diagnostic_soon(text: str, code: str) -> None:
    start = time.process_time()
    found = reading(text)
    assert time.process_time() - start < 2
    assert found.rule is None
    assert found.diagnostics[0].code == code
    assert found.diagnostics[0].span is not None


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a:\n  b\n  c: d\n", (2, 3), "a colon is missing"),
        ("a: *b* c\n", (1, 4), "must not begin with `*` or `&`"),
        ("a: 'b\n", (1, 4), "a quote is not closed"),
        ("a: [b, c\nd: e\n", (1, 4), "a bracket is not closed"),
        ("a: {b: c\nd: e\n", (1, 4), "a bracket is not closed"),
        ("a:\n  - b\n  c: d\n", (3, 3), "a line among the items of a list does not begin with `-`"),
        ("a:\n    b: c\n  d: e\n", (3, 3), "this line fits neither the names above it nor their values"),
    ],
)
def test_what_breaks_yaml_is_told_in_words(text: str, place: tuple[int, int], message: str) -> None:
    (found,) = reading(text).diagnostics
    assert found.span is not None and (found.span.line, found.span.column) == place
    assert message in found.message


def test_a_bomb_in_a_detection() -> None:
    text = BOMB + "detection:\n  selection: {field: *i}\n  condition: selection\n"
    assert codes_of(text) == ["SIG004"]


def test_aliases_are_read() -> None:
    text = detection_text("one: &one {field: &v [a, b]}\ntwo: {other: *v}\nthree: *one\ncondition: 1 of them")
    assert reading(text).rule is not None


def test_an_anchor_may_be_used_again_and_holds_for_one_document() -> None:
    assert codes_of("a: &x 1\nb: &x 2\nc: *x")[0] == "SIG070"
    assert [found.diagnostics[0].code for found in readings("a: &x 1\n---\nb: *x")] == ["SIG070", "SIG001"]


def test_texts_that_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "LARGEST", 100)
    assert codes_of("#" * 101) == ["SIG002"]
    assert readings("#" * 100) == []


def test_more_documents_than_anyone_writes() -> None:
    found = readings("---\n" * 500_000)
    assert [one.diagnostics[0].code for one in found] == ["SIG014"]


def test_documents_before_the_broken_one_are_read() -> None:
    found = readings(f"{GOOD}---\n{GOOD}---\ntitle: [x\n---\n{GOOD}")
    assert [one.rule is not None for one in found] == [True, True, False]


@pytest.mark.parametrize("text", ["", "\n", "# words\n", "---\n", "---\n---\n...\n", "~", "null\n---\n# x\n"])
def test_texts_without_rules(text: str) -> None:
    assert readings(text) == []


def test_places_of_broken_yaml() -> None:
    (diagnostic,) = reading("title: x\nid: [a\n").diagnostics
    assert diagnostic.span is not None and diagnostic.span.line >= 2
    (diagnostic,) = reading("é: ü\nid: a\x07b\n").diagnostics
    assert diagnostic.span == Span(2, 6, 2, 7)
    (diagnostic,) = reading("a: x\nb: \ud800\n").diagnostics
    assert diagnostic.span == Span(2, 4, 2, 5)


@pytest.mark.parametrize("prefix", ["\ufeff", "%YAML 1.1\n---\n", "---\n", "# words\n"])
def test_what_may_stand_before_a_rule(prefix: str) -> None:
    assert reading(prefix + GOOD).rule is not None


def test_windows_line_breaks() -> None:
    rule = reading(GOOD.replace("\n", "\r\n")).rule
    assert rule is not None and rule.condition == reading(GOOD).rule.condition  # type: ignore[union-attr]


def test_the_garbage_collector_is_left_as_it_was() -> None:
    read(Source(GOOD))
    assert gc.isenabled()
    gc.disable()
    try:
        read(Source(GOOD))
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_places_of_keys_and_values() -> None:
    (document,) = load(Source("title: x\nlist:\n  - a\n  - 'b c'\nmap: {k: v}\n"))
    assert isinstance(document.node, Mapping)
    entry = document.node.find("list")
    assert entry is not None
    assert entry.key.span == Span(2, 1, 2, 5)
    assert entry.value.span == Span(3, 3, 4, 10)
    value = document.node.value("map")
    assert isinstance(value, Mapping) and value.span == Span(5, 6, 5, 11)
    scalar = value.entries[0].value
    assert isinstance(scalar, Scalar) and scalar.text == "v" and scalar.plain and scalar.span == Span(5, 10, 5, 11)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


@given(JSON, st.booleans())
@settings(deadline=None, derandomize=True, max_examples=150)
def test_what_pyyaml_writes_is_read_back(data: object, flow: bool) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow)
    (document,) = load(Source(text))
    assert document.node is not None and plain_data(document.node) == data


@given(st.dictionaries(st.sampled_from(("title", "id", "logsource", "detection", "level", "tags", "action")), JSON))
@settings(deadline=None, derandomize=True, max_examples=150)
def test_wrong_types_anywhere_never_raise(data: dict[str, object]) -> None:
    for found in readings(yaml.safe_dump(data)):
        assert found.rule is not None or found.diagnostics


@given(JSON, st.sampled_from(["selection", "condition", "timeframe"]))
@settings(deadline=None, derandomize=True, max_examples=150)
def test_any_detection_never_raises(data: object, name: str) -> None:
    detection = {"selection": {"field|contains": "x"}, "condition": "selection", name: data}
    rule = {"title": "t", "logsource": {"product": "x"}, "detection": detection}
    for found in readings(yaml.safe_dump(rule)):
        assert found.rule is not None or found.diagnostics


@given(st.text(max_size=60))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_any_text_never_raises(text: str) -> None:
    for found in readings(text):
        assert found.rule is not None or found.diagnostics


@given(st.data())
@settings(deadline=None, derandomize=True, max_examples=150)
def test_a_damaged_rule_never_raises(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(start, min(len(GOOD), start + 12)))
    damage = data.draw(st.text(alphabet="[]{}:&*!|>'\"%@`-?,# \n\tax", max_size=6))
    for found in readings(GOOD[:start] + damage + GOOD[end:]):
        assert found.rule is not None or found.diagnostics
