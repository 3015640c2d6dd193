"""Expectations beside rules: `rule.tests.yml` says which events `rule.yml` must match and which it must not.

    rule: 4b9d...        # id, name or title; only needed where the rule file holds several rules
    match:
      - Image: C:\\Windows\\System32\\net.exe
        CommandLine: net use
      - events/net-use.json          # a log file, by its path from here: every event in it
    no_match:
      - Image: C:\\Windows\\System32\\netsh.exe

A file may hold several such documents, one for each rule. For a rule on many events each item has the events, each
with its time (`times.FIELDS`), and may have the groups that alert, no others:

    match:
      - events: [{timestamp: "2026-01-01T00:00:00Z", User: alice}, events/logons.json]
        groups: [{User: alice}]
    no_match:
      - events: [events/quiet.json]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from transpile.batch.find import SIDE_FILE
from transpile.evaluate.facts import spell
from transpile.evaluate.reference import compile_rule
from transpile.evaluate.rows import Key
from transpile.evaluate.streams import StreamReference, key_text
from transpile.ir.rule import Rule
from transpile.ir.timed import Timed
from transpile.matching.logs import Broken, Unreadable, read_logs
from transpile.matching.times import FIELDS, time_of
from transpile.matching.windows import normalise
from transpile.record import record

_KEYS = {"rule", "match", "no_match"}


@record
class ExpectationOutcome:
    """One expectation and whether it was met; `problem` says why not, or what is wrong with the side file."""

    path: str
    rule: str
    expectation: str
    met: bool
    problem: str = ""
    event: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON-ready values."""
        return {
            "path": self.path,
            "rule": self.rule,
            "expectation": self.expectation,
            "met": self.met,
            "problem": self.problem or None,
            "event": dict(self.event) if self.event is not None and not self.met else None,
        }


class _Wrong(Exception):
    """A side file that does not say what it must; the message is for its author."""


def side_file(rule_path: str) -> Path:
    """Where the expectations for a rule file would be.

    >>> side_file("rules/net.yml").name
    'net.tests.yml'
    """
    path = Path(rule_path)
    return path.with_name(path.stem + SIDE_FILE)


def check_expectations(rules: Sequence[Rule]) -> Iterator[ExpectationOutcome]:
    """Every expectation in the side files of these rules' files. A wrong side file is an outcome that is not met."""
    by_file: dict[str, list[Rule]] = {}
    for rule in rules:
        by_file.setdefault(rule.source.path, []).append(rule)
    for rule_path, inside in by_file.items():
        path = side_file(rule_path)
        if path.is_file():
            yield from _check_file(path, inside)


def _check_file(path: Path, rules: list[Rule]) -> Iterator[ExpectationOutcome]:
    try:
        for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
            if document is not None:
                yield from _check_document(path, document, rules)
    except (OSError, ValueError, RecursionError, yaml.YAMLError, _Wrong, Unreadable) as error:
        yield ExpectationOutcome(str(path), rules[0].title, "", False, " ".join(str(error).split()))


def _check_document(path: Path, document: Any, rules: list[Rule]) -> Iterator[ExpectationOutcome]:
    if not isinstance(document, dict) or not _KEYS & document.keys():
        raise _Wrong("a side file is a map with `match` and `no_match`")
    if unknown := [str(key) for key in document if key not in _KEYS]:
        raise _Wrong(f"unknown key {', '.join(unknown)}; there are rule, match and no_match")
    rule = _choose(rules, document.get("rule"))
    if not rule.is_single:
        yield from _check_streams(path, document, rule)
        return
    matches = compile_rule(rule)
    for key, wanted in (("match", True), ("no_match", False)):
        given = document.get(key) or []
        for number, item in enumerate(given if isinstance(given, list) else [given], start=1):
            for place, event in _events(path, item):
                met = matches(event) is wanted
                problem = "" if met else f"the rule {'does not match' if wanted else 'matches'} the event"
                yield ExpectationOutcome(str(path), rule.title, f"{key} {number}{place}", met, problem, event)


def _check_streams(path: Path, document: Any, rule: Rule) -> Iterator[ExpectationOutcome]:
    reference = StreamReference(rule.body)
    for key, wanted in (("match", True), ("no_match", False)):
        given = document.get(key) or []
        for number, item in enumerate(given if isinstance(given, list) else [given], start=1):
            if not isinstance(item, dict) or not isinstance(item.get("events"), list):
                raise _Wrong("an item for a rule on many events is a map with the list `events`")
            timed = [_timed(place, event) for one in item["events"] for place, event in _events(path, one)]
            found = reference.alerts(timed).groups
            problem = _problem(found, item.get("groups"), wanted, reference.by)
            yield ExpectationOutcome(str(path), rule.title, f"{key} {number}", not problem, problem)


def _timed(place: str, event: Mapping[str, Any]) -> Timed:
    time = time_of(event)
    if time is None:
        raise _Wrong(f"an event{place} does not say when it happened; fields that may: {', '.join(FIELDS)}")
    return Timed(time, event)


def _problem(found: frozenset[Key], groups: Any, wanted: bool, by: Sequence[str]) -> str:
    """What is wrong with the groups that alert; empty if nothing is."""
    if not wanted:
        return f"the rule alerts on {_listed(found)}" if found else ""
    if groups is None:
        return "" if found else "the rule does not alert on the events"
    if not isinstance(groups, list) or not all(isinstance(one, dict) and one.keys() == set(by) for one in groups):
        raise _Wrong(f"`groups` is a list of maps with {', '.join(by) or 'no fields'}")
    expected = frozenset(tuple(spell(one[name]) for name in by) for one in groups)
    return "" if found == expected else f"the rule alerts on {_listed(found)}, not on {_listed(expected)}"


def _listed(groups: frozenset[Key]) -> str:
    return "; ".join(sorted(f"({key_text(key)})" for key in groups)) or "nothing"


def _choose(rules: list[Rule], name: Any) -> Rule:
    if name is None:
        if len(rules) > 1:
            raise _Wrong("the rule file holds several rules: say which with `rule: <id, name or title>`")
        return rules[0]
    for rule in rules:
        if str(name) in (rule.id, rule.name, rule.title):
            return rule
    raise _Wrong(f"the rule file holds no rule {name!r}")


def _events(path: Path, item: Any) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """An event that is written out, or those of a log file, each with its place in it."""
    if isinstance(item, dict):
        return [("", normalise(item))]
    if not isinstance(item, str):
        raise _Wrong(f"an event is a map, or the path of a log file; {item!r} is neither")
    found = []
    for one in read_logs(path.parent / item):
        if isinstance(one, Broken):
            raise _Wrong(f"{item}:{one.number}: {one.reason}")
        found.append((f" ({item}:{one.number})", normalise(one.event)))
    if not found:
        raise _Wrong(f"{item} holds no event")
    return found
