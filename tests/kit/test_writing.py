"""What writers share."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network

import pytest

from transpile.diagnostics import Report
from transpile.dialects.kit.writing.casing import either_case, is_lowered
from transpile.dialects.kit.writing.conditions import Connectives, Leaves, join, lower_condition
from transpile.dialects.kit.writing.lists import ListItem, gather
from transpile.dialects.kit.writing.networks import network_of, network_regex
from transpile.dialects.kit.writing.typed import as_typed
from transpile.evaluate.facts import fold
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Or
from transpile.ir.match import ANY, Boolean, Cidr, Compare, Field, FieldType, Null, Number, Order, Pattern, Regex, Test

SAME: Connectives[Expr] = Connectives(And, Or, Not, Constant)


def leaf(name: str, test: Test | None = None) -> Match:
    return Match(Field(name), test or Pattern.of("x"))


def lowered(expr: Expr) -> tuple[Expr, list[bool], list[int]]:
    """The condition lowered to itself, whether each group was negated, and how large it was."""
    report, negated, sizes = Report(), [], []

    def tests(field: Field, matches: list[Match]) -> list[Expr]:
        negated.append(report.negated)
        sizes.append(len(matches))
        return list(matches)

    return lower_condition(expr, report, SAME, Leaves(tests, lambda one: one, lambda one: one)), negated, sizes


def test_a_condition_is_lowered_part_by_part() -> None:
    expr = And((leaf("a"), Not(Or((leaf("b"), leaf("b"), Not(leaf("c")), Keyword(Pattern.of("k")))))))
    assert lowered(expr) == (expr, [False, True, False], [1, 2, 1])


def test_trees_are_flat() -> None:
    one, two, three = leaf("a"), leaf("b"), leaf("c")
    assert lowered(Or((one, Or((two, three)))))[0] == Or((one, two, three))
    assert lowered(And((And((one, two)), three)))[0] == And((one, two, three))
    assert lowered(Or(()))[0] == Constant(False)
    assert join(And, [], Constant(True)) == Constant(True)


def test_lists_keep_their_place_and_no_repeats() -> None:
    items = [ListItem("a", 1), "x", ListItem("b", 1), ListItem("a", 2), ListItem("a", 1)]
    assert gather(items, lambda key, values: [str(key) * len(values)]) == ["aa", "x", "b"]


@pytest.mark.parametrize(
    ("test", "type_", "found"),
    [
        (Pattern.of("5"), FieldType.NUMBER, Number(5)),
        (Pattern.of("5", ANY), FieldType.NUMBER, None),
        (Pattern.of(ANY), FieldType.NUMBER, Pattern.of(ANY)),
        (Regex("a"), FieldType.NUMBER, None),
        (Boolean(True), FieldType.STRING, Pattern.of("true")),
        (Pattern.of("False"), FieldType.BOOLEAN, Boolean(False)),
        (Number(1), FieldType.BOOLEAN, None),
        (Compare(Order.LT, 1), FieldType.STRING, None),
        (Cidr("10.0.0.0/8"), FieldType.STRING, Cidr("10.0.0.0/8")),
        (Pattern.of("10.0.0.1"), FieldType.IP, Pattern.of("10.0.0.1")),
        (Pattern.of("10."), FieldType.IP, None),
        (Number(5), FieldType.TIME, None),
        (Null(), FieldType.DYNAMIC, Null()),
    ],
)
def test_tests_by_type(test: Test, type_: FieldType, found: Test | None) -> None:
    assert as_typed(test, type_) == found


def test_lower_casing_is_exact_where_it_says_so() -> None:
    """By every letter beyond ASCII of the planes that have case."""
    letters = [
        chr(code) for code in range(0x80, 0x2000) if chr(code).lower() != chr(code) or chr(code).upper() != chr(code)
    ]
    by_fold: dict[str, set[str]] = {}
    by_lower: dict[str, set[str]] = {}
    for char in letters:
        by_fold.setdefault(fold(char), set()).add(char)
        by_lower.setdefault(char.lower(), set()).add(char)
    wrong = [char for char in letters if is_lowered(char) and by_fold[fold(char)] != by_lower[char.lower()]]
    assert wrong == []
    assert sum(map(is_lowered, letters)) > 1000


def test_either_case_takes_every_form() -> None:
    regex = re.compile(either_case("K.é\u03c3", re.escape))
    assert all(regex.fullmatch(text) for text in ("k.É\u03c2", "K.é\u03a3"))
    assert not regex.fullmatch("kxé\u03c3")


@pytest.mark.parametrize("network", ["10.0.0.0/8", "172.16.0.0/12", "192.168.4.128/25", "0.0.0.0/0", "1.2.3.4/32"])
def test_networks_as_regexes(network: str) -> None:
    regex = re.compile(network_regex(network) or "")
    for text in ("10.0.0.1", "172.16.0.1", "172.32.0.1", "192.168.4.127", "192.168.4.200", "1.2.3.4", "1.2.3.40"):
        assert bool(regex.fullmatch(text)) is (ip_address(text) in ip_network(network))
    assert network_regex("fe80::/10") is None
    assert network_of("10.1") is None
