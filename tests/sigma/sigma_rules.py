"""Rules for the tests, built around the part that a test is about."""

from __future__ import annotations

import textwrap
from typing import Any

from transpile.dialects.base import Reading, ReadOptions
from transpile.dialects.sigma.read import read
from transpile.ir.expr import Expr, Match, Not
from transpile.ir.match import Test
from transpile.ir.rule import Rule
from transpile.ir.walk import leaves
from transpile.source import Source


def rule_text(selection: str, condition: str = "selection") -> str:
    """A rule with one selection."""
    return detection_text(f"selection:\n{textwrap.indent(selection, '  ')}\ncondition: {condition}")


def detection_text(detection: str) -> str:
    """A rule with this detection."""
    return (
        "title: A rule\nid: 6f5a1a5e-2a6b-4c1e-9d0f-0b1c2d3e4f50\nlogsource:\n  category: process_creation\n"
        f"detection:\n{textwrap.indent(textwrap.dedent(detection).strip(), '  ')}\n"
    )


def readings(text: str, **options: Any) -> list[Reading]:
    return read(Source(text), ReadOptions(**options))


def reading(text: str, **options: Any) -> Reading:
    (only,) = readings(text, **options)
    return only


def rule_of(text: str, **options: Any) -> Rule:
    found = reading(text, **options)
    assert found.rule is not None, found.diagnostics
    return found.rule


def expr_of(selection: str, **options: Any) -> Expr:
    """What a selection means."""
    return rule_of(rule_text(selection), **options).condition


def all_tests(selection: str, **options: Any) -> list[Test]:
    """The tests in a selection, left to right."""
    return [leaf.test for leaf in leaves(expr_of(selection, **options))]


def one_test(selection: str, **options: Any) -> Test:
    (only,) = all_tests(selection, **options)
    return only


def codes_of(text: str, **options: Any) -> list[str]:
    """The codes of everything found in a text, in order."""
    return [diagnostic.code for found in readings(text, **options) for diagnostic in found.diagnostics]


def selection_codes(selection: str, **options: Any) -> list[str]:
    return codes_of(rule_text(selection), **options)


def negated(expr: Expr) -> Match:
    """The match inside of a negation."""
    assert isinstance(expr, Not) and isinstance(expr.arg, Match)
    return expr.arg
