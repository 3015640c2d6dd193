"""Results on standard output, one after another as they come: JSON, JSON lines, or text to read.

Each writer is a context manager that gives a function; what JSON needs at its end is written on leaving.
JSON is pure ASCII, so that nothing a rule holds can be torn by an encoding on its way.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TextIO

from transpile import dialects
from transpile.batch.marks import LISTED, comments, marked
from transpile.conversion import Conversion

Emit = Callable[[Iterable[Mapping[str, Any]]], None]


class Output(StrEnum):
    """How results are written."""

    TEXT = "text"
    JSON = "json"
    NDJSON = "ndjson"


@contextmanager
def until_closed() -> Iterator[None]:
    """Write until the reader of standard output closes it; for what a command shows when all else is done and known."""
    try:
        yield
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as error:
        if not is_closed(error):
            raise
        discard_output()


def is_closed(error: BaseException) -> bool:
    """Whether an error says that the reader of standard output closed it; rich raises `SystemExit` for that."""
    return isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError)


def discard_output() -> None:
    """Nothing more goes to standard output, not even what is still in its buffer when the process ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def ndjson_output(stream: TextIO) -> Iterator[Emit]:
    """A JSON object a line."""

    def emit(objects: Iterable[Mapping[str, Any]]) -> None:
        stream.writelines(json.dumps(one) + "\n" for one in objects)

    yield emit


@contextmanager
def json_output(stream: TextIO) -> Iterator[Emit]:
    """One JSON list."""
    joint = "[\n"

    def emit(objects: Iterable[Mapping[str, Any]]) -> None:
        nonlocal joint
        for one in objects:
            stream.write(joint + json.dumps(one, indent=2))
            joint = ",\n"

    yield emit
    stream.write("[]\n" if joint == "[\n" else "\n]\n")


def text(conversions: Iterable[Conversion], bare: bool = False) -> Iterator[str]:
    """Queries under a heading that says which rule they are and how they came out; `bare` for an exact query alone.

    The heading and the notes below it are comments of the query's own language; what was refused has its heading alone.
    """
    for conversion in conversions:
        if bare and conversion.query is not None:
            yield from marked(conversion)
            continue
        dialect = dialects.load(conversion.target)
        yield dialect.parting
        yield from (f"{line}\n" for line in comments(conversion, dialect.comment or LISTED))
        yield (conversion.query or "").rstrip("\n") + ("\n\n" if conversion.query else "\n")
