"""My rules beside a catalog, given as a folder or as a catalog of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from transpile.catalog.store import build
from transpile.cli.main import main


def test_a_folder_of_rules_is_as_good_as_a_catalog_of_it(
    repository: Path, catalog_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, made = tmp_path / "rules", tmp_path / "mine.sqlite"
    folder.mkdir()
    shutil.copy(repository / "b.yml", folder)
    build([str(folder)], made, jobs=1)
    shown = []
    for mine in (folder, made):
        assert main(["catalog", "coverage", str(mine), "--against", str(catalog_file), "--format", "json"]) == 0
        shown.append(json.loads(capsys.readouterr().out))
        gaps = ["catalog", "gaps", "T1021.002", "--mine", str(mine), "--db", str(catalog_file), "--format", "json"]
        assert main(gaps) == 0
        shown.append(json.loads(capsys.readouterr().out))
    assert shown[:2] == shown[2:]
    assert shown[0]["summary"]["covered"] == 1


def test_a_folder_is_no_catalog(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["catalog", "stats", "--db", str(tmp_path)]) == 3
    assert f"{tmp_path} is a folder; make a catalog with `transpile catalog build" in capsys.readouterr().err
