"""`transpile models show|diff|new`, and `transpile completion`."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from transpile.cli import Exit
from transpile.cli.main import COMMANDS, main
from transpile.conversion import convert
from transpile.project.schema import SCHEMAS

OURS = (
    "title: t\nlogsource: {product: ours, category: audit}\ndetection: {s: {User: ann, StatusCode: 5}, condition: s}\n"
)


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "show", "defender", "windows/registry_set", "-f", "json"]) == Exit.FINE
    fields = {one["field"]: one["kept in"] for one in json.loads(capsys.readouterr().out)}
    assert "RegistryValueData" in fields["Details"] and "RegistryKey" in fields["TargetObject"]
    assert main(["models", "show", "defender"]) == Exit.FINE
    assert "windows/registry_set" in capsys.readouterr().out
    assert main(["models", "show", "defender", "nothing"]) == Exit.USAGE_ERROR
    assert main(["models", "show", "defendr"]) == Exit.USAGE_ERROR


def test_diff(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "diff", "sentinel", "sentinel"]) == Exit.FINE
    assert main(["models", "diff", "sentinel", "defender", "-f", "json"]) == Exit.FINDINGS
    rows = json.loads(capsys.readouterr().out)
    assert {"log source", "field", "sentinel", "defender"} == set(rows[0])


def test_a_new_model_holds_and_fits_its_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import yaml
    from jsonschema import Draft202012Validator

    place = tmp_path / "ours.yml"
    assert main(["models", "new", str(place), "--include", "sentinel"]) == Exit.FINE
    Draft202012Validator(SCHEMAS["model"]()).validate(yaml.load(place.read_text(), yaml.BaseLoader))
    query = convert(OURS, write="kql", model=str(place)).query
    assert query is not None and 'user_name =~ "ann"' in query and "status == 5" in query
    assert main(["models", "new", str(place), "--include", "sentinel"]) == Exit.USAGE_ERROR


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_names_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == Exit.FINE
    script = capsys.readouterr().out
    assert all(name in script for name in COMMANDS)
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=script, text=True, check=False).returncode == 0


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["transpile", "con"], {"convert", "config"}),
        (["transpile", "convert", "--to", "k"], {"kql", "kuery"}),
        (["transpile", "deploy", "--fail-on", "ref"], {"refused"}),
        (["transpile", "convert", "--pru"], {"--prune"}),
        (["transpile", "models", "--fo"], {"--format"}),
    ],
)
def test_completion_in_bash(words: list[str], found: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    script = capsys.readouterr().out
    given = " ".join(words)
    script += f"\nCOMP_WORDS=({given}); COMP_CWORD={len(words) - 1}; _transpile; echo ${{COMPREPLY[@]}}\n"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == found
