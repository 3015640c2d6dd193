"""A rule that is deployed and is refused or unreadable now keeps what is deployed, or nothing is written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from transpile.cli.main import main

RULE = """\
title: {title}
id: 0e95725d-7320-415d-80f7-004da920fc2{number}
status: stable
logsource: {{product: windows, category: process_creation}}
detection:
  selection:
    Image|endswith: '{title}.exe'
  condition: selection
"""
KEPT = [
    ("splunk", "app"),
    ("splunk", "conf"),
    ("splunk", "contentctl"),
    ("elastic", "ndjson"),
    ("elastic", "toml"),
    ("sentinel", "yaml"),
    ("sentinel", "arm"),
    ("sentinel", "bicep"),
    ("sentinel", "terraform"),
    ("defender", "json"),
    ("secops", "yaral"),
]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    for number, title in enumerate(("refused", "unreadable", "sound")):
        (folder / f"{title}.yml").write_text(RULE.format(number=number, title=title), encoding="utf-8")
    return folder


def spoil(rules: Path) -> None:
    one, other = rules / "refused.yml", rules / "unreadable.yml"
    one.write_text(one.read_text(encoding="utf-8").replace("Image|", "Imag|"), encoding="utf-8")
    other.write_text(other.read_text(encoding="utf-8") + "x: [\n", encoding="utf-8")


def written(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def searched(folder: Path) -> set[str]:
    """The programs that the deployed queries look for."""
    return {name for text in written(folder).values() for name in re.findall(r"(\w+)\\*\.exe\b", text)}


@pytest.mark.parametrize(("platform", "form"), KEPT)
def test_what_is_deployed_stays(rules: Path, tmp_path: Path, platform: str, form: str) -> None:
    out = tmp_path / "out"
    run = ["deploy", str(rules), "--platform", platform, "-f", form, "-o", str(out), "-q"]
    assert main(run) == 0
    before = written(out)
    spoil(rules)
    for _ in range(2):  # what is kept is kept again
        assert main(run) == 2
        after = written(out)
        assert after.keys() == before.keys()
        for path, text in before.items():
            if "app" not in path and "README" not in path:  # these say how many rules are deployed anew
                assert sorted(after[path].split()) == sorted(text.split())
        assert main([*run, "--check"]) == 2
    rows = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["rules"]
    assert [(row["title"], row.get("kept", False)) for row in rows] == [
        ("refused", True),
        ("sound", False),
        ("unreadable", True),
    ]
    (rules / "unreadable.yml").unlink()
    assert main(run) == 1
    assert searched(out) == {"refused", "sound"}
    assert main([*run, "--fail-on", "none"]) == 0
    assert main([*run, "--drop-refused"]) == 0
    assert searched(out) == {"sound"}


def test_nothing_is_written_where_a_file_of_several_rules_cannot_keep_one(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    run = ["deploy", str(rules), "--platform", "sentinel", "-f", "arm-single", "-o", str(out), "-q"]
    assert main(run) == 0
    before = written(out)
    spoil(rules)
    assert main([*run, "--fail-on", "none"]) == 1
    assert "2 rules cannot be kept in files that hold several rules, so nothing is written" in capsys.readouterr().err
    assert written(out) == before
    assert main([*run, "--drop-refused", "--fail-on", "none"]) == 0
    assert "refused.exe" not in written(out)["azuredeploy.json"]


def test_a_setting_that_every_rule_is_refused_for_empties_nothing(rules: Path, tmp_path: Path) -> None:
    out, settings = tmp_path / "out", tmp_path / "deploy.yml"
    settings.write_text("defaults: {interval: 7m}\n", encoding="utf-8")
    run = ["deploy", str(rules), "--platform", "splunk", "-f", "conf", "-o", str(out), "-q"]
    assert main(run) == 0
    before = written(out)
    assert main([*run, "-c", str(settings)]) == 1
    assert written(out)["savedsearches.conf"] == before["savedsearches.conf"]
    assert "[transpile_index_windows]" in written(out)["macros.conf"]


def test_a_line_of_a_value_that_looks_like_a_stanza(rules: Path, tmp_path: Path) -> None:
    out, rule = tmp_path / "out", rules / "refused.yml"
    text = rule.read_text(encoding="utf-8")
    rule.write_text(text.replace("status:", "description: |\n  one\n  [sound]\n  two\nstatus:"), encoding="utf-8")
    run = ["deploy", str(rules), "--platform", "splunk", "-f", "conf", "-o", str(out), "-q"]
    assert main(run) == 0
    before = written(out)["savedsearches.conf"]
    spoil(rules)
    assert main(run) == 2
    assert sorted(written(out)["savedsearches.conf"].split()) == sorted(before.split())


def test_a_plan_says_what_is_kept_and_what_is_removed_and_why(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ["deploy", str(rules), "--platform", "sentinel", "-o", str(tmp_path / "out"), "-q"]
    assert main(run) == 0
    spoil(rules)
    assert main([*run, "--plan"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("= keep: refused (0e95725d-7320-415d-80f7-004da920fc20): refused (MAP002): ")
    assert lines[1].startswith("= keep: unreadable (0e95725d-7320-415d-80f7-004da920fc21): cannot be read (SIG001): ")
    assert len(lines) == 2
    main([*run, "--plan", "--drop-refused"])
    assert "- remove: refused (0e95725d-7320-415d-80f7-004da920fc20): refused (MAP002): " in capsys.readouterr().out


def test_a_plan_tells_rules_that_are_switched(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = ["deploy", str(rules), "--platform", "elastic", "-o", str(tmp_path / "out"), "-q"]
    assert main(run) == 0
    rule = rules / "sound.yml"
    rule.write_text(rule.read_text(encoding="utf-8").replace("stable", "test"), encoding="utf-8")
    capsys.readouterr()
    assert main([*run, "--plan"]) == 0
    assert "! switch off: sound (0e95725d-7320-415d-80f7-004da920fc22)\n" in capsys.readouterr().out
    assert main(run) == 0
    assert main([*run, "--plan", "--enable", "test"]) == 0
    assert "! switch on: sound (0e95725d-7320-415d-80f7-004da920fc22)\n" in capsys.readouterr().out
