"""A printed tree reads back as it was, in every language."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.parts import QUERY_LANGUAGES, trees
from transpile import dialects
from transpile.source import Source


@pytest.mark.parametrize("language", QUERY_LANGUAGES)
def test_a_printed_tree_reads_back(language: str) -> None:
    dialect = dialects.load(language)

    @settings(derandomize=True, deadline=None, max_examples=150)
    @given(st.deferred(lambda: trees(language)))
    def run(tree: Any) -> None:
        text = dialect.print(tree)
        assert dialect.parse(Source(text)) == tree, text

    run()
