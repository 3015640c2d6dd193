"""Every platform's files read back, by independent readers, as the rules that went in, whatever their texts hold."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from transpile.deploy import escape
from transpile.deploy.entities import ENTITIES
from transpile.deploy.item import Candidate, Item, items
from transpile.deploy.output import File
from transpile.deploy.plan import PLATFORMS, platform
from transpile.deploy.settings import Config, parse
from transpile.deploy.splunk import INTERVALS, cron
from transpile.deploy.templates import Templates
from transpile.ir.expr import TRUE
from transpile.ir.rule import Rule
from transpile.ir.stream import LogSource
from transpile.source import Source

TEMPLATES = Templates()
EVERYTHING = parse("defaults: {notable: true, risk: true, suppress_for: 2h, suppress_by: [host], index: ['a b', main]}")
QUERY = {
    "spl": 'source="XmlWinEventLog:Security" New="*\\\\net.exe"\n| where match(x, "a\\\\\\\\b")',
    "kql": 'SecurityEvent\n| where a endswith @"\\net.exe" and b == "${x} {{ y }} ]\'\'\'"',
    "eql": 'process where a : "*\\\\net.exe" and b == """raw \' ${x}"""',
    "yaral": 'rule a {\n  meta:\n    author = "x"\n  events:\n    $e.principal.hostname = "x"\n  condition:\n    $e\n}',
}
SERIOUS = Rule.on_events(
    title="Share mounted with net use",
    condition=TRUE,
    source=Source(""),
    id="6f0e6d34-90f8-4d8f-b0c4-6f3e6bb8a3e1",
    status="stable",
    level="high",
    description="Looks for shares.\nThey are mounted.",
    author="A, B",
    date="2026-01-02",
    references=("https://example.org/a?b=c",),
    tags=("attack.lateral-movement", "attack.t1021.002", "attack.stealth"),
    falsepositives=("Administrators",),
    logsource=LogSource("process_creation", "windows"),
)


def made(
    rules: Sequence[Rule], name: str, config: Config = EVERYTHING, dataset: str | None = "SecurityEvent"
) -> list[Item]:
    query = QUERY[platform(name).dialects[0]]
    return list(
        items(
            [Candidate(rule, query, False, "rules/a.yml", dataset, platform(name).dialects[0]) for rule in rules],
            config,
        )
    )


def files(rules: Sequence[Rule], name: str, format_: str, **more: object) -> dict[str, str]:
    rendered: list[File] = list(platform(name).render(made(rules, name, **more), format_, TEMPLATES))  # type: ignore[arg-type]
    assert len({file.path for file in rendered}) == len(rendered)
    return {file.path: file.text for file in rendered}


def read_conf(text: str) -> dict[str, dict[str, str]]:
    """Splunk's .conf files, from its documentation: stanzas, `key = value`, a trailing backslash goes on."""
    stanzas: dict[str, dict[str, str]] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("["):
            assert line.endswith("]")
            stanzas[line[1:-1]] = current = {}
            continue
        while line.endswith("\\"):
            line = line[:-1] + "\n" + next(lines)
        key, _, value = line.partition("=")
        assert key.strip() not in current
        current[key.strip()] = value.strip()
    return stanzas


@pytest.mark.parametrize("name", PLATFORMS)
def test_every_format_renders_and_is_the_same_each_time(name: str) -> None:
    for format_ in platform(name).formats:
        once, again = files([SERIOUS], name, format_), files([SERIOUS], name, format_)
        assert once == again
        for path, text in once.items():
            assert text.endswith("\n"), path
            assert "\t" not in text, path


def test_splunk_saved_search() -> None:
    read = read_conf(files([SERIOUS], "splunk", "app")["transpile_detections/default/savedsearches.conf"])
    stanza = read["Share mounted with net use"]
    assert re.sub(r"\s+", " ", stanza["search"]) == "`transpile_index_windows` " + re.sub(r"\s+", " ", QUERY["spl"])
    assert stanza["enableSched"] == "1"
    assert stanza["alert.severity"] == "5"
    assert stanza["alert.suppress.period"] == "120m"
    assert stanza["dispatch.earliest_time"] == "-35m@m"
    assert json.loads(stanza["action.correlationsearch.annotations"]) == {"mitre_attack": ["T1021.002"]}
    assert {row["risk_object_field"] for row in json.loads(stanza["action.risk.param._risk"])} == {"dest", "user"}


def test_splunk_rules_on_test_are_not_scheduled() -> None:
    read = read_conf(files([replace(SERIOUS, status="test")], "splunk", "conf")["savedsearches.conf"])
    assert read["Share mounted with net use"]["enableSched"] == "0"


def test_elastic_threat_mapping() -> None:
    rule = json.loads(files([SERIOUS], "elastic", "ndjson")["rules.ndjson"])
    assert [entry["tactic"]["name"] for entry in rule["threat"]] == ["Lateral Movement", "Defense Evasion"]
    (technique,) = rule["threat"][0]["technique"]
    assert (technique["id"], technique["name"]) == ("T1021", "Remote Services")
    assert technique["subtechnique"] == [
        {
            "id": "T1021.002",
            "name": "SMB/Windows Admin Shares",
            "reference": "https://attack.mitre.org/techniques/T1021/002/",
        }
    ]
    assert (rule["type"], rule["language"], rule["interval"], rule["from"]) == ("eql", "eql", "30m", "now-35m")


def test_elastic_toml_says_what_the_import_file_says() -> None:
    rule = json.loads(files([SERIOUS], "elastic", "ndjson")["rules.ndjson"])
    (text,) = files([SERIOUS], "elastic", "toml").values()
    read = tomllib.loads(text)
    for key in ("name", "description", "rule_id", "severity", "risk_score", "index", "tags", "from", "interval"):
        assert read["rule"][key] == rule[key], key
    assert read["rule"]["query"].strip() == rule["query"].strip()
    assert [{**entry, "technique": entry.get("technique", [])} for entry in read["rule"]["threat"]] == rule["threat"]


def test_sentinel_formats_agree() -> None:
    (text,) = files([SERIOUS], "sentinel", "yaml").values()
    rule = yaml.safe_load(text)
    (template,) = (json.loads(one) for one in files([SERIOUS], "sentinel", "arm").values())
    properties = template["resources"][0]["properties"]
    assert rule["tactics"] == properties["tactics"] == ["LateralMovement", "DefenseEvasion"]
    assert rule["relevantTechniques"] == ["T1021.002"]
    assert properties["techniques"] == ["T1021"]
    assert rule["entityMappings"] == properties["entityMappings"]
    assert rule["query"] == properties["query"] == QUERY["kql"]
    assert (rule["queryFrequency"], properties["queryFrequency"]) == ("30m", "PT30M")
    assert rule["requiredDataConnectors"] == [{"connectorId": "SecurityEvents", "dataTypes": ["SecurityEvent"]}]


def test_sentinel_keeps_to_the_platforms_schedule() -> None:
    for text in ("{interval: 1m}", "{interval: 14d, lookback: 14d}", "{interval: 10m, lookback: 3d}"):
        (one,) = files([SERIOUS], "sentinel", "arm", config=parse(f"defaults: {text}")).values()
        properties = json.loads(one)["resources"][0]["properties"]
        frequency, period = minutes(properties["queryFrequency"]), minutes(properties["queryPeriod"])
        assert 5 <= frequency <= period <= 20160
        assert period < 2880 or frequency >= 60


def minutes(duration: str) -> int:
    number, unit = int(duration.strip("PTDHM")), duration[-1]
    return number * {"D": 1440, "H": 60, "M": 1}[unit]


def test_entities_keep_to_the_platforms_limits() -> None:
    for entities in ENTITIES.values():
        assert len(entities) <= 10
        assert all(1 <= len(entity.identifiers) <= 3 for entity in entities)


def test_entities_name_columns_that_exist() -> None:
    azure = pytest.importorskip("sigma.pipelines.azuremonitor.tables", reason="pysigma-backend-kusto is not installed")
    xdr = pytest.importorskip("sigma.pipelines.microsoftxdr.tables", reason="pysigma-backend-kusto is not installed")
    columns = {**azure.AZURE_MONITOR_TABLES, **xdr.MICROSOFT_XDR_TABLES}
    used = [
        (table, column)
        for table, entities in ENTITIES.items()
        if not table.startswith("_")  # ASIM's functions are not among them
        for entity in entities
        for _, column in entity.identifiers
    ]
    assert len(used) > 40
    assert [pair for pair in used if pair[1] not in columns[pair[0]]] == []


def test_a_query_that_is_too_long_is_refused() -> None:
    (item,) = made([SERIOUS], "sentinel")
    assert list(platform("sentinel").problems(item)) == []
    (problem,) = platform("sentinel").problems(replace(item, query="x" * 10_001))
    assert problem[0].id == "DEP001"


def test_defender_wants_a_table_that_can_raise_alerts() -> None:
    (item,) = made([SERIOUS], "defender", dataset="DeviceProcessEvents")
    assert list(platform("defender").problems(item)) == []
    assert [code.id for code, _ in platform("defender").problems(replace(item, dataset="AADSignInEventsBeta"))] == [
        "DEP002"
    ]


def test_secops_meta_and_outcome() -> None:
    rendered = files([SERIOUS], "secops", "yaral")
    text = rendered["rules/share_mounted_with_net_use.yaral"]
    assert text.startswith("rule share_mounted_with_net_use {")
    assert 'mitre_attack_technique = "Remote Services: SMB/Windows Admin Shares"' in text
    assert "$risk_score = max(85)" in text
    config = yaml.safe_load(rendered["rule_config.yaml"])
    assert config == {
        "share_mounted_with_net_use": {"alerting": True, "archived": False, "enabled": True, "run_frequency": "LIVE"}
    }


def test_two_rules_of_one_name_and_id_both_arrive() -> None:
    for name in PLATFORMS:
        for format_ in platform(name).formats:
            one = "\n".join(files([SERIOUS], name, format_).values())
            two = "\n".join(files([SERIOUS, SERIOUS], name, format_).values())
            assert len(two) > len(one) * 1.2, (name, format_)


@pytest.mark.parametrize("name", PLATFORMS)
def test_author_licence_references_and_false_positives_arrive(name: str) -> None:
    rule = replace(SERIOUS, license="DRL 1.1")
    for format_ in platform(name).formats:
        text = "\n".join(files([rule], name, format_).values())
        for wanted in ("A, B", "DRL 1.1", "https://example.org/a?b=c", "Administrators"):
            found = wanted in text or (name == "elastic" and '["A", "B"]' in text)
            assert found, (format_, wanted)


def test_credits_stay_whole_where_a_description_is_cut() -> None:
    (item,) = made([replace(SERIOUS, description="x" * 9000, license="DRL 1.1")], "sentinel")
    text = item.described(5000)
    assert len(text) <= 5000
    assert text.endswith("References: https://example.org/a?b=c")
    assert "Author: A, B\nLicense: DRL 1.1" in text


@pytest.mark.parametrize(
    ("interval", "message"),
    [
        ("45m", "cron has no schedule that runs every 45m; the nearest are 30m or 1h"),
        ("7m", "cron has no schedule that runs every 7m; the nearest are 6m or 10m"),
        ("90m", "cron has no schedule that runs every 90m; the nearest are 1h or 2h"),
        ("5h", "cron has no schedule that runs every 5h; the nearest are 4h or 6h"),
        ("36h", "cron has no schedule that runs every 36h; the nearest are 1d or 7d"),
        ("14d", "cron has no schedule that runs every 14d; the nearest are 7d"),
    ],
)
def test_splunk_refuses_intervals_that_cron_cannot_say(interval: str, message: str) -> None:
    (item,) = made([SERIOUS], "splunk", parse(f"defaults: {{interval: {interval}}}"))
    ((code, facts),) = platform("splunk").problems(item)
    assert code.message.format_map(facts) == message


def runs(expression: str) -> list[int]:
    """The minutes of two weeks at which a cron expression runs, by crontab(5)."""

    def allowed(field: str, top: int) -> set[int]:
        span, _, step = field.partition("/")
        low, _, high = span.partition("-")
        first, last = (0, top) if span == "*" else (int(low), int(high or low))
        return set(range(first, last + 1, int(step or 1)))

    minute, hour, _, _, weekday = expression.split()
    return [
        day * 1440 + h * 60 + m
        for day in range(14)
        if day % 7 in allowed(weekday, 6)
        for h in sorted(allowed(hour, 23))
        for m in sorted(allowed(minute, 59))
    ]


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("spread", [0, 7, 1439, 123456789])
def test_no_two_runs_look_at_one_minute_and_none_is_left_out(interval: int, spread: int) -> None:
    expression = cron(interval, spread)
    assert expression is not None
    times = runs(expression)
    assert {later - earlier for earlier, later in pairwise(times)} == {interval}


@pytest.mark.parametrize("text", ["45m", "7m", "90m", "5h", "36h", "13d"])
def test_sentinel_windows_of_single_events_meet_and_do_not_overlap(text: str) -> None:
    (one,) = files([SERIOUS], "sentinel", "yaml", config=parse(f"defaults: {{interval: {text}}}")).values()
    rule = yaml.safe_load(one)
    assert rule["queryFrequency"] == rule["queryPeriod"]


hostile = st.text(
    st.one_of(
        st.sampled_from(list("'\"\\]|[{}%$#\n\r\t`=:-*&!,<>\u202e\u2028\x00\x07\x85 é😀")),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)
words = st.tuples(hostile, hostile, hostile)


def with_texts(title: str, description: str, other: str) -> Rule:
    return replace(
        SERIOUS,
        title=title,
        description=description,
        author=other,
        references=(other, title),
        falsepositives=(description,),
        license=other,
    )


@settings(deadline=None, derandomize=True, max_examples=60)
@given(words)
def test_hostile_texts_stay_data(texts: tuple[str, str, str]) -> None:
    rule = with_texts(*texts)
    title = escape.cut(escape.one_line(rule.title), 240) or "Untitled rule"
    description = escape.clean(rule.description or rule.title).strip()

    ndjson = files([rule], "elastic", "ndjson")["rules.ndjson"]
    assert ndjson.count("\n") == 1
    assert json.loads(ndjson)["name"] == title
    (toml,) = files([rule], "elastic", "toml").values()
    assert tomllib.loads(toml)["rule"]["name"] == title

    (text,) = files([rule], "sentinel", "yaml").values()
    read = yaml.safe_load(text)
    assert read["name"] == title
    assert read["description"].startswith(escape.cut(description, 3000))
    assert read.keys() == yaml.safe_load(next(iter(files([SERIOUS], "sentinel", "yaml").values()))).keys()
    arm = json.loads(files([rule], "sentinel", "arm-single")["azuredeploy.json"])
    shown = arm["resources"][0]["properties"]["displayName"]
    assert shown == title or (shown == "[" + title and title.startswith("["))

    (defender,) = files([rule], "defender", "json").values()
    assert json.loads(defender)["displayName"] == title

    stanzas = read_conf(files([rule], "splunk", "conf")["savedsearches.conf"])
    plain = read_conf(files([SERIOUS], "splunk", "conf")["savedsearches.conf"])
    assert [stanza.keys() for stanza in stanzas.values()] == [stanza.keys() for stanza in plain.values()]
    pack = files([rule], "splunk", "contentctl")
    assert len(pack) == 3
    (content,) = (text for path, text in pack.items() if path.startswith("detections/"))
    assert yaml.safe_load(content)["description"].startswith(description.replace("rm -rf", "rm -r -f"))

    secops = files([rule], "secops", "yaral")
    assert len(secops) == 2
    assert yaml.safe_load(secops["rule_config.yaml"])


@settings(deadline=None, derandomize=True, max_examples=60)
@given(words)
def test_hostile_texts_stay_data_in_terraform(texts: tuple[str, str, str]) -> None:
    hcl2 = pytest.importorskip("hcl2", reason="python-hcl2 is not installed")
    rule = with_texts(*texts)
    rendered = files([rule], "sentinel", "terraform")
    (resource,) = (text for path, text in rendered.items() if path != "providers.tf")
    read = hcl2.loads(resource)
    assert len(read["resource"]) == 1


def test_a_content_pack_has_its_macros() -> None:
    ticks = replace(SERIOUS, title="Ticks: `a` (b)")
    rendered = files([SERIOUS, ticks], "splunk", "contentctl")
    read = {path: yaml.safe_load(text) for path, text in rendered.items()}
    plain = read["detections/share_mounted_with_net_use.yml"]
    assert plain["search"].rstrip().endswith("\n| `share_mounted_with_net_use_filter`")
    assert plain["status"] == "experimental"
    assert read["macros/share_mounted_with_net_use_filter.yml"]["definition"].strip() == "search *"
    assert read["macros/transpile_index_windows.yml"]["definition"].strip() == '(index="a b" OR index="main")'
    assert read["detections/ticks_a_b.yml"]["name"] == "Ticks a b"
    assert plain["deployment"]["scheduling"]["earliest_time"] == "-35m@m"


def test_backticks_in_values_are_kept_from_contentctl() -> None:
    (item,) = made([SERIOUS], "splunk")
    ticked = replace(item, query='source=x a="`y`" b="c"')
    read = {file.path: file.text for file in platform("splunk").render([ticked], "contentctl", TEMPLATES)}
    detection = yaml.safe_load(read["detections/share_mounted_with_net_use.yml"])
    assert detection["search"].split() == [
        "`share_mounted_with_net_use_search`",
        "|",
        "`share_mounted_with_net_use_filter`",
    ]
    search = yaml.safe_load(read["macros/share_mounted_with_net_use_search.yml"])["definition"]
    assert search.strip() == '`transpile_index_windows` source=x a="`y`" b="c"'
