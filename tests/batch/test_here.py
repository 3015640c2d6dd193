"""Work on one file in this process ends when its time is over."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from transpile.batch.find import RuleFile, find
from transpile.batch.here import TimedOut, convert_here, within
from transpile.conversion import Options, Status


def swallow_every_error() -> None:
    while True:
        try:
            time.sleep(10)
        except Exception:
            continue


def test_work_that_takes_too_long_is_given_up_whatever_errors_it_handles() -> None:
    start = time.monotonic()
    with pytest.raises(TimedOut):
        within(0.05, swallow_every_error)
    assert time.monotonic() - start < 5
    assert within(5, lambda: 1) == 1
    time.sleep(0.06)  # no alarm is left behind


def test_a_file_that_takes_too_long_is_a_result_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.spl"
    path.write_text("index=a b=c\n")
    (file,) = find([str(path)])
    source, (found,) = convert_here(file, Options(("kql",)))
    assert source is not None and source.text == "index=a b=c\n"
    assert found.status is not Status.ERROR
    monkeypatch.setattr("transpile.batch.here.convert_source", lambda source, options: swallow_every_error())
    source, (found,) = convert_here(file, Options(("kql",)), 0.05)
    assert source is not None
    assert [one.code for one in found.diagnostics] == ["IO004"]


def test_a_file_that_cannot_be_read_is_a_result_that_says_so(tmp_path: Path) -> None:
    source, (found,) = convert_here(RuleFile(str(tmp_path / "none.yml"), "none.yml"), Options(("kql",)))
    assert source is None
    assert found.status is Status.ERROR
