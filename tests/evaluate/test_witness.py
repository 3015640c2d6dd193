"""Witnesses show every way to match, are the same each time, and tell a wrong rule from the right one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.evaluate.rules import make_rule
from transpile.dialects.sigma.read import read
from transpile.evaluate.reference import compile_rule, matches
from transpile.evaluate.sample import broken_samples, samples
from transpile.evaluate.shrink import shrink
from transpile.evaluate.ways import ways
from transpile.evaluate.witness import make_witnesses
from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Case,
    Cidr,
    Compare,
    Exists,
    Field,
    FieldRef,
    Null,
    Number,
    Order,
    Part,
    Pattern,
    Regex,
    Test,
)
from transpile.ir.walk import leaves
from transpile.source import Source

RULES = {
    "list": "sel: {Image|endswith: ['\\cmd.exe', '\\net.exe', '\\sc.exe']}",
    "all": "sel: {CommandLine|contains|all: [use, ' \\\\', admin$]}",
    "wildcards": "sel: {CommandLine: '*net?user*/add*'}",
    "literal star": "sel: {CommandLine|contains: 'a\\*b\\?c'}",
    "trailing backslash": "sel: {TargetFilename|contains: '\\Temp\\'}",
    "filters": """
        sel: {Image|endswith: '\\cmd.exe', CommandLine|contains: [' /c ', ' /k ']}
        filter_a: {ParentImage: 'C:\\Windows\\explorer.exe'}
        filter_b: {User: [SYSTEM, null]}
        condition: sel and not 1 of filter_*
        """,
    "filter on the same field": """
        sel: {Image|endswith: ['\\cmd.exe', '\\rundll32.exe']}
        filter: {Image|endswith: '\\rundll32.exe', CommandLine|contains: ' safe '}
        condition: sel and not filter
        """,
    "numbers": "sel: {EventID: [4624, 4625], LogonType|gte: 3, Count|lt: 10}",
    "networks": """
        sel: {DestinationPort: 443}
        filter: {DestinationIp|cidr: [10.0.0.0/8, 192.168.0.0/16, 'fe80::/10']}
        condition: sel and not filter
        """,
    "regex": "sel: {CommandLine|re: '(?:net|sc)1?\\.exe\\s+(user|group)\\s[^/]{3,}$'}",
    "regex and not": """
        sel: {CommandLine|re: '^[a-z]{4}\\.exe'}
        filter: {CommandLine|contains: safe}
        condition: sel and not filter
        """,
    "field reference": """
        sel: {Image|endswith: x}
        filter: {User|fieldref: ParentUser}
        nothing: {User: null}
        condition: sel and not filter and not nothing
        """,
    "empty": "sel: {User: '', Domain: null, Image|exists: true}",
    "keywords": "sel: ['mimi*katz', 'sekurlsa::']",
    "time": "sel: {UtcTime|hour: 3, UtcTime|month: 2}",
    "cased": "sel: {Image|cased|contains: PsExec}",
}


@pytest.mark.parametrize("name", RULES)
def test_every_leaf_is_reached_and_some_events_match_and_some_do_not(name: str) -> None:
    made = make_witnesses(make_rule(RULES[name]))
    assert made.unreached == ()
    assert {event.matches for event in made.events} == {True, False}


@pytest.mark.parametrize("name", RULES)
def test_the_verdicts_are_the_reference_meanings(name: str) -> None:
    rule = make_rule(RULES[name])
    for witness in make_witnesses(rule).events:
        assert matches(rule, witness.event) is witness.matches, witness.why


@pytest.mark.parametrize("name", RULES)
def test_the_same_rule_gives_the_same_events(name: str) -> None:
    assert make_witnesses(make_rule(RULES[name])) == make_witnesses(make_rule(RULES[name]))


def test_what_cannot_match_is_said_to_be_unreached() -> None:
    made = make_witnesses(make_rule("sel: {a: x}\nfilter: {a: X}\ncondition: sel and not filter"))
    assert not any(event.matches for event in made.events)
    assert [leaf.field.name for leaf in made.unreached if isinstance(leaf, Match)] == ["a"]


def test_exact_values_that_exclude_each_other_want_a_list() -> None:
    made = make_witnesses(make_rule("sel: {a|all: [x, y]}"))
    assert next(event.event for event in made.events if event.matches) == {"a": ["x", "y"]}


def test_every_value_of_a_long_list_is_shown() -> None:
    values = [f"value-{number}" for number in range(300)]
    made = make_witnesses(make_rule(f"sel: {{a: {values}}}"))
    shown = [event.event.get("a") for event in made.events if event.matches]
    assert all(value in shown for value in values)


def test_a_rule_of_thousands_of_values_gets_a_bounded_number_of_events() -> None:
    made = make_witnesses(make_rule(f"sel: {{a: {[f'value-{number}' for number in range(3000)]}}}"))
    assert 100 < len(made.events) < 600
    assert made.unreached == ()


# --- witnesses tell a wrong rule from the right one


def wrong(expr: Expr) -> Iterator[tuple[str, Expr]]:
    """Rules that a bad transpiler might have made of this one."""
    match expr:
        case And(args) | Or(args):
            kind, other = type(expr), Or if isinstance(expr, And) else And
            if len(args) > 1:
                yield "AND and OR exchanged", other(args)
                for at in range(len(args)):
                    yield "a part lost", kind(args[:at] + args[at + 1 :])
            for at, arg in enumerate(args):
                rest = (*args[:at], *args[at + 1 :])
                if kind is And and isinstance(arg, Or) and rest:
                    yield "parentheses lost", Or((And((*rest, arg.args[0])), *arg.args[1:]))
                    yield "parentheses lost", Or((*arg.args[:-1], And((arg.args[-1], *rest))))
                for how, changed in wrong(arg):
                    yield how, kind((*args[:at], changed, *args[at + 1 :]))
        case Not(arg):
            yield "NOT lost", arg
            if isinstance(arg, And | Or):
                yield "parentheses of NOT lost", type(arg)((Not(arg.args[0]), *arg.args[1:]))
            for how, changed in wrong(arg):
                yield how, Not(changed)
            # Fields that are missing must not lose the event.
            if names := {leaf.field for leaf in leaves(arg) if isinstance(leaf, Match)}:
                yield "NOT wants the field", And((expr, *(Match(name, Exists()) for name in names)))
        case Match(field, test):
            for how, changed_test in wrong_test(test):
                yield how, replace(expr, test=changed_test)
            if not isinstance(test, Null | Exists):
                yield "a missing field matches", Or((expr, Not(Match(field, Exists()))))


def wrong_test(test: Test) -> Iterator[tuple[str, Test]]:
    match test:
        case Pattern(parts, case):
            yield "case", Pattern(parts, Case.UNICODE if test.cased else Case.SENSITIVE)
            for how, changed in wrong_parts(parts):
                yield how, Pattern.of(*changed, case=case)
        case Number(value):
            yield "number", Number(value + 1)
        case Compare(order, value):
            yield "bound", Compare(Order(order.value + "=" if len(order.value) == 1 else order.value[0]), value)
        case Cidr(network):
            start, size = network.split("/")
            yield "network", Cidr(f"{start}/{int(size) + 1}")
        case Null():
            yield "null", Pattern(())
            yield "missing only", Exists()
        case Regex():
            yield "flag", replace(test, case=Case.SENSITIVE if test.ignore_case else Case.UNICODE)
            yield "whole", replace(test, pattern=f"^(?:{test.pattern})$")
        case FieldRef():
            yield "case", replace(test, case=Case.SENSITIVE)


def wrong_parts(parts: tuple[Part, ...]) -> Iterator[tuple[str, tuple[Part, ...]]]:
    yield ("start opened", (ANY, *parts)) if parts[:1] != (ANY,) else ("start anchored", parts[1:])
    yield ("end opened", (*parts, ANY)) if parts[-1:] != (ANY,) else ("end anchored", parts[:-1])
    for at, part in enumerate(parts):
        before, after = parts[:at], parts[at + 1 :]
        if part is ONE:
            yield "? as *", (*before, ANY, *after)
        elif part is ANY and before and after:
            yield "* lost", (*before, *after)
        elif isinstance(part, str):
            yield "first character lost", (*before, part[1:], *after)
            yield "last character lost", (*before, part[:-1], *after)
            for char, wildcard in (("*", ANY), ("?", ONE)):
                head, found, tail = part.partition(char)
                if found:
                    yield f"literal {char} as a wildcard", (*before, head, wildcard, tail, *after)
            if "\\" in part:
                yield "backslashes doubled", (*before, part.replace("\\", "\\\\"), *after)
                yield "backslashes lost", (*before, part.replace("\\", ""), *after)


# Changes that make no difference, and why.
SAME = {
    ("all", "case"): "there are no letters in ` \\`",
    ("all", "a missing field matches"): "the other parts want the same field",
    ("time", "a missing field matches"): "the other part wants the same field",
    ("filter on the same field", "a missing field matches"): "the selection wants the same field",
    ("filter on the same field", "parentheses lost"): "what is filtered is not \\cmd.exe",
    ("filter on the same field", "end opened"): "the selection wants that end",
    ("filter on the same field", "first character lost"): "the selection wants the backslash",
    ("filter on the same field", "backslashes lost"): "the selection wants the backslash",
    ("regex and not", "a missing field matches"): "the selection wants the same field",
    ("regex and not", "NOT wants the field"): "the selection wants the same field",
    ("filters", "a missing field matches"): "without a user the other filter holds",
    ("field reference", "a missing field matches"): "without a user the other filter holds",
    ("field reference", "NOT wants the field"): "without a user the other filter holds",
    ("empty", "case"): "there are no letters in the empty string",
}


@pytest.mark.parametrize("name", RULES)
def test_wrong_rules_are_told_apart(name: str) -> None:
    rule = make_rule(RULES[name])
    events = make_witnesses(rule).events
    survivors = []
    tried = 0
    for how, condition in wrong(rule.condition):
        tried += 1
        accepts = compile_rule(rule.with_events(condition=condition))
        if all(accepts(event.event) is event.matches for event in events):
            survivors.append(how)
    assert tried
    assert [how for how in survivors if (name, how) not in SAME] == []


def test_witnesses_of_real_rules(corpora: Path) -> None:
    """A part of the public rules: nearly every leaf is reached, and quickly."""
    files = sorted((corpora / "sigma" / "rules").rglob("*.yml"))[::40]
    unreached = made = 0
    for file in files:
        for reading in read(Source(file.read_text(encoding="utf-8"), str(file))):
            if reading.rule is not None:
                found = make_witnesses(reading.rule)
                made += 1
                unreached += bool(found.unreached)
                assert any(event.matches for event in found.events), file
                assert not all(event.matches for event in found.events), file
    assert made > 70
    assert unreached <= 1


# --- the parts


def test_ways_show_every_leaf_without_multiplying() -> None:
    a, b = [tuple(Match(Field(name), Number(number)) for number in range(40)) for name in "ab"]
    found = ways(And((Or(a), Or(b))))
    assert len(found) == 40
    assert {need.leaf for way in found for need in way} == {*a, *b}
    assert ways(Or(a), holds=False) == [tuple((leaf, False) for leaf in a)]


@pytest.mark.parametrize(
    "pattern",
    [
        "^(net|sc)[0-9]+ x?$",
        r"\\Users\\[^\\]+\\AppData\\.{3,}\.exe$",
        r"(?i)invoke-(web)?request\s+-uri\s+'https?://",
        r"(?<user>\w{4})@\k<user>",
        r"\bcmd\b.*\b(?:/c|/k)\b",
        r"(?=.*foo)(?=.*bar)^x",
        r"a(?!b)c?",
        r"[^a-zA-Z0-9 ]",
        r"\p{Lu}\d{2,3}?",
        r"(?s)a.b",
        r"",
    ],
)
def test_samples_match_their_regex(pattern: str) -> None:
    leaf = Match(Field("f"), Regex(pattern))
    found = samples(Regex(pattern))
    assert found
    assert any(matches(leaf, {"f": text}) for text in found)


@pytest.mark.parametrize("pattern", ["^a[0-9]{2}$", r"net\s+(user|group)", r"\bcmd\b", "a(?!b)c", "x(y|z)+"])
def test_broken_samples_do_not_all_match(pattern: str) -> None:
    leaf = Match(Field("f"), Regex(pattern))
    found = broken_samples(Regex(pattern))
    assert found
    assert not all(matches(leaf, {"f": text}) for text in found)


def test_an_exclusion_is_tried_on_the_ground_that_it_spoils() -> None:
    rule = make_rule("""
        net: {Image: net.exe}
        start: {CommandLine|contains: start}
        sc: {Image: sc.exe}
        query: {CommandLine|contains: query}
        condition: (net and not start) or (sc and not query)
        """)
    spoilt = [event.event for event in make_witnesses(rule).events if event.why == "what the rule excludes"]
    assert {(event["Image"], "start" in event["CommandLine"]) for event in spoilt} == {
        ("net.exe", True),
        ("sc.exe", False),
    }


def test_patterns_are_laid_over_one_another() -> None:
    rule = make_rule(r"""
        sel: {Image: 'C:\\????????.exe'}
        filter: {Image|endswith: '\evilevil.exe'}
        condition: sel and not filter
        """)
    assert any(event.event.get("Image") == "C:\\evilevil.exe" for event in make_witnesses(rule).events)


def test_odd_capitals_are_found() -> None:
    rule = make_rule("""
        sel: {CommandLine|contains: iex}
        filter: {CommandLine|contains|cased: [iex, IEX, Iex]}
        condition: sel and not filter
        """)
    assert any(event.matches for event in make_witnesses(rule).events)


def test_samples_show_every_alternative() -> None:
    found = " ".join(samples(Regex("(alpha|beta|(gamma|delta)x)")))
    assert all(word in found for word in ("alpha", "beta", "gammax", "deltax"))


def test_a_regex_that_cannot_be_read_has_no_samples() -> None:
    assert samples(Regex("(")) == ()


def test_shrinking_ends_and_keeps_what_shows() -> None:
    event = {f"f{number}": "x" * 100 for number in range(20)} | {"key": "___needle___"}
    small = shrink(event, lambda event: "needle" in event.get("key", ""))
    assert small == {"key": "needle"}
