"""Real events that public rules are known to match: by the reference, and by each language's text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from transpile.batch import find
from transpile.batch.find import read_source
from transpile.conversion import Conversion, Options, convert_source
from transpile.diagnostics import Diagnostic
from transpile.matching.logs import Record, read_logs
from transpile.matching.windows import normalise
from transpile.source import Source
from transpile.verify import Event
from transpile.verify.trial import Trial

# Sentinel's SecurityEvent table keeps audited process creations; one that Sysmon saw is compared as if audited.
SYSTEM = ("EventID", "Channel", "Provider_Name", "Provider_Guid")


# What is not compared, by language and data model: the rule, and why.
EXCEPTIONS = {
    (
        "kql",
        "none",
        "Potentially Suspicious Explicit Credential Local Logon",
    ): "two empty fields are not told from none",
    ("kql", "sentinel", "Potentially Suspicious Explicit Credential Local Logon"): "likewise",
    ("kql", "none", "Suspicious Cross-User Process Spawn"): "likewise",
    ("yaral", "none", "Potentially Suspicious Explicit Credential Local Logon"): "likewise",
    ("yaral", "none", "Suspicious Cross-User Process Spawn"): "likewise",
    ("eql", "ecs", "File Download Via Bitsadmin To A Suspicious Target Folder"): "the parent is `-`: no file name",
    ("eql", "ecs", "Windows Credential Guard Registry Tampering Via CommandLine"): "likewise",
    ("yaral", "udm", "Potentially Suspicious Explicit Credential Local Logon"): "UDM lacks the field",
    ("yaral", "udm", "Important Scheduled Task Deleted or Disabled"): "UDM lacks the fields",
    ("yaral", "udm", "Failed Event Log Clear Via WMI NTEventLogFile ClearEventLog"): "UDM lacks the field",
    ("yaral", "udm", "Suspicious Cross-User Process Spawn"): "UDM lacks the fields",
}


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
    """Without a data model and with the language's own; what is left out stands in `EXCEPTIONS`."""
    matching = 0
    for sample in samples(corpora):
        for models in (("none",), ()):
            options = Options((target,), models=models)
            (conversion,) = convert_source(sample.source, options)
            verdicts = list(compare_all(conversion, sample.events, options))
            if (target, conversion.model, conversion.title) in EXCEPTIONS:
                continue
            assert verdicts and None not in verdicts, (conversion.model, conversion.title, conversion.diagnostics)
            assert (True, True) in verdicts, (conversion.model, conversion.title)
            assert all(both is None or both[0] is both[1] for both in verdicts), (conversion.model, conversion.title)
            matching += verdicts.count((True, True))
    assert matching > 200


def compare_all(conversion: Conversion, events: list[Event], options: Options) -> Iterator[tuple[bool, bool] | None]:
    """Both verdicts on each event; nothing without a query, None for an event that the platform cannot hold."""
    if conversion.query is not None and conversion.rule is not None:
        trial = Trial(conversion.rule, conversion.query, conversion.target, conversion.model, options)
        yield from (compare(trial, event) for event in events)


def compare(trial: Trial, event: Event) -> tuple[bool, bool] | None:
    """Both verdicts; None if the platform cannot hold the event at all."""
    for one in (event, {name: value for name, value in event.items() if name not in SYSTEM}):
        verdicts = trial.compare(one)
        if verdicts is not None:
            return verdicts
    return None
