"""Elastic's Python engine of EQL, imported when asked: building its grammar takes half a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any


@contextmanager
def elastic(*allowed: str) -> Iterator[Any]:
    """The package with Elasticsearch's syntax, and what else is allowed: `allow_runs`, `allow_sample` ..."""
    import eql
    from eql import parser

    with ExitStack() as stack:
        for name in ("elasticsearch_syntax", "ignore_missing_functions", *allowed):
            stack.enter_context(getattr(parser, name))
        yield eql
