"""Real events that public rules are known to match: by the reference, and by each language's text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from transpile.batch import find
from transpile.batch.find import read_source
from transpile.conversion import Options, convert_source
from transpile.diagnostics import Diagnostic
from transpile.matching.logs import Record, read_logs
from transpile.matching.windows import normalise
from transpile.source import Source
from transpile.verify import Event
from transpile.verify.trial import Trial

# Sentinel's SecurityEvent table keeps audited process creations; one that Sysmon saw is compared as if audited.
SYSTEM = ("EventID", "Channel", "Provider_Name", "Provider_Guid")


class Sample(NamedTuple):
    """A rule's text and the events that it must match one of."""

    source: Source
    events: list[Event]


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
            if isinstance(one, Record)
        ]
        for rule in yaml.safe_load(info.read_text(encoding="utf-8"))["rule_metadata"]:
            yield Sample(sources[rule["id"]], events)


@pytest.mark.parametrize("target", ["spl", "kql", "eql", "yaral"])
def test_each_languages_text_matches_what_the_rule_matches(corpora: Path, target: str) -> None:
    """Without a data model and with the language's own; nothing but what `refused` and `outside` explain is left out."""
    compared = matching = outside = refused = 0
    for sample in samples(corpora):
        for models in (("none",), ()):
            options = Options((target,), models=models)
            (conversion,) = convert_source(sample.source, options)
            if conversion.query is None:
                refused += 1
                continue
            assert conversion.rule is not None
            trial = Trial(conversion.rule, conversion.query, target, conversion.model, options)
            for event in sample.events:
                verdicts = compare(trial, event)
                if verdicts is None:
                    outside += 1
                    continue
                assert verdicts[0] is verdicts[1], (conversion.title, conversion.model, event)
                compared += 1
                matching += verdicts[0]
    assert matching > 200
    assert outside <= 3, "events whose parent is `-` have no parent's file name"
    assert refused <= 12


def compare(trial: Trial, event: Event) -> tuple[bool, bool] | None:
    """Both verdicts; None if the platform cannot hold the event at all."""
    for one in (event, {name: value for name, value in event.items() if name not in SYSTEM}):
        verdicts: Any = trial.compare(one)
        if verdicts is not None:
            return verdicts
    return None
