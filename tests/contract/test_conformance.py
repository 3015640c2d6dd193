"""Each language's runner against what the vendor documents: `tests/<language>/conformance.yml`."""

from __future__ import annotations

import pytest

from tests.contract.parts import QUERY_LANGUAGES, Case, cases, conformance
from transpile import dialects
from transpile.evaluate import Unproven
from transpile.source import Source
from transpile.syntax.lexer import ParseError


@pytest.mark.parametrize(("language", "case"), cases())
def test_case(language: str, case: Case) -> None:
    dialect = dialects.load(language)
    assert dialect.run is not None
    if case.matches == "rejected":
        with pytest.raises(ParseError):
            dialect.parse(Source(case.query))
        return
    tree = dialect.parse(Source(case.query))
    if case.matches == "unproven":
        with pytest.raises(Unproven):
            list(dialect.run(tree, case.events))
    else:
        assert list(dialect.run(tree, case.events)) == case.matches
    assert dialect.parse(Source(dialect.print(tree))) == tree


@pytest.mark.parametrize("language", QUERY_LANGUAGES)
def test_each_case_is_there_once_and_names_its_source(language: str) -> None:
    found = conformance(language)
    assert all(case.source for case in found)
    assert len({(case.query, repr(case.events)) for case in found}) == len(found)
