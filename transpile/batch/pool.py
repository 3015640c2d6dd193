"""Work on every core that survives its workers: a process that dies or hangs loses one item, and no other.

The standard pools lose every pending item with one dead process, so this is a small one of our own. Each worker takes a
few items at a time and notes in shared memory which of them it is busy with, and since when. If it dies or hangs, that
item is lost; what it had done but not yet sent back is done again by another.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from transpile.record import record

T = TypeVar("T")
R = TypeVar("R")

CHUNK = 16  # items handed out at a time
PATIENCE = 0.05  # seconds after which a worker sends what it has done of them
# Forked workers share what the parent has loaded; outside of Linux forking is not safe, or not there.
METHOD = "fork" if sys.platform == "linux" else "spawn"
WINDOW = 4096  # how far the work may run ahead of the oldest item that is not done


@record
class Lost:
    """The outcome of an item whose worker was stopped for taking too long, died, or raised."""

    reason: str
    timed_out: bool = False


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    work: Callable[[T], R], items: Sequence[T], *, jobs: int | None = None, timeout: float = 20.0
) -> Iterator[R | Lost]:
    """`work` of each item, in the items' order, by `jobs` processes (as many as there are cores if None).

    An item that takes longer than `timeout` seconds, or whose process dies, is `Lost`; the others are not touched.
    Where processes are not forked, `work` and the items are pickled, and a single item is done in this very process.
    """
    if len(items) < (1 if METHOD == "fork" else 2):  # a fork is cheap, and one item may hang as well as many
        yield from map(work, items)
        return
    pool = _Pool(work, items, min(jobs or cores(), len(items)), timeout)
    try:
        yield from pool.results()
    finally:
        pool.close()


@dataclass(slots=True)
class _Worker:
    """A process, the pipe to it, and the items whose results it still owes.

    `at` is shared with it: the item that it is busy with, and since when (by the machine's monotonic clock).
    """

    process: BaseProcess
    pipe: Connection[Any, Any]
    at: Any
    pending: deque[int] = field(default_factory=deque)
    heard: float = 0.0  # when it was last given something, or sent something

    @property
    def since(self) -> float:
        """When it began what it is busy with; it may have stood still before, waiting for its results to be taken."""
        return max(self.heard, float(self.at[1]))


class _Pool:
    """The workers of one run."""

    def __init__(self, work: Callable[[Any], Any], items: Sequence[Any], jobs: int, timeout: float) -> None:
        self._context: Any = multiprocessing.get_context(METHOD)
        self._work, self._items, self._timeout = work, items, timeout
        self._given = 0  # items handed out
        self._taken = 0  # results yielded
        self._done: dict[int, Any] = {}
        self._workers: list[_Worker] = []
        gc.collect()
        gc.freeze()  # the workers' collectors never walk, and so never copy, what the parent made
        for _ in range(jobs):
            self._workers.append(self._start())

    def results(self) -> Iterator[Any]:
        """The outcome of each item, in order."""
        while self._taken < len(self._items):
            if self._taken in self._done:
                yield self._done.pop(self._taken)
                self._taken += 1
            else:
                self._collect()

    def close(self) -> None:
        """Stop every worker."""
        for worker in self._workers:
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()
        gc.unfreeze()

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        at = self._context.RawArray("d", 2)
        inherited = [ours, *(worker.pipe for worker in self._workers)] if METHOD == "fork" else []
        process = self._context.Process(
            target=_serve, args=(self._work, self._items, theirs, at, inherited), daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(process, ours, at)

    def _feed(self, worker: _Worker) -> None:
        """Keep a worker in work: hand out the next items before it has done its last."""
        stop = min(self._given + CHUNK, len(self._items), self._taken + WINDOW)
        if len(worker.pending) < CHUNK // 2 and stop > self._given:
            self._give(worker, range(self._given, stop))
            self._given = stop

    def _give(self, worker: _Worker, indices: range | list[int]) -> None:
        if not worker.pending:
            worker.at[0], worker.heard = indices[0], time.monotonic()
        worker.pending.extend(indices)
        worker.pipe.send(list(indices))

    def _collect(self) -> None:
        """Wait for results, and deal with workers that died or hang."""
        for worker in self._workers:
            self._feed(worker)
        busy = {worker.pipe: worker for worker in self._workers if worker.pending}
        due = min(worker.since for worker in busy.values()) + self._timeout
        ready = wait(list(busy), timeout=max(0.0, due - time.monotonic()))
        for pipe, worker in busy.items():
            if pipe in ready:
                self._receive(worker)
            elif time.monotonic() - worker.since >= self._timeout:
                worker.process.kill()
                self._replace(worker, Lost("time limit", timed_out=True))

    def _receive(self, worker: _Worker) -> None:
        try:
            results = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join()
            code = worker.process.exitcode or 0
            self._replace(worker, Lost(f"signal {-code}" if code < 0 else f"exit code {code}"))
            return
        worker.heard = time.monotonic()
        for result in results:
            self._done[worker.pending.popleft()] = result

    def _replace(self, worker: _Worker, lost: Lost) -> None:
        """Give up the item that a worker was busy with, and its other items to a new worker."""
        worker.process.join()
        worker.pipe.close()
        index = int(worker.at[0])
        if index in worker.pending:  # it may have died while it waited for more
            worker.pending.remove(index)
            self._done[index] = lost
        self._workers.remove(worker)
        fresh = self._start()
        self._workers.append(fresh)
        if worker.pending:
            self._give(fresh, list(worker.pending))


def _serve(
    work: Callable[[Any], Any],
    items: Sequence[Any],
    pipe: Connection[Any, Any],
    at: Any,
    inherited: list[Connection[Any, Any]],
) -> None:
    """The life of a worker: take indices, send back a result for each, in their order, until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C, for all
    gc.set_threshold(100_000)  # most of what an item makes is gone with it, without a collector
    for connection in inherited:  # ends of the parent's that the fork copied; open, they would hide its death
        connection.close()
    with suppress(EOFError, ConnectionError):  # the parent is gone
        while True:
            _answer(work, items, pipe, at)


def _answer(work: Callable[[Any], Any], items: Sequence[Any], pipe: Connection[Any, Any], at: Any) -> None:
    """Take a few indices and send back the results, several at a time."""
    indices = pipe.recv()
    done, sent = [], time.monotonic()
    for index in indices:
        at[:] = index, time.monotonic()
        try:
            done.append(work(items[index]))
        except Exception as error:
            done.append(_raised(error))
        if time.monotonic() - sent > PATIENCE:
            _send(pipe, done)
            done, sent = [], time.monotonic()
    _send(pipe, done)


def _send(pipe: Connection[Any, Any], results: list[Any]) -> None:
    """Send results; each by itself, if together they cannot be, so that one that cannot be sent is lost alone."""
    try:
        pipe.send(results)
    except ConnectionError:
        raise
    except Exception as error:
        if len(results) == 1:
            pipe.send([_raised(error)])
        else:
            for result in results:
                _send(pipe, [result])


def _raised(error: Exception) -> Lost:
    return Lost(f"{type(error).__name__}: {error}")
