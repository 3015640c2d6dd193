"""Finding a command, wrong use, and what starting costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import transpile
from transpile import dialects
from transpile.cli import Exit
from transpile.cli.main import COMMANDS, main

PROJECT = Path(__file__).parent.parent.parent
GOOD = """\
title: Good rule
id: 1f1f8515-bbe4-4c6c-ba6f-f7516e3daa0a
status: test
description: A rule without fault.
author: A
date: 2026-01-01
level: low
logsource: {product: windows, category: process_creation}
detection: {s: {Image: 'C:\\a.exe'}, condition: s}
"""
HEAVY = ("typer", "rich", "sigma", "yaml", "jinja2", "requests", "transpile.dialects", "transpile.ir")


def test_the_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--help"], ["-h"]):
        assert main(arguments) == Exit.FINE
        shown = capsys.readouterr().out
        assert all(f"\n  {name}" in shown for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == Exit.FINE
    assert f"Usage: transpile {name}" in capsys.readouterr().out


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == Exit.FINE
    assert capsys.readouterr().out == f"transpile {transpile.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["conver"], "did you mean convert?"),
        (["--nonsense"], "no option '--nonsense'"),
        (["convert"], "Missing argument"),
        (["convert", "--nonsense", "x"], "No such option"),
        (["convert", "nowhere.yml"], "no such file or folder: nowhere.yml"),
        (["convert", ".", "--to", "kqll"], "did you mean kql?"),
        (["convert", ".", "--model", "sentinal"], "did you mean"),
        (["convert", ".", "--to", "spl", "--model", "sentinel"], "is for kql"),
        (["convert", ".", "--pipeline", "splunk_window"], "did you mean splunk_windows?"),
        (["convert", ".", "--jobs", "0"], "Invalid value"),
        (["convert", ".", "--values", "nowhere.yml"], "--values nowhere.yml: No such file or directory"),
        (["codes", "SIG0001"], "did you mean SIG001?"),
        (["explain", "nowhere.yml"], "no such file"),
        (["check", "nowhere.yml"], "no such file"),
    ],
)
def test_wrong_use(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == Exit.USAGE_ERROR
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""


def test_a_folder_without_rules(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    assert main(["convert", str(tmp_path)]) == Exit.USAGE_ERROR
    assert "no rules" in capsys.readouterr().err


def test_starting_loads_nothing_heavy() -> None:
    code = (
        "import sys; from transpile.cli.main import main; main(['--help']);"
        f"print([name for name in sys.modules if name.startswith({HEAVY!r})], file=sys.stderr)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stderr.strip() == "[]"


def test_the_package_loads_nothing_heavy() -> None:
    code = f"import sys, transpile; print([name for name in sys.modules if name.startswith({HEAVY!r})])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_help_of_convert_loads_no_engine() -> None:
    heavy = tuple(name for name in HEAVY if name in ("sigma", "yaml", "jinja2", "requests"))
    code = (
        "import sys; from transpile.cli.main import main; main(['convert', '--help']);"
        f"print([name for name in sys.modules if name.startswith({heavy!r})], file=sys.stderr)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stderr.strip() == "[]"


def test_one_usual_rule_needs_no_pysigma() -> None:
    rule = "title: A\nlogsource: {category: process_creation, product: windows}\n"
    rule += "detection: {selection: {Image|endswith: ['\\\\a.exe', '\\\\b.exe']}, condition: selection}\n"
    code = (
        "import sys; from transpile.cli.main import main; main(['convert', '-', '-t', 'kql', '-q']);"
        "print([name for name in sys.modules if name.split('.')[0] in ('sigma', 'pyparsing', 'jinja2', 'requests')],"
        "file=sys.stderr)"
    )
    found = subprocess.run([sys.executable, "-c", code], input=rule, capture_output=True, text=True, check=True)
    assert "a.exe" in found.stdout
    assert found.stderr.strip() == "[]"


def test_it_runs_as_a_module() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "transpile", "targets", "--format", "json"], capture_output=True, text=True, check=True
    )
    assert [one["name"] for one in json.loads(found.stdout)] == list(dialects.writers())


def test_a_reader_that_leaves_early_is_no_error() -> None:
    script = f"{sys.executable} -m transpile codes | head -1; echo ${{PIPESTATUS[0]}}"
    found = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] in (f"{int(Exit.FINE)}", f"{int(Exit.CUT_OFF)}") and found.stderr == ""


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_findings_are_told_by_the_exit_code_whoever_reads_them(form: str, tmp_path: Path) -> None:
    path = tmp_path / "rule.yml"
    for text, code in ((GOOD, Exit.FINE), (GOOD.replace("condition: s", "condition: x"), Exit.UNREADABLE)):
        path.write_text(text)
        script = (
            f"{sys.executable} -m transpile check {path} --to spl -f {form} -q | (exec <&-; sleep 0.1);"
            "echo ${PIPESTATUS[0]}"
        )
        found = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        assert found.stdout == f"{int(code)}\n" and found.stderr == ""


@pytest.mark.parametrize("command", ["codes", "--help", "targets --format json"])
def test_output_that_cannot_be_written_is_said_so(command: str) -> None:
    script = f"{sys.executable} -m transpile {command} > /dev/full; echo $?"
    found = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout == f"{int(Exit.USAGE_ERROR)}\n"
    assert found.stderr == "transpile: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize("project", [False, True])
def test_a_run_that_its_reader_cuts_off_claims_no_success(tmp_path: Path, project: bool) -> None:
    if project:  # then Typer reads the arguments
        (tmp_path / "transpile.toml").write_text('to = ["kql"]\n')
    code = "import sys; from transpile.cli.main import main; print(main(sys.argv[1:]), file=sys.stderr)"
    command = [sys.executable, "-c", code, "convert", str(PROJECT / "rules")]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout and running.stderr
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read().splitlines()[-1] == f"{int(Exit.CUT_OFF)}"
