"""Queries broken in one place, as a mistake in a writer would break them: the proof fails on each.

The queries are those of the project's own rules. A mistake is a replacement in the printed text; it is made at the
first and the last place where it can be. A language that few of these rules reach exactly brings some of its own
(`mutant_rules` in its contract.yml).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import pytest

from tests.contract.parts import TESTS, contract, rows
from transpile import dialects
from transpile.conversion import Conversion, Options, Status, convert_source
from transpile.source import Source
from transpile.verify import Verdict, verify_conversions

# Rules on single events in which each mistake changes the meaning; tests/verify/test_streams.py has those on several.
RULES = [
    TESTS.parent / "rules" / path
    for path in (
        "cloud/azure/azure_activity_run_command.yml",
        "identity/okta/okta_mfa_factor_reset.yml",
        "macos/process_creation/proc_creation_macos_osascript_password_prompt.yml",
        "web/proxy/proxy_ua_command_line_tools.yml",
        "windows/dns/dns_query_win_file_sharing_by_system_tool.yml",
        "windows/network/net_connection_win_script_host_high_port.yml",
        "windows/process_creation/proc_creation_win_certutil_download.yml",
        "windows/process_creation/proc_creation_win_scheduled_task_user_folder.yml",
        "windows/registry/registry_set_run_key_script.yml",
        "windows/wmi/wmi_event_consumer_script.yml",
    )
]
FORGOTTEN = "the log source forgotten"  # made in queries with a data model

RULE = "title: Own\nlogsource: {{product: windows, category: process_creation}}\ndetection: {}\n"
CASE = """\
title: Case
logsource: {product: windows, category: process_creation}
detection:
  selection: {CommandLine|contains: whoami, LogonType: 4}
  filter: {User: adm, ParentImage: [x, z]}
  other: {Company: Acme}
  condition: selection and not filter and not other
"""


@lru_cache(maxsize=256)
def conversions(language: str, model: str | None) -> tuple[Conversion, ...]:
    options = Options((language,), models=(model,) if model else ())
    sources = [Source(CASE, "case.yml")] if model else []
    sources += [Source(RULE.format(one["detection"]), "own.yml") for one in contract(language).get("mutant_rules", [])]
    sources += [Source(path.read_text(encoding="utf-8"), path.name) for path in RULES]
    found = (convert_source(source, options) for source in sources)
    return tuple(one for several in found for one in several if one.status is Status.EXACT)


def broken(query: str, pattern: str, replacement: str, sections: bool) -> Iterator[str]:
    """The query with the mistake at the first and at the last place; of a rule with sections, in its conditions."""
    start, end = (query.index("events:"), query.index("condition:")) if sections else (0, len(query))
    places = list(re.compile(pattern, re.MULTILINE).finditer(query, start, end))
    for found in dict.fromkeys(places[:1] + places[-1:]):
        yield query[: found.start()] + found.expand(replacement) + query[found.end() :]


@pytest.mark.parametrize(("language", "row"), rows("mutants"))
def test_a_mistake_is_disproven(language: str, row: dict[str, str]) -> None:
    model = None if row["what"] == FORGOTTEN else "none"
    options = Options((language,), models=(model,) if model else ())
    sections = dialects.load(language).holds_rules
    tried = 0
    taken = []
    for conversion in conversions(language, model):
        assert conversion.query is not None
        for query in broken(conversion.query, row["find"], row["replace"], sections):
            (proof,) = verify_conversions([replace(conversion, query=query)], options)
            tried += 1
            if proof.verdict is not Verdict.DISPROVEN:
                taken.append((conversion.path, proof.verdict.value, proof.reason, query))
    assert tried
    assert taken == []
