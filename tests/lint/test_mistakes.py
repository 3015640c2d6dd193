"""One mistake at a time: each is found with its place, and nothing else is called an error."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.lint.lint_cases import BASE, CORRELATION, CORRELATION_NAME, NAME, Mistake, everything, mistakes
from transpile.diagnostics import Severity
from transpile.lint.codes import CODES
from transpile.lint.run import lint_text

SETTINGS = everything()
MISTAKES = mistakes()
APPLIED = {"SIG097", "SIG098"}  # notes on what the correlation and the filter use


@pytest.mark.parametrize(("text", "name"), [(BASE, NAME), (CORRELATION, CORRELATION_NAME)])
def test_the_sound_rules_are_sound(text: str, name: str) -> None:
    found = [one.diagnostic for one in lint_text(text, name, SETTINGS)]
    assert [one for one in found if one.code not in APPLIED] == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_each_mistake_is_found_where_it_is(mistake: Mistake) -> None:
    found = [one.diagnostic for one in lint_text(mistake.text, mistake.path, SETTINGS)]
    places = [(one.span.line, one.span.column) for one in found if one.span and one.code == mistake.code]
    shown = "\n".join(f"{one.code} {one.span and one.span[:2]} {one.message}" for one in found)
    assert (mistake.line, mistake.column) in places, shown
    errors = {one.code for one in found if one.severity is Severity.ERROR}
    assert errors <= {mistake.code}, shown


def test_the_corpus_is_large_and_covers_every_lint_rule() -> None:
    counts = Counter(mistake.code for mistake in MISTAKES)
    assert len(MISTAKES) >= 120
    assert set(CODES) - set(counts) == {
        "LNT032",  # a text of 65,536 characters is made in test_rules.py
        "LNT171",  # takes two folders, in test_sets.py
    }
