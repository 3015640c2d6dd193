"""Rows in order of time, however they come, in bounded memory: sorted runs on disk, merged."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from heapq import merge
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
        self._rows.sort(key=itemgetter(0))
        if not (self._runs and self._last is not None and self._last[0] <= self._rows[0][0]):
            self._runs.append(TemporaryFile())  # noqa: SIM115 (closed by `rows`)
        # What comes in order goes on with the run before, so sorted logs are one run.
        for start in range(0, len(self._rows), 1_000):
            pickle.dump(self._rows[start : start + 1_000], self._runs[-1], pickle.HIGHEST_PROTOCOL)
        self._last = self._rows[-1]
        self._rows = []

    def rows(self) -> Iterator[Row]:
        """Every row, in order of time. The spool is empty then."""
        rest = sorted(self._rows, key=itemgetter(0))
        runs, self._runs, self._rows = self._runs, [], []
        try:
            yield from merge(*map(_read, runs), rest, key=itemgetter(0))
        finally:
            for run in runs:
                run.close()


def _read(run: IO[bytes]) -> Iterator[Row]:
    run.seek(0)
    while True:
        try:
            yield from pickle.load(run)
        except EOFError:
            return
