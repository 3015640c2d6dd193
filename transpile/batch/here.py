"""One file in this very process, for results that keep their rules and trees, within the time that a file may take."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import TypeVar

from transpile.batch import TIMEOUT, RuleFile, explain_lost
from transpile.batch.find import read_source
from transpile.batch.pool import Lost
from transpile.conversion import Conversion, Options, convert_source, nothing_read
from transpile.source import Source

R = TypeVar("R")


class TimedOut(BaseException):
    """The work took too long. No handler of ordinary errors on the way may take it for one of its own."""


def convert_here(file: RuleFile, options: Options, timeout: float = TIMEOUT) -> tuple[Source | None, list[Conversion]]:
    """A file's text, None if it cannot be read, and its results; after `timeout` seconds one that says so."""
    source = read_source(file)
    if not isinstance(source, Source):
        return None, nothing_read(file.path, options, source)
    try:
        return source, within(timeout, partial(convert_source, source, options))
    except TimedOut:
        return source, nothing_read(file.path, options, explain_lost(Lost("", timed_out=True), timeout))


def within(seconds: float, work: Callable[[], R]) -> R:
    """The result of `work`; raises `TimedOut` if it takes longer. Only the main thread on Unix has a limit."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return work()

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimedOut

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
