"""Every place of a data model says where it is known from, or that it is assumed."""

from __future__ import annotations

import pytest

from transpile.conversion import Options, convert_source
from transpile.pipelines.load import evidence, load, names
from transpile.source import Source

MODELS = [name for name in names() if name != "none"]
ALERTS = Source(
    "title: A\nlogsource: {product: macos, category: process_creation}\n"
    "detection:\n  s: {CommandLine: a}\n  condition: s\n"
)


@pytest.mark.parametrize("model", MODELS)
def test_every_place_has_evidence_or_is_assumed(model: str) -> None:
    places = {place for found in load(model).sources.values() for place in found}
    assert places
    assert not [place.name for place in places if not place.evidence and not place.assumed]


def test_every_code_has_a_link() -> None:
    assert all("https://" in text for text in evidence().values())


@pytest.mark.parametrize("strict", [False, True])
def test_what_is_assumed_is_refused_on_request(strict: bool) -> None:
    (found,) = convert_source(ALERTS, Options(("spl",), strict_evidence=strict))
    assert (found.query is None) is strict
    assert [one.code for one in found.diagnostics] == ["MAP010"]
