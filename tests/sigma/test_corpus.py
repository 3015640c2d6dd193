"""The public Sigma rules: all are read, in the time that is allowed, with the meaning that pySigma gives them."""

from __future__ import annotations

import time
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.rule import SigmaRule
from sigma.types import SigmaExpansion, SigmaNull, SigmaNumber, SigmaString, SpecialChars

from transpile.diagnostics import Severity
from transpile.dialects.base import Reading
from transpile.dialects.sigma.read import read
from transpile.ir.expr import And, Expr, Keyword, Match, Not, Or
from transpile.ir.match import ANY, ONE, Field, Null, Number, Pattern
from transpile.ir.passes import simplify_expr
from transpile.source import Source

# What keeps public rules from being read: codes and what they stand for there.
REFUSED = {
    "SIG054",  # conditions that count without a time, in the folder `unsupported`
    "SIG039",  # placeholders without values
    "SIG050",  # conditions in prose, in the folder `unsupported`
}


@cache
def everything(folder: Path) -> list[tuple[Path, list[Reading]]]:
    return [(path, read(Source(path.read_text(encoding="utf-8"), str(path)))) for path in sorted(folder.rglob("*.yml"))]


@pytest.fixture
def corpus(corpora: Path) -> list[tuple[Path, list[Reading]]]:
    return everything(corpora / "sigma")


def test_every_document_that_is_a_rule_gives_one_reading(corpus: list[tuple[Path, list[Reading]]]) -> None:
    for path, found in corpus:
        documents = [document for document in yaml.load_all(path.read_bytes(), yaml.CSafeLoader) if document]
        lent = sum(document.get("action") in ("global", "reset") for document in documents)
        assert len(found) == len(documents) - lent, path
        for one in found:
            assert one.title and one.id
            assert (one.rule is None) == any(d.severity is Severity.ERROR for d in one.diagnostics)


def test_nearly_all_rules_are_read(corpus: list[tuple[Path, list[Reading]]]) -> None:
    found = [(path, one) for path, readings in corpus for one in readings]
    lost = [(path, one) for path, one in found if one.rule is None]
    assert len(found) > 3800
    assert len(lost) < 0.03 * len(found)
    reasons = Counter(d.code for _, one in lost for d in one.diagnostics if d.severity is Severity.ERROR)
    assert set(reasons) == REFUSED
    supported = [one for path, one in lost if "unsupported" not in path.parts]
    assert {d.code for one in supported for d in one.diagnostics if d.severity is Severity.ERROR} == {"SIG039"}


def test_reading_is_fast(corpora: Path) -> None:
    """The bound is loose, so that a busy machine passes; the benchmark has the figures."""
    sources = [Source(path.read_text(encoding="utf-8")) for path in sorted((corpora / "sigma").rglob("*.yml"))[::8]]
    start = time.process_time()
    for source in sources:
        read(source)
    assert time.process_time() - start < 0.004 * len(sources)


def normal(expr: Any) -> Any:
    """pySigma's condition in the words of IR, for the values that both say in the same way."""
    match expr:
        case ConditionAND():
            return ("and", *(normal(arg) for arg in expr.args))
        case ConditionOR():
            return ("or", *(normal(arg) for arg in expr.args))
        case ConditionNOT():
            return ("not", normal(expr.args[0]))
        case ConditionFieldEqualsValueExpression():
            return value_of(expr.field, expr.value)
        case ConditionValueExpression():
            return value_of(None, expr.value)
        case _:
            raise TypeError(expr)


def value_of(field: str | None, value: Any) -> Any:
    match value:
        case SigmaExpansion():
            forms = [value_of(field, form) for form in value.values]
            return forms[0] if len(forms) == 1 else ("or", *forms)
        case SigmaString():
            wildcards = {SpecialChars.WILDCARD_MULTI: ANY, SpecialChars.WILDCARD_SINGLE: ONE}
            parts = [part if isinstance(part, str) else wildcards[part] for part in value.s]  # type: ignore[index]
            found = Pattern.of(*parts).parts
            if field is None:  # keywords are not anchored
                found = found[found[:1] == (ANY,) :]
                found = found[: len(found) - (found[-1:] == (ANY,))]
            return (field, found)
        case SigmaNumber():
            return (field, (str(value.number),)) if field is None else (field, value.number)
        case SigmaNull():
            return (field, None)
        case _:
            return (field, type(value).__name__)


NAMES = {"Regex": "SigmaRegularExpression", "Boolean": "SigmaBool", "Cidr": "SigmaCIDRExpression"}
NAMES |= {"Exists": "SigmaExists", "FieldRef": "SigmaFieldReference", "Compare": "SigmaCompareExpression"}


def ours(expr: Expr) -> Any:
    match expr:
        case And(args):
            return ("and", *map(ours, args))
        case Or(args):
            return ("or", *map(ours, args))
        case Not(arg):
            return ("not", ours(arg))
        case Match(Field(name), test):
            match test:
                case Pattern(parts):
                    return (name, parts)
                case Number(value):
                    return (name, value)
                case Null():
                    return (name, None)
                case _:
                    return (name, NAMES[type(test).__name__])
        case Keyword(test):
            return (None, test.parts if isinstance(test, Pattern) else "SigmaRegularExpression")
        case _:
            raise TypeError(expr)


def test_conditions_are_what_pysigma_makes_of_them(corpus: list[tuple[Path, list[Reading]]]) -> None:
    """Every third rule, structure and values, by pySigma's own reader; it knows nothing of ours."""
    compared = 0
    for path, found in corpus[::3]:
        if len(found) != 1 or found[0].rule is None or not found[0].rule.is_single:
            continue
        data = yaml.load(path.read_bytes(), yaml.CSafeLoader)
        if "exists" in str(data["detection"]):
            continue  # pySigma holds absence in the value, IR as a negation
        rule = SigmaRule.from_dict(data)
        (condition,) = rule.detection.parsed_condition
        theirs, mine = normal(condition.parse()), ours(found[0].rule.condition)
        assert theirs == mine, path
        compared += 1
    assert compared > 1000


def test_passes_find_nothing_constant(corpus: list[tuple[Path, list[Reading]]]) -> None:
    for path, found in corpus[::5]:
        for one in found:
            if one.rule is not None and one.rule.is_single:
                assert isinstance(simplify_expr(one.rule.condition), And | Or | Not | Match | Keyword), path
