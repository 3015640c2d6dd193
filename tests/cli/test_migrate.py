"""`migrate`: folders of rules in several languages, the files and the three reports."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from transpile.cli import Exit
from transpile.cli.main import main

PROJECT = Path(__file__).parents[2]

SIGMA = """\
title: Net started
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image|endswith: '\\net.exe'}
  condition: selection
"""
ODD = SIGMA.replace("Image|endswith", "Fancy").replace("Net started", "Unknown field").replace("6f3e", "6f3f")
SPL = 'source="XmlWinEventLog:Microsoft-Windows-Sysmon/Operational" EventCode=1 Image="*\\\\whoami.exe"'
COUNTED = (
    'source="XmlWinEventLog:Security" EventCode=4625 '
    "| bin _time span=5m | stats count by _time TargetUserName | where count > 5"
)
HOSTILE = [
    "../../x",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "a\0b",
    "x" * 300,
    "CON",
    "-1+1",
    "@sum",
    " ",
    "ä/ö",
]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    (folder / "deep").mkdir(parents=True)
    (folder / "net.yml").write_text(SIGMA)
    (folder / "odd.yml").write_text(ODD)
    (folder / "broken.yml").write_text("title: Broken\nlogsource: {product: windows}\ndetection: {condition: and}\n")
    (folder / "deep" / "whoami.spl").write_text(SPL)
    (folder / "deep" / "failures.spl").write_text(COUNTED)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class Page(HTMLParser):
    """What the tests ask of a page: its tags, its text, and what it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.loads += [value or "" for name, value in given.items() if name in ("src", "srcset", "background")]
        self.links += [given["href"] or ""] if "href" in given else []

    def handle_data(self, data: str) -> None:
        self.text += data


def migrate(rules: Path, out: Path, *more: str) -> int:
    return main(["migrate", str(rules), "--to", "sentinel", "-o", str(out), *more])


def test_each_rule_has_its_verdict_and_its_file(rules: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert migrate(rules, out, "-q") == Exit.UNREADABLE
    rows = {Path(row["source"]).name: row for row in json.loads((out / "report.json").read_text())}
    assert len(rows) == 5
    net, odd, broken = rows["net.yml"], rows["odd.yml"], rows["broken.yml"]
    whoami, failures = rows["whoami.spl"], rows["failures.spl"]
    assert (net["verdict"], net["language"], net["title"]) == ("exact", "sigma", "Net started")
    assert net["id"] == "6f3e2987-db24-4c78-a860-b4f4095a7095"
    deployed = yaml.safe_load((out / net["output"]).read_text())
    assert deployed["name"] == "Net started" and "net.exe" in deployed["query"]
    assert (whoami["verdict"], whoami["language"]) == ("exact", "spl")
    assert "whoami.exe" in yaml.safe_load((out / whoami["output"]).read_text())["query"]
    assert (odd["verdict"], odd["output"]) == ("refused", None)
    assert any(found["code"] == "MAP002" for found in odd["findings"])
    assert (broken["verdict"], broken["output"]) == ("error", None)
    assert {"code", "direction", "message", "line"} <= set(broken["findings"][0])
    assert (failures["verdict"], failures["output"]) == ("refused", None)


def test_a_rule_without_a_deploy_file_has_its_query(rules: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    endless = rules / "endless.spl"
    endless.write_text(COUNTED.replace("| bin _time span=5m ", "").replace("by _time", "by"))
    migrate(endless, out, "-q", "--allow-approximate")
    (row,) = json.loads((out / "report.json").read_text())
    assert row["verdict"] == "approximate" and row["output"].startswith("queries/")
    assert "DEP004" in {found["code"] for found in row["findings"]}
    assert "summarize" in (out / row["output"]).read_text()


def test_a_language_is_a_target_too(rules: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    main(["migrate", str(rules / "deep" / "whoami.spl"), "--to", "sigma", "-o", str(out), "-q"])
    (row,) = json.loads((out / "report.json").read_text())
    rule = yaml.safe_load((out / row["output"]).read_text())
    assert rule["logsource"] == {"category": "process_creation", "product": "windows"}


def test_the_reports_agree(rules: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    migrate(rules, out, "-q")
    rows = json.loads((out / "report.json").read_text())
    cells = list(csv.DictReader((out / "report.csv").open(encoding="utf-8", newline="")))
    page = Page((out / "report.html").read_text(encoding="utf-8"))
    assert [row["verdict"] for row in rows] == [cell["verdict"] for cell in cells]
    for row, cell in zip(rows, cells, strict=True):
        assert cell["source"] == row["source"] and cell["output"] == (row["output"] or "")
        assert row["title"] in page.text and row["source"] in page.text
        assert set(cell["codes"].split()) == {found["code"] for found in row["findings"]}
        assert all(found["message"] in page.text for found in row["findings"])
    assert page.loads == []
    assert sorted(page.links) == sorted(row["output"] for row in rows if row["output"])


def test_the_page_shows_source_and_query_and_marks_what_is_left(tmp_path: Path) -> None:
    folder, out = tmp_path / "rules", tmp_path / "out"
    folder.mkdir()
    (folder / "odd.spl").write_text(f"{SPL} | where mvcount(split(a, b))>2")
    migrate(folder, out, "-q", "--allow-approximate")
    text = (out / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert "Migration to Microsoft Sentinel" in page.text
    assert "<mark>mvcount(split(a, b))&gt;2</mark>" in text
    assert 'EventCode=1 Image="*\\\\whoami.exe"' in page.text and 'endswith @"\\whoami.exe"' in page.text


def test_twice_gives_the_same_bytes_and_what_is_gone_is_removed(rules: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    migrate(rules, out, "-q")
    first = files(out)
    migrate(rules, out, "-q")
    assert files(out) == first
    (out / "mine.txt").write_text("kept")
    (rules / "net.yml").unlink()
    migrate(rules, out, "-q")
    assert set(first) - set(files(out)) == {"rules/net_started.yaml"}
    assert (out / "mine.txt").exists()


def test_the_output_is_not_read_as_rules(rules: Path) -> None:
    out = rules / "out"
    main(["migrate", str(rules), "--to", "sigma", "-o", str(out), "-q"])
    first = files(out)
    main(["migrate", str(rules), "--to", "sigma", "-o", str(out), "-q"])
    assert files(out) == first


def test_the_summary_is_json_where_it_is_piped(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    migrate(rules, tmp_path / "out")
    (found,) = json.loads(capsys.readouterr().out)
    assert found["rules"] == 5 == sum(found["verdicts"].values())
    assert found["verdicts"]["exact"] >= 2
    for reason in found["reasons"]:
        assert reason["rules"] >= 1 and reason["next"] and reason["meaning"]
    assert "MAP002" in {reason["code"] for reason in found["reasons"]}


def test_the_summary_as_text(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    migrate(rules, tmp_path / "out", "-f", "text")
    shown = capsys.readouterr().out
    assert re.search(r"refused +2", shown)
    assert "what to do next" in shown and "MAP002" in shown


def test_hostile_titles_stay_inside_and_escaped(tmp_path: Path) -> None:
    folder, out = tmp_path / "rules", tmp_path / "here" / "out"
    folder.mkdir()
    for number, title in enumerate(HOSTILE):
        rule = {
            "title": title,
            "id": f"00000000-0000-4000-8000-{number:012}",
            "logsource": {"product": "windows", "category": "process_creation"},
            "detection": {"selection": {"CommandLine|contains": f"<b>mark{number}q"}, "condition": "selection"},
        }
        (folder / f"{number}.yml").write_text(json.dumps(rule), encoding="utf-8")
    before = files(tmp_path)
    for target in ("sentinel", "splunk", "elastic", "defender", "secops", "sigma"):
        assert main(["migrate", str(folder), "--to", target, "-o", str(out), "-q"]) == Exit.FINE
        written = set(files(tmp_path)) - set(before)
        assert all(path.startswith(str(Path("here", "out"))) for path in written)
        rows = json.loads((out / "report.json").read_text())
        outputs = [row["output"] for row in rows]
        assert len(set(map(str.lower, outputs))) == len(HOSTILE)
        for number, output in enumerate(outputs):
            assert f"mark{number}q" in (out / output).read_text(encoding="utf-8")
            assert re.fullmatch(r"(rules|queries|detections)/[a-z0-9_]{1,110}\.\w+", output), output
            assert Path(output).stem != "con"
        page = Page((out / "report.html").read_text(encoding="utf-8"))
        assert page.tags.count("script") == 1 and "b" not in page.tags
        assert "<script>alert(1)</script>" in page.text
        for cell in csv.reader((out / "report.csv").open(encoding="utf-8", newline="")):
            assert not any(one.startswith(("=", "+", "-", "@", "\t", "\r")) for one in cell)
            assert not any("\0" in one for one in cell)


def test_a_rule_that_cannot_be_rendered_costs_only_itself(tmp_path: Path) -> None:
    folder, out = tmp_path / "rules", tmp_path / "out"
    folder.mkdir()
    (folder / "a.yml").write_text(SIGMA)
    half = SIGMA.replace("'\\net.exe'", '"\\ud800x"').replace("6f3e", "6f3d").replace("Net", "Half")
    (folder / "b.yml").write_text(half)
    assert main(["migrate", str(folder), "--to", "sentinel", "-o", str(out), "-q"]) in (Exit.FINDINGS, Exit.UNREADABLE)
    rows = json.loads((out / "report.json").read_text())
    assert rows[0]["verdict"] == "exact"
    assert rows[1]["output"] is None


def test_a_link_out_of_the_folder_is_not_followed(rules: Path, tmp_path: Path) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    out.mkdir()
    other.mkdir()
    (out / "rules").symlink_to(other)
    assert migrate(rules, out, "-q") == Exit.USAGE_ERROR
    assert not list(other.iterdir())


def test_a_target_that_there_is_not(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", str(rules), "--to", "nowhere", "-o", str(tmp_path / "out")]) == Exit.USAGE_ERROR
    assert "sentinel" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_link_to_itself_costs_no_other_rule(rules: Path, tmp_path: Path) -> None:
    (rules / "loop.yml").symlink_to("loop.yml")
    target = tmp_path / "out"
    assert main(["migrate", str(rules), "-t", "splunk", "-o", str(target), "-q"]) == Exit.UNREADABLE
    rows = {Path(row["source"]).name: row for row in json.loads((target / "report.json").read_text())}
    assert rows["loop.yml"]["findings"][0]["code"] == "IO002"
    assert rows["net.yml"]["verdict"] == "exact"
