"""`transpile convert`, as a script and as a person uses it."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from transpile import dialects
from transpile.cli import Exit
from transpile.cli.main import main

RULE = """\
title: {title}
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
logsource: {{product: windows, category: process_creation}}
detection:
  selection:
    {detection}
  condition: selection
"""
PLACE = ("line", "column", "end_line", "end_column")
KEYS = ["path", "id", "title", "target", "model", "status", "query", "diagnostics"]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A sound rule, one that only some languages can say, and one that cannot be read."""
    folder = tmp_path / "rules"
    (folder / "sub").mkdir(parents=True)
    (folder / "good.yml").write_text(RULE.format(title="Good", detection="Image|endswith: '\\a.exe'"))
    (folder / "sub" / "empty.yml").write_text(RULE.format(title="Empty", detection="CommandLine: ''"))
    return folder


def test_one_rule_in_one_language_is_the_query_alone(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(rules / "good.yml"), "--to", "kql", "--model", "none"]) == Exit.FINE
    shown = capsys.readouterr()
    assert shown.out == 'Events\n| where Image endswith @"\\a.exe"\n'
    assert "exact" in shown.err


def test_several_queries_stand_under_headings(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(rules), "--to", "spl,kql", "--model", "none"]) == Exit.FINE
    shown = capsys.readouterr()
    assert "``` Good -> spl (none): exact ```\n" in shown.out and "// Good -> kql (none): exact\n" in shown.out
    assert "// Empty -> kql (none): refused\n\n" in shown.out
    assert "empty.yml:6:18: error KQL002" in shown.err and "[kql]\n     6 |     CommandLine: ''\n" in shown.err


def test_json_lines_and_nothing_else(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["convert", str(rules), "--to", "kql,spl", "--model", "none", "--format", "ndjson"])
    assert code == Exit.FINE
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(one) for one in found] == [KEYS] * 4
    assert [(one["title"], one["target"], one["status"]) for one in found] == [
        ("Good", "kql", "exact"),
        ("Good", "spl", "exact"),
        ("Empty", "kql", "refused"),
        ("Empty", "spl", "exact"),
    ]
    refused = found[2]
    assert refused["query"] is None
    assert set(refused["diagnostics"][0]) == {"code", "severity", "message", "hint", *PLACE}
    assert (refused["diagnostics"][0]["line"], refused["diagnostics"][0]["column"]) == (6, 18)


def test_json_is_one_list(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["convert", str(rules), "--to", "kql", "--model", "none", "--format", "json"])
    assert len(json.loads(capsys.readouterr().out)) == 2


def test_approximate_queries_on_request(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["convert", str(rules), "--to", "kql", "--model", "none", "-f", "ndjson", "--allow-approximate"]
    assert main(arguments) == Exit.FINE
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["status"] for one in found] == ["exact", "approximate"]
    assert found[1]["query"] and found[1]["diagnostics"][0]["severity"] == "warning"


def test_files_in_a_mirrored_tree(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["convert", str(rules), "--model", "none", "-o", str(out)]) == Exit.FINE
    assert capsys.readouterr().out == ""
    written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert {"good.kql", "good.spl", "good.eql", "good.yaral", "sub/empty.spl"} <= written
    assert "sub/empty.kql" not in written


def test_what_cannot_be_read_or_written_is_told(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (rules / "broken.yml").write_text("title: [")
    (tmp_path / "out" / "good.kql").mkdir(parents=True)
    assert (
        main(["convert", str(rules), "--to", "kql", "--model", "none", "-o", str(tmp_path / "out")]) == Exit.UNREADABLE
    )
    told = capsys.readouterr().err
    assert "broken.yml:2:1: error SIG001: this is not YAML" in told
    assert "good.yml: error IO006: the query cannot be written: Is a directory" in told
    assert "error KQL002" not in told  # a refusal is counted


def test_a_file_without_rules(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rules / "empty.yml").write_text("")
    assert main(["convert", str(rules / "empty.yml")]) == Exit.FINE
    assert capsys.readouterr().err == "no rules\n"


def test_the_summary_counts_by_status_and_reason(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rules / "broken.yml").write_text("title: [")
    assert main(["convert", str(rules), "--to", "kql", "--model", "none", "-f", "ndjson"]) == Exit.UNREADABLE
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].split() == ["target", "model", "exact", "approximate", "refused", "error"]
    assert lines[1].split() == ["kql", "none", "1", "-", "1", "1"]
    assert any(line.startswith("SIG001") for line in lines) and any(line.startswith("KQL002") for line in lines)


def test_quiet(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["convert", str(rules), "--to", "kql", "--model", "none", "-q"])
    assert "target" not in (told := capsys.readouterr().err) and "error KQL002" in told


def test_standard_input(rules: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = RULE.format(title="Piped", detection="Image: a.exe").encode()
    for others in ([], [str(rules)]):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert main(["convert", "-", *others, "--to", "spl", "--model", "none", "-f", "ndjson"]) == Exit.FINE
        first = json.loads(capsys.readouterr().out.splitlines()[0])
        assert (first["path"], first["title"]) == ("<stdin>", "Piped")


def test_values_for_placeholders(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = rules / "placeholder.yml"
    rule.write_text(RULE.format(title="Placeholder", detection="User|expand: '%admins%'"))
    values = tmp_path / "values.yml"
    values.write_text("admins: [alice, 7]\n")
    arguments = ["convert", str(rule), "--to", "kql", "--model", "none"]
    assert main(arguments) == Exit.FINE
    capsys.readouterr()
    assert main([*arguments, "--values", str(values)]) == Exit.FINE
    assert '"alice"' in capsys.readouterr().out
    values.write_text("admins: [{a: b}]\n")
    assert main([*arguments, "--values", str(values)]) == Exit.USAGE_ERROR


def test_a_wrong_query_is_not_written(
    rules: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["convert", str(rules / "good.yml"), "--to", "kql", "--model", "none", "-f", "ndjson", "--verify"]
    assert main(arguments) == Exit.FINE
    assert json.loads(capsys.readouterr().out)["status"] == "exact"
    wrong = replace(dialects.load("kql"), print=lambda _: 'Events\n| where Image endswith @"\\b.exe"')
    real = dialects.load
    monkeypatch.setattr(dialects, "load", lambda name: wrong if name == "kql" else real(name))
    assert main(arguments) == Exit.FINDINGS
    found = json.loads(capsys.readouterr().out)
    assert (found["status"], found["query"]) == ("refused", None)
    assert [one["code"] for one in found["diagnostics"]] == ["RUN001"]


def test_a_pysigma_pipeline(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = tmp_path / "mine.yml"
    pipeline.write_text(
        "name: mine\npriority: 10\ntransformations:\n"
        "  - id: rename\n    type: field_name_mapping\n    mapping: {Image: process_path}\n"
    )
    assert main(["convert", str(rules / "good.yml"), "--to", "kql", "-p", str(pipeline)]) == Exit.FINE
    assert "process_path endswith" in capsys.readouterr().out


def test_a_file_name_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.yml")).write_text("title: [")
    for form in ("text", "json"):
        command = [sys.executable, "-m", "transpile", "convert", str(tmp_path), "--to", "kql", "-f", form]
        found = subprocess.run(command, capture_output=True, text=True)
        assert found.returncode == Exit.UNREADABLE and "SIG001" in found.stdout + found.stderr


def test_hostile_text_does_nothing_to_a_terminal(rules: Path) -> None:
    (rules / "good.yml").write_text(
        RULE.format(title='"\\e[31mred\\a"', detection='Image: "\\e]0;owned\\a"').replace("good", "x")
    )
    shown = on_terminal(["convert", str(rules / "good.yml"), "--to", "spl,kql", "--model", "none"])
    assert "\x1b]0;owned" not in shown and "\x1b[31mred" not in shown
    assert "owned" in shown and "red" in shown


def test_colour_on_a_terminal_only(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["convert", str(rules), "--to", "kql,spl", "--model", "none"]
    main(arguments)
    plain = capsys.readouterr()
    assert "\x1b[" not in plain.out + plain.err
    assert "\x1b[" in on_terminal(arguments)


def test_the_bar_and_a_proof_do_not_share_a_line(rules: Path) -> None:
    (rule,) = sorted(rules.rglob("*.yml"))[:1]
    said = on_terminal(["verify", str(rule), "--to", "spl", "--no-cache"])
    before = said[: re.search(r"proven|refused|unproven|error", said).start()]  # type: ignore[union-attr]
    assert "verifying" in before and re.search(r"(\x1b\[2K|\n)(\x1b\[[0-9;]*m)*$", before)


def on_terminal(arguments: list[str]) -> str:
    """What a terminal receives from the command."""
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm-256color"}
    process = subprocess.Popen(
        [sys.executable, "-m", "transpile", *arguments], stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    received = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not chunk:
            break
        received += chunk
    process.wait()
    os.close(ours)
    return received.decode()


BURST = """\
title: Logon
name: logon
logsource: {product: windows, service: security}
detection:
  selection: {EventID: 4625}
  condition: selection
---
title: Many logons
correlation:
  type: event_count
  rules: [logon]
  group-by: [TargetUserName]
  timespan: 5m
  condition: {gte: 10}
"""


@pytest.mark.parametrize(("target", "code", "said"), [("spl", "SPL023N", "bin"), ("kql", "KQL018N", "bin(")])
def test_fixed_windows_on_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str, code: str, said: str
) -> None:
    (tmp_path / "burst.yml").write_text(BURST)

    def converted(*options: str) -> dict[str, object]:
        main(["convert", str(tmp_path / "burst.yml"), "-t", target, "-m", "none", "-f", "ndjson", "-q", *options])
        found: dict[str, object] = json.loads(capsys.readouterr().out.splitlines()[-1])
        return found

    assert converted()["status"] == "exact"
    assert converted("--windows", "buckets")["status"] == "refused"
    narrower = converted("--windows", "buckets", "--allow-approximate")
    assert narrower["status"] == "approximate"
    assert [one["code"] for one in narrower["diagnostics"]] == [code]  # type: ignore[attr-defined]
    assert said in str(narrower["query"])


def test_fixed_windows_are_proven_narrower(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "burst.yml").write_text(BURST)
    arguments = ["-t", "spl,kql", "-m", "none", "-f", "ndjson", "-q", "--windows", "buckets", "--allow-approximate"]
    assert main(["verify", str(tmp_path / "burst.yml"), *arguments]) == Exit.FINE
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()][-2:]
    assert [(one["verdict"], one["direction"]) for one in found] == [("proven", "narrower")] * 2


def test_the_same_of_many_values_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "".join(f"    - word{number}\n" for number in range(9))
    rule = tmp_path / "keywords.yml"
    rule.write_text(f"title: Words\nlogsource: {{product: x}}\ndetection:\n  words:\n{words}  condition: words\n")
    assert main(["convert", str(rule), "--to", "eql,kql", "--model", "none", "-q"]) == Exit.FINE
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[2] for line in told if "EQL001" in line] == [
        "error EQL001: EQL cannot look for 'word0' in every field [eql]",
        "error EQL001: EQL cannot look for 'word1' in every field [eql]",
        "error EQL001: 7 more of these, lines 7 to 13 [eql]",
    ]
