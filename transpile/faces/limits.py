"""Limits for work that somebody else asks for: files below one folder, sizes, and a process that can be stopped."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

from transpile.batch.find import RuleFile, read_source
from transpile.source import Source

R = TypeVar("R")

SECONDS = 30.0  # that one call may take
LARGEST = 1_000_000  # characters of a text
MEMORY = 2 << 30  # bytes of the worker's address space


class LimitError(ValueError):
    """What was asked for is outside of the limits; the message says which."""


class Folder:
    """The only folder whose files may be read."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def path(self, name: str) -> Path:
        """The place of a file below the folder. Raises `LimitError` for one outside, by name or by a link."""
        try:
            place = (self.root / name).resolve()
            is_file = place.is_file()
        except (OSError, RuntimeError, ValueError):  # too long a name, a link to itself, a NUL character
            place, is_file = self.root, False
        if not place.is_relative_to(self.root):
            raise LimitError(f"{name!r} is outside of {self.root}; only files below it are read")
        if not is_file:
            raise LimitError(f"no file {name!r} below {self.root}")
        return place

    def source(self, name: str) -> Source:
        """The text of a file. Raises `LimitError`."""
        place = self.path(name)
        found = read_source(RuleFile(str(place), place.name))
        if not isinstance(found, Source):
            raise LimitError(f"{name}: {found.message}")
        checked(found.text, name)
        return Source(found.text, name)


def checked(text: str, what: str = "the text") -> str:
    """A text that is not too long. Raises `LimitError`."""
    if len(text) > LARGEST:
        raise LimitError(f"{what} has {len(text):,} characters; the limit is {LARGEST:,}")
    return text


class Worker:
    """A process that does one call at a time and is stopped, and started anew, when a call takes too long."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._context = multiprocessing.get_context("spawn")  # the caller has threads, which a fork would not copy
        self._process: BaseProcess | None = None
        self._pipe: Connection[Any, Any] | None = None
        self._one_at_a_time = threading.Lock()

    def call(self, work: Callable[..., R], *arguments: Any) -> R:
        """The result of a function of a module. Raises `LimitError` where it takes too long, and what it raises."""
        with self._one_at_a_time:
            pipe = self._started()
            try:
                pipe.send((work, arguments))
                if not pipe.poll(self._seconds):
                    self.close()
                    raise LimitError(f"gave up after {self._seconds:g} seconds; ask about fewer or smaller rules")
                result, error = pipe.recv()
            except (EOFError, OSError):
                self.close()
                raise LimitError("the process that did this died, most often for want of memory") from None
        if error is not None:
            raise error
        found: R = result
        return found

    def _started(self) -> Connection[Any, Any]:
        if self._process is None or not self._process.is_alive() or self._pipe is None:
            self.close()
            self._pipe, theirs = self._context.Pipe()
            self._process = self._context.Process(target=_serve, args=(theirs,), daemon=True)
            self._process.start()
            theirs.close()
        return self._pipe

    def close(self) -> None:
        """Stop the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None


def _serve(pipe: Connection[Any, Any]) -> None:
    """The life of the process: do what comes until the caller is gone. What it prints goes to standard error."""
    with suppress(OSError):
        os.dup2(2, 1)
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with suppress(EOFError, ConnectionError, KeyboardInterrupt):
        while True:
            work, arguments = pipe.recv()
            try:
                answer, problem = work(*arguments), None
            except Exception as error:
                answer, problem = None, error
            pipe.send((answer, problem))
