"""Events from log files: JSON in every shape that tools write, NDJSON, gzip, EVTX, and texts (`texts`)."""

from __future__ import annotations

import codecs
import glob
import gzip
import io
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import IO, Any, NamedTuple

from transpile.matching.texts import TextForm, form_of
from transpile.record import record

try:
    import msgspec
except ImportError:  # there is no build of it for this machine: slower, the same values
    msgspec = None  # type: ignore[assignment]

CHUNK = 1 << 20
LONGEST = 64 << 20  # characters of one event
STDIN = "-"
# Envelopes that exporters put around events: Elasticsearch, Splunk, CloudTrail, Azure.
_ENVELOPES = frozenset({"_source", "result", "Records", "records"})
NOT_A_LOG = "not a log format that can be read"
_JSON_NAMES = {type(None): "null", bool: "boolean", str: "string"}
ENDINGS = (".json", ".ndjson", ".jsonl", ".log", ".evtx", ".xml", ".csv", ".tsv")


class LogRecord(NamedTuple):
    """An event and its place in the file: the line that it begins on, or an EVTX record's number, from 1."""

    number: int
    event: Mapping[str, Any]
    product: str | None = None  # what the file's form tells of it


@record
class Broken:
    """A place in a file that holds no event, and why."""

    number: int
    reason: str


class Unreadable(Exception):
    """A file that cannot be read at all; the message says why."""


def find_logs(paths: Iterable[str]) -> list[Path]:
    """The log files that `paths` name: files of any name, globs, and in folders those whose name ends as logs' do.

    Sorted within a folder, each once. Raises `FileNotFoundError` for what is not there.
    """
    found: dict[Path, None] = {}
    for path in paths:
        matches = [path] if path == STDIN or Path(path).exists() else sorted(glob.glob(path, recursive=True))  # noqa: PTH207
        if not matches:
            raise FileNotFoundError(f"no such file or folder: {path}")
        for match in map(Path, matches):
            inside = sorted(match.rglob("*")) if match.is_dir() else [match]
            found.update((one, None) for one in inside if one == match or _is_log(one))
    return [path for path in found if not path.is_dir()]


def _is_log(path: Path) -> bool:
    name = path.name.lower().removesuffix(".gz")
    return name.endswith(ENDINGS) and not name.startswith(".")


def read_logs(
    path: Path, progress: Callable[[int, int], None] | None = None, skips: Callable[[str], bool] | None = None
) -> Iterator[LogRecord | Broken]:
    """Every event of a file (`-`: standard input), one at a time, whatever its size; what holds no event as `Broken`.

    What the file is shows in its content, not in its name. `progress` is called now and then with the bytes read and
    the size of the file. Lines of JSON that `skips` says yes to are passed over. Raises `Unreadable`.
    """
    try:
        with _open(path) as raw:
            size = os.fstat(raw.fileno()).st_size
            head = raw.peek(8)[:8]
            if head.startswith(b"ElfFile"):
                yield from _evtx(path)
                return
            packed = head.startswith(b"\x1f\x8b")
            unpacked = io.BufferedReader(gzip.GzipFile(fileobj=raw), CHUNK) if packed else raw
            text = io.TextIOWrapper(unpacked, _encoding(unpacked.peek(3)[:3]), errors="replace", newline="\n")
            told = (lambda: progress(raw.tell(), size)) if progress and raw.seekable() else None
            head_of = unpacked.peek(4096)[:4096].decode(text.encoding, "replace")
            if (form := form_of(head_of, path.name)) is not None:
                yield from _texts(form, text, told)
            else:
                yield from _json(text, told, skips)
    except EOFError as error:
        raise Unreadable("the gzip data is cut off") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise Unreadable("the gzip data is damaged") from error
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error


def _texts(form: TextForm, text: IO[str], told: Callable[[], None] | None) -> Iterator[LogRecord | Broken]:
    """The events of a file that is not JSON."""
    for number, event in form.read(text):
        if told and number % 2000 == 1:
            told()
        yield Broken(number, event) if isinstance(event, str) else LogRecord(number, event, form.product)


def _open(path: Path) -> io.BufferedReader:
    return open(0, "rb", closefd=False) if str(path) == STDIN else path.open("rb")


def _encoding(head: bytes) -> str:
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def _json(
    text: IO[str], told: Callable[[], None] | None, skips: Callable[[str], bool] | None
) -> Iterator[LogRecord | Broken]:
    """Lines of JSON as long as each line is whole; from the first that is not, values across lines."""
    decode, stricter = (msgspec.json.Decoder().decode, msgspec.MsgspecError) if msgspec else (json.loads, ValueError)
    for number, line in enumerate(text, start=1):
        if told and number % 2000 == 1:
            told()
        if (skips and skips(line)) or line.isspace():
            continue
        try:
            try:
                value = decode(line)
            except (stricter, ValueError, RecursionError):  # it is stricter: NaN, lone surrogates
                value = json.loads(line)
        except JSONDecodeError as error:
            if number > 1 and not line.startswith(("[", "{\n", "{\r")):
                yield Broken(number, _reason(error, len(line) - len(line.lstrip())))
                continue
            yield from _values(text, line, number, told)
            return
        except (ValueError, RecursionError) as error:
            yield Broken(number, _reason(error, -1))
            continue
        if type(value) is dict and _ENVELOPES.isdisjoint(value):
            yield LogRecord(number, value)
        else:
            yield from _events(value, number)


def _values(text: IO[str], start: str, number: int, told: Callable[[], None] | None) -> Iterator[LogRecord | Broken]:
    """JSON values one after the other, or the members of one list; what is broken is skipped to the next object."""
    decoder = JSONDecoder()
    buffer, at, size, ended = start, 0, CHUNK, False
    while True:
        at = _past_joints(buffer, at)
        try:
            if at == len(buffer):
                raise JSONDecodeError("nothing left", buffer, at)
            value, end = decoder.raw_decode(buffer, at)
        except (ValueError, RecursionError) as error:
            if not ended and _is_cut_off(error, buffer, at):
                number += buffer.count("\n", 0, at)
                more = text.read(size)
                ended = len(more) < size
                buffer, at = buffer[at:] + more, 0
                size *= 2
                if told:
                    told()
                continue
            if at == len(buffer) and ended:
                return
            yield Broken(number + buffer.count("\n", 0, at), _reason(error, at))
            following = buffer.find("\n{", at)
            at = following if following >= 0 else len(buffer)
            continue
        size = CHUNK
        yield from _events(value, number + buffer.count("\n", 0, at))
        number += buffer.count("\n", 0, end)
        buffer, at = buffer[end:], 0


def _reason(error: ValueError | RecursionError, at: int) -> str:
    """Why a text is not an event; it was read as JSON from the offset `at`."""
    match error:
        case JSONDecodeError(msg=message, pos=place):
            return f"not valid JSON: {message[:1].lower()}{message[1:]}" if place > at else NOT_A_LOG
        case RecursionError():
            return "nested too deeply"
        case _:
            return "an integer of too many digits"


def _is_cut_off(error: ValueError | RecursionError, buffer: str, at: int) -> bool:
    """Whether a value may only lack what the buffer does not hold yet, rather than be broken."""
    if not isinstance(error, JSONDecodeError) or len(buffer) - at > LONGEST:
        return False
    return error.pos > len(buffer) - 16 or error.msg.startswith("Unterminated string")


def _past_joints(buffer: str, at: int) -> int:
    """Past blanks and commas, and the brackets of a list whose members are the events."""
    while at < len(buffer) and buffer[at] in " \t\r\n,[]\0":
        at += 1
    return at


def _events(value: Any, number: int) -> Iterator[LogRecord | Broken]:
    """The events in one JSON value: itself, the members of a list, or what an exporter's envelope holds."""
    if isinstance(value, dict):
        if len(value) < 10:  # only envelopes are this small and hold these names
            for name in sorted(_ENVELOPES & value.keys()):
                inner = value[name]
                if isinstance(inner, dict) or (isinstance(inner, list) and inner and isinstance(inner[0], dict)):
                    yield from _events(inner, number)
                    return
        yield LogRecord(number, value)
    elif isinstance(value, list):
        for member in value:
            yield from _events(member, number)
    else:
        yield Broken(number, f"a JSON {_JSON_NAMES.get(type(value), 'number')} is not an event")


def _evtx(path: Path) -> Iterator[LogRecord | Broken]:
    try:
        from evtx import PyEvtxParser
    except ImportError:
        raise Unreadable("reading EVTX needs the package evtx: pip install 'transpile[evtx]'") from None
    number = 0
    records = iter(PyEvtxParser(str(path)).records_json())
    while True:
        number += 1
        try:
            record: Any = next(records)
            event = json.loads(record["data"])
        except StopIteration:
            return
        except (RuntimeError, OSError, ValueError) as error:
            yield Broken(number, str(error))
            continue
        yield LogRecord(number, event)
