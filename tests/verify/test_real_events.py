"""Real events that public rules are known to match: by the reference, and by each language's text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from transpile.batch import find
from transpile.batch.find import read_source
from transpile.conversion import Conversion, Options, Status, convert_source
from transpile.diagnostics import Diagnostic
from transpile.dialects.sigma.read import read
from transpile.evaluate.reference import compile_rule
from transpile.matching.logs import LogRecord, read_logs
from transpile.matching.windows import normalise
from transpile.source import Source
from transpile.verify import Event
from transpile.verify.trial import Trial

# Sentinel's SecurityEvent table keeps audited process creations; one that Sysmon saw is compared as if audited.
SYSTEM = ("EventID", "Channel", "Provider_Name", "Provider_Guid")


# What has no query to compare, by language and data model: the rule, and why.
EXCEPTIONS = {
    ("eql", "ecs", "Suspicious Cross-User Process Spawn"): "an account, kept in two fields, is compared with another",
    ("yaral", "udm", "Potentially Suspicious Explicit Credential Local Logon"): "UDM lacks the field",
    ("yaral", "udm", "Suspicious Cross-User Process Spawn"): "UDM lacks the fields",
}


class Sample(NamedTuple):
    """A rule's text, the events that it must match one of, and how many of them the corpus says that it does."""

    source: Source
    events: list[Event]
    matching: int | None


def samples(corpora: Path) -> Iterator[Sample]:
    sources: dict[str, Source] = {}
    for file in find([str(corpora / "sigma")]):
        source = read_source(file)
        if not isinstance(source, Diagnostic):
            sources.update((line[3:].strip(), source) for line in source.text.splitlines() if line.startswith("id:"))
    for info in sorted((corpora / "events" / "sigma-regression").rglob("info.yml")):
        events = [
            normalise(one.event)
            for path in info.parent.glob("*.json")
            for one in read_logs(path)
            if isinstance(one, LogRecord)
        ]
        told = yaml.safe_load(info.read_text(encoding="utf-8"))
        (test,) = told["regression_tests_info"]
        for rule in told["rule_metadata"]:
            yield Sample(sources[rule["id"]], events, test.get("match_count"))


def test_the_reference_matches_as_many_as_the_corpus_says(corpora: Path) -> None:
    differing = []
    for sample in samples(corpora):
        (reading,) = read(sample.source)
        assert reading.rule is not None
        count = sum(map(compile_rule(reading.rule), sample.events))
        assert count > 0, reading.title
        if sample.matching not in (None, count):
            differing.append((reading.title, count, sample.matching))
    # Two events set the two values that the rule lists; the corpus counts one.
    assert differing == [("Disable Administrative Share Creation at Startup", 2, 1)]


@pytest.mark.parametrize("target", ["spl", "kql", "eql", "yaral"])
def test_each_languages_text_matches_what_the_rule_matches(corpora: Path, target: str) -> None:
    """Without a data model and with the language's own; those of `EXCEPTIONS`, and no others, have no query.

    A query that is approximate matches what it must as well; only an exact one has to agree on every event.
    """
    matching = 0
    refused = set()
    for sample in samples(corpora):
        for models in (("none",), ()):
            options = Options((target,), models=models, allow_approximate=True)
            (conversion,) = convert_source(sample.source, options)
            if conversion.query is None:
                refused.add((target, conversion.model, conversion.title))
                continue
            verdicts = list(compare_all(conversion, sample.events, options))
            assert verdicts and None not in verdicts, (conversion.model, conversion.title, conversion.diagnostics)
            assert (True, True) in verdicts, (conversion.model, conversion.title)
            if conversion.status is Status.EXACT:
                assert all(both and both[0] is both[1] for both in verdicts), (conversion.model, conversion.title)
            matching += verdicts.count((True, True))
    assert refused == {key for key in EXCEPTIONS if key[0] == target}
    assert matching > 200


def compare_all(conversion: Conversion, events: list[Event], options: Options) -> Iterator[tuple[bool, bool] | None]:
    """Both verdicts on each event; nothing without a query, None for an event that the platform cannot hold."""
    if conversion.query is not None and conversion.rule is not None:
        trial = Trial(conversion, options)
        yield from (compare(trial, event) for event in events)


def compare(trial: Trial, event: Event) -> tuple[bool, bool] | None:
    """Both verdicts; None if the platform cannot hold the event at all."""
    for one in (event, {name: value for name, value in event.items() if name not in SYSTEM}):
        verdicts = trial.compare(one)
        if verdicts is not None:
            return verdicts
    return None
