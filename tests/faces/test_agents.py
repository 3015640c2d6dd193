"""The tools for agents, asked by the protocol's official client."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from transpile.faces import limits

if TYPE_CHECKING:
    from mcp import Client

pytestmark = pytest.mark.skipif(find_spec("mcp") is None, reason="the extra mcp is not installed")

# The client's package is imported by the functions that need it: that takes more than a second.

RULES = Path(__file__).parents[2] / "rules"
NET_USE = "windows/security/security_4688_net_use_lateral_movement.yml"
WHOAMI = """\
title: Whoami
logsource: {product: windows, category: process_creation}
detection:
  selection:
    Image|endswith: '\\whoami.exe'
    CommandLine|contains: priv
  condition: selection
"""
EQL = 'process where host.os.type == "windows" and event.type == "start" and process.name : "whoami.exe"'


def in_process(work: Callable[..., Any], *arguments: Any) -> Any:
    return work(*arguments)


def ask(tool: str, root: Path = RULES, **arguments: Any) -> Any:
    """What a tool answers: its structured content, or the text of its error."""

    async def asked(client: Client) -> Any:
        result = await client.call_tool(tool, arguments)
        return result.content[0].text if result.is_error else result.structured_content  # type: ignore[union-attr]

    return with_client(asked, root)


def with_client(do: Callable[[Client], Awaitable[Any]], root: Path = RULES) -> Any:
    from mcp import Client

    from transpile.faces.agents import make_server

    async def run() -> Any:
        async with Client(make_server(root, in_process)) as client:
            return await do(client)

    return asyncio.run(run())


def test_every_tool_is_typed_and_read_only() -> None:
    async def listed(client: Client) -> Any:
        return (await client.list_tools()).tools

    tools = with_client(listed)
    assert [one.name for one in tools] == [
        "convert",
        "explain",
        "check",
        "verify",
        "match",
        "diff",
        "catalog",
        "languages",
        "explain_code",
    ]
    for one in tools:
        assert one.description and one.output_schema
        assert one.annotations.read_only_hint and not one.annotations.open_world_hint
        assert all("description" in value for value in one.input_schema["properties"].values()), one.name


def test_convert_says_what_the_command_line_says() -> None:
    found = ask("convert", path=NET_USE, to=["eql", "kql"])["conversions"]
    assert [(one["target"], one["status"]) for one in found] == [("eql", "exact"), ("kql", "exact")]
    assert 'CommandLine contains "/user:"' in found[1]["query"]


def test_convert_takes_any_language_and_model() -> None:
    (found,) = ask("convert", rule=EQL, read="eql", to=["sigma"])["conversions"]
    assert "whoami.exe" in found["query"]
    (kept,) = ask("convert", rule=WHOAMI, to=["spl"], models=["none"])["conversions"]
    assert (kept["model"], "Image=" in kept["query"]) == ("none", True)


def test_explain_names_parts_and_lines_of_the_data_model() -> None:
    (rule,) = ask("explain", rule=WHOAMI, to=["kql"])["rules"]
    assert rule["parts"] == [
        {"name": "selection", "lines": ["all of", "  Image ends with \\whoami.exe", "  CommandLine contains priv"]}
    ]
    assert any(row["was"] == "Image" and row["by"].startswith("sentinel.yml:") for row in rule["mapping"])


def test_check_gives_findings_with_places_and_the_fixed_text() -> None:
    found = ask("check", rule=WHOAMI.replace("title: Whoami", "title: Whoami."), to=["kql"])
    assert "LNT012" in {one["code"] for one in found["findings"]}
    assert found["fixed"].startswith("title: Whoami\n")
    assert ask("check", rule=WHOAMI, to=["kql"])["fixed"] is None


def test_verify_proves_ours_and_disproves_another_query() -> None:
    (proof,) = ask("verify", rule=WHOAMI, to=["eql"])["proofs"]
    assert proof["verdict"] == "proven" and proof["events"] > 20
    wrong = 'process where process.executable : "*\\\\whoami.exe"'
    (disproof,) = ask("verify", rule=WHOAMI, to=["eql"], query=wrong)["proofs"]
    assert disproof["verdict"] == "disproven" and disproof["counterexample"]["query_matches"]


def test_match_tells_which_part_failed() -> None:
    events = [{"Image": "C:\\whoami.exe", "CommandLine": "whoami /priv"}, {"Image": "C:\\whoami.exe"}]
    found = ask("match", rule=WHOAMI, events=events)
    assert [one["event"] for one in found["hits"]] == [1]
    ((first,), (second,)) = found["rules"][0]["events"]
    assert first["holds"] and not second["holds"]
    assert [(one["line"], one["holds"]) for one in second["below"]] == [
        ("Image ends with \\whoami.exe", True),
        ("CommandLine contains priv", False),
    ]


def test_match_takes_the_language_of_the_rule() -> None:
    rule = 'process.name : "whoami.exe"'
    found = ask("match", rule=rule, read="kuery", events=[{"Image": "C:\\whoami.exe"}])
    assert [one["event"] for one in found["hits"]] == [1]


def test_diff_shows_the_events_that_tell_rules_apart() -> None:
    other = WHOAMI.replace("    CommandLine|contains: priv\n", "")
    found = ask("diff", first=WHOAMI, second=other)
    assert found["relation"] == "wider" and "whoami.exe" in found["only_second"]["Image"]


def test_catalog_answers_below_the_root(tmp_path: Path) -> None:
    from transpile.catalog.store import build

    (tmp_path / "whoami.yml").write_text(WHOAMI.replace("detection:", "tags: [attack.t1033]\ndetection:"))
    build([str(tmp_path / "whoami.yml")], tmp_path / "c.sqlite", 1)
    page = ask("catalog", tmp_path, db="c.sqlite", about="technique", question="T1033")
    assert [one["title"] for one in page["rules"]] == ["Whoami"]
    assert ask("catalog", tmp_path, db="c.sqlite", about="stats")["rules"] == 1
    assert "expected an id" in ask("catalog", tmp_path, db="c.sqlite", about="technique", question="nonsense")
    assert "not a catalog" in ask("catalog", tmp_path, db="whoami.yml", about="stats")


def test_languages_and_codes() -> None:
    known = ask("languages")
    assert {one["name"] for one in known["languages"]} > {"sigma", "kql"}
    assert "sentinel" in {one["name"] for one in known["models"]}
    assert ask("explain_code", code="kql002w")["effect"] == "approximate"


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("convert", {"rule": WHOAMI, "to": ["kqll"]}, "did you mean 'kql'?"),
        ("convert", {"rule": WHOAMI, "models": ["sentinell"]}, "expected one of none"),
        ("convert", {"rule": WHOAMI, "models": ["/etc/hostname"]}, "expected one of none"),
        ("convert", {"rule": WHOAMI, "to": ["spl"], "models": ["sentinel"]}, "is for kql"),
        ("convert", {"rule": WHOAMI, "read": "cobol"}, "unknown language 'cobol'"),
        ("convert", {}, "give either `rule`"),
        ("convert", {"rule": WHOAMI, "path": NET_USE}, "give either `rule`"),
        ("convert", {"path": "../pyproject.toml"}, "outside of"),
        ("convert", {"path": "/etc/hostname"}, "outside of"),
        ("convert", {"path": "no.yml"}, "no file"),
        ("convert", {"path": "windows"}, "no file"),
        ("convert", {"path": "r.yml\0"}, "no file"),
        ("convert", {"path": "a" * 5000}, "no file"),
        ("convert", {"rule": WHOAMI, "target": ["kql"]}, "target"),
        ("match", {"rule": WHOAMI, "events": [], "read": "cobol"}, "unknown language 'cobol'"),
        ("convert", {"rule": "x" * (limits.LARGEST + 1)}, "at most"),
        ("verify", {"rule": WHOAMI, "query": "any where true"}, "the one language"),
        ("diff", {"first": WHOAMI, "second": "title: x"}, "<second>"),
        ("match", {"rule": "title: x", "events": []}, "<rule>"),
        ("match", {"rule": WHOAMI, "events": [{}] * 10_001}, "at most 10000"),
        ("explain_code", {"code": "XYZ999"}, "unknown code"),
        ("catalog", {"db": "../x.sqlite", "about": "stats"}, "outside of"),
    ],
)
def test_what_cannot_be_meant_is_an_error_that_helps(tool: str, arguments: dict[str, Any], says: str) -> None:
    assert says in ask(tool, **arguments)


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out.yml").write_text(WHOAMI)
    (tmp_path / "in" / "link.yml").symlink_to(tmp_path / "out.yml")
    assert "outside of" in ask("convert", tmp_path / "in", path="link.yml")


def test_files_that_cannot_be_read_are_errors_that_say_why(tmp_path: Path) -> None:
    (tmp_path / "loop.yml").symlink_to(tmp_path / "loop.yml")
    (tmp_path / "mark.yml").write_bytes(b"\xff\xfe")
    (tmp_path / "bytes.yml").write_bytes(b"\xff\xfea")
    assert "no file 'loop.yml' below" in ask("convert", tmp_path, path="loop.yml")
    assert "is not text" in ask("convert", tmp_path, path="mark.yml")
    assert "is not text" in ask("convert", tmp_path, path="bytes.yml")


@pytest.fixture
def worker() -> Iterator[limits.Worker]:
    made = limits.Worker(5.0)
    yield made
    made.close()


def test_a_call_that_takes_too_long_or_dies_loses_itself_alone(worker: limits.Worker) -> None:
    assert worker.call(abs, -1) == 1
    worker._seconds = 0.05
    with pytest.raises(limits.LimitError, match="gave up after"):
        worker.call(time.sleep, 5)
    worker._seconds = 5.0
    with pytest.raises(limits.LimitError, match="died"):
        worker.call(os._exit, 3)
    with pytest.raises(ZeroDivisionError):
        worker.call(divmod, 1, 0)


def test_over_standard_input_and_output() -> None:
    from mcp import Client, StdioServerParameters

    async def run() -> Any:
        command = StdioServerParameters(command=sys.executable, args=["-m", "transpile", "mcp", "--root", str(RULES)])
        async with Client(command) as client:
            return (await client.call_tool("convert", {"path": NET_USE, "to": ["eql"]})).structured_content

    assert asyncio.run(run())["conversions"][0]["status"] == "exact"
