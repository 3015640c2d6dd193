"""Rows in order of time, however they come, in bounded memory: sorted runs on disk, merged."""

from __future__ import annotations

import pickle
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from operator import itemgetter
from tempfile import TemporaryFile
from typing import IO, Any

RUN = 50_000  # rows of one run

Row = tuple[Any, ...]  # the first member is the time


class Spool:
    """Takes rows in any order and gives them back in order of time; those of one time as they came."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._runs: list[IO[bytes]] = []
        self._last: Row | None = None

    def add(self, row: Row) -> None:
        """Keep a row."""
        self._rows.append(row)
        if len(self._rows) >= RUN:
            self._write()

    def _write(self) -> None:
        self._rows.sort(key=_time)
        if not (self._runs and self._last is not None and self._last[0] <= self._rows[0][0]):
            self._runs.append(TemporaryFile())  # noqa: SIM115 (closed by `rows`)
        # What comes in order goes on with the run before, so sorted logs are one run.
        for start in range(0, len(self._rows), 1_000):
            pickle.dump(self._rows[start : start + 1_000], self._runs[-1], pickle.HIGHEST_PROTOCOL)
        self._last = self._rows[-1]
        self._rows = []

    def rows(self) -> Iterator[Row]:
        """Every row, in order of time. The spool is empty then."""
        rest = sorted(self._rows, key=_time)
        runs, self._runs, self._rows = self._runs, [], []
        try:
            yield from _merged([*map(_read, runs), iter([rest])])
        finally:
            for run in runs:
                run.close()


_time = itemgetter(0)


def _read(run: IO[bytes]) -> Iterator[list[Row]]:
    run.seek(0)
    while True:
        try:
            yield pickle.load(run)
        except EOFError:
            return


def _merged(runs: list[Iterator[list[Row]]]) -> Iterator[Row]:
    """The rows of sorted runs in order of time; of one time, those of the first run first.

    Of what is read of each run, all rows before the first time that a run may yet go on at are sorted at once, which is
    several times as fast as to compare row by row.
    """
    held: list[list[Row]] = [next(run, []) for run in runs]
    while True:
        for number, run in enumerate(runs):
            if not held[number]:
                held[number] = next(run, [])
        reading = [rows for rows in held if rows]
        if not reading:
            return
        until = min(rows[-1][0] for rows in reading)
        ready: list[Row] = []
        for number, rows in enumerate(held):
            at = bisect_left(rows, until, key=_time)
            ready += rows[:at]
            held[number] = rows[at:]
        if not ready:  # all begin at one time, at which some go on: read on until they do not
            for number, run in enumerate(runs):
                while held[number] and held[number][-1][0] == until and (more := next(run, [])):
                    held[number] += more
                at = bisect_right(held[number], until, key=_time)
                ready += held[number][:at]
                held[number] = held[number][at:]
        ready.sort(key=_time)
        yield from ready
