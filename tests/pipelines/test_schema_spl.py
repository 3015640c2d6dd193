"""Every search of the SPL models asks for sources and fields that exist.

Splunk has no schema: fields are what an add-on extracts. What can be checked is where the events are sought, and every
field that is one of the Common Information Model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.schemas import corpus, models, splunk
from transpile.conversion import Conversion
from transpile.dialects.base import Reading
from transpile.ir.match import Pattern
from transpile.ir.stream import LogSource
from transpile.pipelines.load import load
from transpile.source import Source

MODELS = ("windows-xml", "windows-classic", "cim")
WHERE = ("source", "sourcetype", "tag")

# What add-ons extract of every connection, though the data set of web traffic leaves it out.
OF_CONNECTIONS = {"dest_ip", "src_ip", "src_port"}

# Logs for which Splunk has no add-on, which may be anywhere: a user has to add an index or a source type.
ANYWHERE = re.compile(r"category application|product (bitbucket|linux|qualys)$|product bitbucket,")


@pytest.fixture(scope="module", params=MODELS)
def conversions(request: pytest.FixtureRequest, rules: list[tuple[Source, Reading]]) -> list[Conversion]:
    return corpus.convert(rules, request.param, "spl")


@pytest.mark.parametrize("model", MODELS)
def test_every_field_that_a_model_names_of_a_data_set_is_one_of_it(model: str) -> None:
    of_data_sets = [one for one in models.sources(model) if one.dataset]
    assert of_data_sets
    named = {(one.dataset or "", field.name) for one in of_data_sets for field in models.fields_of(one)}
    assert not [(dataset, name) for dataset, name in named if not splunk.is_field(dataset, name)]


@pytest.mark.parametrize("model", MODELS)
def test_every_field_that_a_model_names_of_tagged_events_is_one_of_their_data_set(model: str) -> None:
    wrong = []
    for one in models.sources(model):
        for tag in [str(value) for field, values, *_ in one.where if field.name == "tag" for value in values]:
            known = splunk.data_sets()[splunk.TAGS[tag]] | OF_CONNECTIONS | {"tag"}
            wrong += [(tag, field.name) for field in models.fields_of(one) if field.name not in known]
    assert not wrong


def test_every_field_of_a_data_set_is_one_of_it(conversions: list[Conversion]) -> None:
    assert conversions
    asked = [use for use in corpus.uses(conversions) if use.dataset is not None]
    assert asked
    assert not [str(use) for use in asked if not splunk.is_field(use.dataset or "", use.field.name)]


def test_every_field_of_tagged_events_is_one_of_their_data_set(conversions: list[Conversion]) -> None:
    wrong = []
    for one in conversions:
        for tag in (value for name, value in places(one) if name == "tag"):
            known = splunk.data_sets()[splunk.TAGS[tag]]
            fields = {leaf.field.name for leaf in corpus.matches(one)} - {"tag"}
            wrong += [f"{one.path}: {tag} {name}" for name in sorted(fields - known - OF_CONNECTIONS)]
    assert not wrong


def test_every_search_says_where_its_events_are(conversions: list[Conversion]) -> None:
    anywhere = {
        str(one.mapped.logsource)
        for one in conversions
        if one.mapped is not None and not one.mapped.dataset and not list(places(one))
    }
    assert not [logsource for logsource in anywhere if not ANYWHERE.search(logsource)]


def test_every_source_is_known(conversions: list[Conversion]) -> None:
    channels = {channel for kind in load("none").kinds.values() for channel in kind.facts.get("channel", ())}
    ways = ("XmlWinEventLog", "WinEventLog")  # as XML, and as rendered text
    sources = {f"{way}:{channel}" for way in ways for channel in (*channels, "RPCFW", "*")}
    known = {"source": sources | {"Syslog:Linux-Sysmon/Operational"}, "tag": set(splunk.TAGS)}
    asked = {place for one in conversions for place in places(one)}
    wrong = {(name, value) for name, value in asked if name != "sourcetype" and value not in known[name]}
    wrong |= {(name, value) for name, value in asked if name == "sourcetype" and not splunk.is_source_type(value)}
    assert not wrong


def test_public_searches_seek_windows_events_as_ours_do(corpora: Path) -> None:
    """The names before the channel, as Splunk's own content has them."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in (corpora / "splunk").rglob("*.yml"))
    found = set(re.findall(r"^ *source: (\w+):(?:Security|Microsoft-Windows-Sysmon/Operational)$", text, re.MULTILINE))
    assert "XmlWinEventLog" in found
    assert "source: Syslog:Linux-Sysmon/Operational" in text


def places(one: Conversion) -> Iterator[tuple[str, str]]:
    """The conditions of a rule that say where its events are: field and value."""
    for leaf in corpus.matches(one):
        if leaf.field.name in WHERE and isinstance(leaf.test, Pattern):
            yield leaf.field.name, leaf.test.render(str, "*", "?")


# What Splunk's own content says of Sysmon's events 1, 11 and 13: `field_mappings` in data_sources/sysmon_eventid_*.yml
# of github.com/splunk/security_content (Apache License 2.0). A path is told from its end by the name beside it.
SPLUNKS_OWN = {
    "process_creation": {
        "ProcessGuid": "Processes.process_guid",
        "ProcessId": "Processes.process_id",
        "Image": "Processes.process_path Processes.process_name",
        "CommandLine": "Processes.process",
        "CurrentDirectory": "Processes.process_current_directory",
        "User": "Processes.user",
        "IntegrityLevel": "Processes.process_integrity_level",
        "Hashes": "Processes.process_hash",
        "ParentProcessGuid": "Processes.parent_process_guid",
        "ParentProcessId": "Processes.parent_process_id",
        "ParentImage": "Processes.parent_process_name",
        "ParentCommandLine": "Processes.parent_process",
        "Computer": "Processes.dest",
        "OriginalFileName": "Processes.original_file_name",
    },
    "file_event": {
        "ProcessGuid": "Filesystem.process_guid",
        "ProcessId": "Filesystem.process_id",
        "TargetFilename": "Filesystem.file_path",
        "Computer": "Filesystem.dest",
    },
    "registry_set": {
        "ProcessGuid": "Registry.process_guid",
        "ProcessId": "Registry.process_id",
        "TargetObject": "Registry.registry_path",
        "Details": "Registry.registry_value_data",
        "Computer": "Registry.dest",
    },
}


@pytest.mark.parametrize("category", SPLUNKS_OWN)
def test_the_data_models_are_filled_as_splunks_own_content_says(category: str) -> None:
    place = load("cim").sources[LogSource(category=category, product="windows")][0]
    for name, columns in SPLUNKS_OWN[category].items():
        entry = place.find(name)
        assert entry is not None, name
        value = "4" if name.endswith("Id") else "C:\\a\\b.exe"
        assert set(columns.split()) <= {column for column, _ in entry.how.store(value)}, name
