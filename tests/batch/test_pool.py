"""Work on many processes: in order, and nothing lost but what must be."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from transpile.batch import pool
from transpile.batch.pool import Lost, run


def behave(item: object) -> object:
    """Do what the item says."""
    match item:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "leave":
            os._exit(3)
        case "hang":
            time.sleep(60)
        case "raise":
            raise ValueError("no")
        case "unpicklable":
            return lambda: None
    return item


def test_results_come_in_order() -> None:
    assert list(run(lambda number: number * 2, range(1000), jobs=2)) == [number * 2 for number in range(1000)]


def test_each_misfortune_loses_one_item() -> None:
    items: list[object] = list(range(60))
    items[3], items[17], items[18], items[40], items[59] = "die", "hang", "leave", "raise", "unpicklable"
    found = list(run(behave, items, jobs=2, timeout=0.5))
    lost = {place: outcome for place, outcome in enumerate(found) if isinstance(outcome, Lost)}
    assert set(lost) == {3, 17, 18, 40, 59}
    assert lost[3] == Lost("signal 9")
    assert lost[17].timed_out and not lost[18].timed_out
    assert lost[18] == Lost("exit code 3")
    assert lost[40] == Lost("ValueError: no")
    assert all(found[place] == place for place in range(60) if place not in lost)


def test_items_that_all_die_end_the_run_all_the_same() -> None:
    assert list(run(behave, ["die"] * 5, jobs=2)) == [Lost("signal 9")] * 5


def test_a_window_bounds_how_far_the_work_runs_ahead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pool, "WINDOW", 16)

    def mark(number: int) -> int:
        (tmp_path / str(number)).touch()
        return number

    results = run(mark, range(200), jobs=2)
    assert next(results) == 0
    time.sleep(0.1)
    assert len(list(tmp_path.iterdir())) <= 17
    assert list(results) == list(range(1, 200))


def test_a_run_that_is_given_up_leaves_no_process() -> None:
    results = run(lambda number: os.getpid(), range(100), jobs=2)
    worker = next(results)
    assert isinstance(worker, int) and worker != os.getpid()
    results.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_one_item_may_hang_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(run(behave, ["hang"], timeout=0.2)) == [Lost("time limit", timed_out=True)]
    assert list(run(behave, [], jobs=8)) == []
    monkeypatch.setattr(pool, "METHOD", "spawn")  # dear, and pickles: one item is done here
    assert list(run(lambda _: os.getpid(), [None])) == [os.getpid()]
