"""What the playground's page asks, without a browser; `web/tests` asks it in one."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from dataclasses import field, replace
from pathlib import Path
from typing import Any

import pytest

from transpile import record
from transpile.cli.main import main
from transpile.conversion import convert_all
from transpile.faces.playground import answer
from transpile.faces.serving import NotBuiltError, make_server
from transpile.matching.search import BytesAhoCorasick

WEB = Path(__file__).parents[2] / "web"
WHOAMI = """\
title: Whoami
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    Image|endswith: '\\whoami.exe'
    CommandLine|contains: priv
  condition: selection
"""
MANY = (
    WHOAMI
    + "name: whoami\n---\ntitle: Many\ncorrelation:\n  type: event_count\n  rules: [whoami]\n  group-by: [User]\n"
    + "  timespan: 5m\n  condition: {gte: 3}\n"
)


def ask(name: str, **question: Any) -> Any:
    return json.loads(answer(json.dumps({"ask": name, **question})))


def test_queries_are_those_of_the_library() -> None:
    (rule,) = ask("analyse", text=WHOAMI, to=["kql", "spl"])["rules"]
    ours = convert_all(WHOAMI, write=["kql", "spl"])
    assert [(one["target"], one["query"]) for one in rule] == [(one.target, one.query) for one in ours]
    assert all("".join(text for _, text in one["pieces"]) == one["query"] for one in rule)


def test_a_data_model_can_be_chosen() -> None:
    (rule,) = ask("analyse", text=WHOAMI, to=["kql"], models={"kql": "defender", "spl": "cim"})["rules"]
    assert rule[0]["model"] == "defender" and "DeviceProcessEvents" in rule[0]["query"]


def test_findings_have_places_in_the_units_of_the_page_and_fixes() -> None:
    text = "# \U0001f600\n---\n" + WHOAMI.replace("Image|", "Imag|")
    found = ask("analyse", text=text, to=["kql"])["findings"]
    one = next(one for one in found if one["code"] == "MAP002")
    units = text.encode("utf-16-le")
    assert units[2 * one["from"] : 2 * one["to"]].decode("utf-16-le") == "Imag"
    (fix,) = [fix for other in found if other["from"] == one["from"] for fix in other["fixes"]]
    (edit,) = fix["edits"]
    assert (edit["from"], edit["to"], edit["insert"]) == (one["from"], one["to"], "Image")


def test_other_languages_are_read() -> None:
    text = 'process where host.os.type == "windows" and event.type == "start" and process.name : "cmd.exe"'
    found = ask("analyse", text=text, read="eql", to=["spl"])
    assert found["language"] == "eql" and "cmd.exe" in found["rules"][0][0]["query"]


def test_completion_and_hover_know_the_document() -> None:
    text = "title: x\n---\n" + WHOAMI.replace("    CommandLine|contains: priv\n", "    Paren\n")
    at = text.index("Paren") + 5
    found = ask("complete", text=text, at=at)
    assert found["from"] == at - 5 and "ParentImage" in [one["label"] for one in found["options"]]
    said = ask("hover", text=WHOAMI, at=WHOAMI.index("Image") + 2, to=["kql"])
    assert "sentinel.yml:" in said["markdown"] and said["from"] == WHOAMI.index("Image")


def test_the_proof_shows_events_on_which_all_agree() -> None:
    (rule,) = ask("prove", text=WHOAMI, to=["kql", "eql"])["rules"]
    assert [one["verdict"] for one in rule["proofs"]] == ["proven", "proven"]
    assert {one["rule"] for one in rule["examples"]} == {True, False}
    assert all(verdict == one["rule"] for one in rule["examples"] for verdict in one["queries"].values())
    assert len(rule["examples"]) > 10 and any(one["queries"] for one in rule["examples"])


def test_the_proof_of_a_rule_on_many_events_shows_streams() -> None:
    rules = ask("prove", text=MANY, to=["spl"])["rules"]
    many = next(one for one in rules if one["title"] == "Many")
    assert many["proofs"][0]["verdict"] == "proven"
    alerting = [one for one in many["examples"] if one["rule"]]
    assert alerting and all(event["time"] for one in alerting for event in one["events"])


def test_own_events_and_what_is_wrong_with_them() -> None:
    events = '{"Image": "C:\\\\whoami.exe", "CommandLine": "whoami /priv"}\n{"Image": "x"}'
    found = ask("match", text=WHOAMI, events=events)
    assert [one["event"] for one in found["hits"]] == [1] and len(found["given"]) == 2
    assert "line 1" in ask("match", text=WHOAMI, events='{"a": ')["error"]
    assert "error" in ask("match", text="title: x", events="{}")


def test_deploy_files_and_explanations() -> None:
    files = ask("deploy", text=WHOAMI, platform="splunk")["files"]
    assert any("whoami.exe" in one["text"] for one in files)
    (rule,) = ask("explain", text=WHOAMI, to=["kql"])["rules"]
    assert rule["parts"][0]["name"] == "selection" and rule["mapping"]
    assert "unknown language" in ask("explain", text=WHOAMI, to=["cobol"])["error"]


def test_what_the_page_knows() -> None:
    known = ask("known")
    assert {one["name"] for one in known["platforms"]} > {"splunk", "sentinel"}
    kql = next(one for one in known["languages"] if one["name"] == "kql")
    assert kql["model"] in kql["models"] and "defender" in kql["models"] and "ecs" not in kql["models"]


@pytest.mark.parametrize("needles", [[b"a", b"bc", b"x"], [b""], [b"abc", b"abcd"]])
def test_the_search_in_python_finds_what_the_other_finds(needles: list[bytes]) -> None:
    other = pytest.importorskip("ahocorasick_rs").BytesAhoCorasick(needles) if all(needles) else None
    found = {number for number, _, _ in BytesAhoCorasick(needles).find_matches_as_indexes(b"zabcz", overlapping=True)}
    expected = {number for number, one in enumerate(needles) if one in b"zabcz"}
    assert found == expected
    if other is not None:
        assert found == {number for number, _, _ in other.find_matches_as_indexes(b"zabcz", overlapping=True)}


def test_the_page_is_served_on_this_machine_alone(tmp_path: Path) -> None:
    with pytest.raises(NotBuiltError, match=r"web/build\.py"):
        make_server(tmp_path, 0)
    (tmp_path / "playground.json").write_text("{}")
    (tmp_path / "index.html").write_text("<p>hello")
    (tmp_path.parent / "secret").write_text("x")
    server = make_server(tmp_path, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        with urllib.request.urlopen(f"{address}/?x") as response:
            assert response.read() == b"<p>hello" and response.headers["Content-Type"].startswith("text/html")
        packed = urllib.request.Request(f"{address}/index.html", headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(packed) as response:
            assert response.headers["Content-Encoding"] == "gzip"
        for path, headers in (("/%2e%2e/secret", {}), ("/nothing", {}), ("/", {"Host": "example.org"})):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(urllib.request.Request(address + path, headers=headers))
    finally:
        server.shutdown()
        server.server_close()


def test_a_folder_without_a_playground_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["playground", "--folder", str(tmp_path)]) == 3
    assert "web/build.py" in capsys.readouterr().err


def test_the_page_has_records_that_need_no_module_in_c() -> None:
    """web/record.py, which takes the place of transpile/record.py there, makes the same of a class."""
    spec = importlib.util.spec_from_file_location("browser_record", WEB / "record.py")
    assert spec and spec.loader
    browser = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(browser)
    module: Any
    for module in (browser, record):

        class NodeBody:
            value: int
            at: int = field(default=0, compare=False, repr=False)
            more: tuple[int, ...] = field(default_factory=tuple)

        class OnceBody:
            name: str

        node, once = module.record(NodeBody), module.record(eq=False)(OnceBody)
        assert node(1, 2) == node(1, 3) != node(2, 2)
        assert hash(node(1, 2)) == hash(node(1, 3)) and node.__match_args__ == ("value", "at", "more")
        assert repr(node(1, 2)).endswith("NodeBody(value=1, more=())")
        assert module.replace(node(1), value=3) == replace(node(1), value=3) == node(3)
        assert once("a") != once("a")
        with pytest.raises(AttributeError):
            node(1).value = 2


def test_a_text_that_is_no_rule_has_its_finding() -> None:
    found = ask("analyse", text="hello", to=["kql"])
    assert [one["code"] for one in found["findings"]] == ["SIG010"]
    assert ask("analyse", text=" \n", to=["kql"])["findings"] == []


def test_the_page_asks_without_msgspec() -> None:
    """As in a browser, where msgspec has no build and `web/record.py` takes the place of `transpile/record.py`."""
    script = """
import importlib.util, json, sys
sys.modules["msgspec"] = None
spec = importlib.util.spec_from_file_location("transpile.record", "web/record.py")
sys.modules["transpile.record"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from transpile.faces.playground import answer
rule, event = json.loads(sys.stdin.read())
print(json.loads(answer(json.dumps({"ask": "match", "text": rule, "events": json.dumps(event)})))["hits"][0]["event"])
print(json.loads(answer(json.dumps({"ask": "deploy", "text": rule, "platform": "splunk"})))["outcomes"][0]["status"])
"""
    event = {"Image": "C:\\whoami.exe", "CommandLine": "whoami /priv"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps([WHOAMI, event]),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["1", "exact"], done.stderr


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("spl", 'index=main sourcetype="WinEventLog:Security" EventCode=4625 | stats count by user'),
        ("spl", '`sysmon` EventCode=1 Image="*\\\\whoami.exe"'),
        ("spl", "| tstats count from datamodel=Endpoint.Processes where Processes.process_name=whoami.exe"),
        ("kql", "// failed\nSecurityEvent\n| where EventID == 4625"),
        ("kql", "let failed = 4625;\nSecurityEvent | where EventID == failed"),
        ("eql", 'process where process.name : "whoami.exe"'),
        ("eql", 'sequence by host.id\n  [process where process.name == "a"]\n  [network where true]'),
        ("esql", 'FROM logs-* | WHERE process.name == "whoami.exe"'),
        ("yaral", 'rule a {\n  events:\n    $e.metadata.event_type = "PROCESS_LAUNCH"\n  condition:\n    $e\n}'),
        ("eql", '[rule]\nname = "A"\ntype = "eql"\nlanguage = "eql"\nquery = "process where true"\n'),
        ("sigma", WHOAMI),
        ("sigma", "# index=main\n" + WHOAMI),
    ],
)
def test_a_pasted_text_is_read_by_its_form(language: str, text: str) -> None:
    assert ask("analyse", text=text, to=["sigma"])["language"] == language


def test_a_text_of_no_sure_form_has_a_hint() -> None:
    found = ask("analyse", text="process.name:whoami.exe AND user.name:*", to=["kql"])["findings"]
    assert "choose its language under Read as" in found[0]["hint"]
    (found, *_) = ask("analyse", text="title: A\n", to=["kql"])["findings"]
    assert "Read as" not in (found["hint"] or "")


def test_errors_come_first() -> None:
    found = ask("analyse", text=WHOAMI.replace("Image|", "Imag|"), to=["kql"])["findings"]
    ranks = [["error", "warning", "note"].index(one["severity"]) for one in found]
    assert len(set(ranks)) > 1 and ranks == sorted(ranks)


def test_numbers_that_json_does_not_have_are_their_names() -> None:
    def never(name: str) -> None:
        raise AssertionError(name)

    given = answer(json.dumps({"ask": "match", "text": WHOAMI, "events": '{"Image": NaN, "a": [Infinity]}'}))
    assert json.loads(given, parse_constant=never)["given"] == [{"Image": "nan", "a": ["inf"]}]


def test_events_that_are_nested_too_deeply_are_refused() -> None:
    deep = '{"a":' * 3000 + "1" + "}" * 3000
    assert ask("match", text=WHOAMI, events=deep) == {"error": "the events are nested more than 100 deep"}
    many = '{"a": "[[[["}\n' * 200
    assert ask("match", text=WHOAMI, events=many)["events"] == 200


def test_deploy_takes_the_chosen_data_model_where_the_platform_leaves_it_open() -> None:
    asked = {"text": WHOAMI, "models": {"kql": "asim", "spl": "cim"}}
    made = {name: ask("deploy", platform=name, **asked)["models"] for name in ("sentinel", "defender", "splunk")}
    assert made == {"sentinel": ["asim"], "defender": ["defender"], "splunk": ["cim"]}
