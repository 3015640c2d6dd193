"""Events from logs that are not JSON: Windows events as XML, CSV, lines of auditd and of syslog."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple
from xml.etree import ElementTree

LINUX = "linux"


class TextForm(NamedTuple):
    """How the text of a file is read, and the product that its events are of, as far as that shows."""

    name: str
    read: Callable[[Iterable[str]], Iterator[tuple[int, dict[str, Any] | str]]]  # each line with its event, or why not
    product: str | None = None


def form_of(head: str, name: str) -> TextForm | None:
    """The form of a file by its beginning and its name; None for JSON, and for what no form here is of."""
    start = head.lstrip("\ufeff \t\r\n")
    if start[:1] in ("{", "["):
        return None
    line = start.partition("\n")[0].rstrip("\r")
    if line.startswith("<") and re.match(r"<(\?xml|Events?\b)", line):
        return TextForm("XML", _xml)
    if _AUDIT.match(line):
        return TextForm("auditd", _auditd, LINUX)
    if _SYSLOG.match(line):
        return TextForm("syslog", _syslog, "unix")
    ending = name.lower().removesuffix(".gz").rpartition(".")[2]
    separator = "\t" if ending == "tsv" or "\t" in line else ";" if line.count(";") > line.count(",") else ","
    try:
        names = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        names = []
    if ending in ("csv", "tsv") or (len(names) > 2 and all(_NAME.fullmatch(one.strip()) for one in names)):
        return TextForm("CSV", lambda lines: _csv(lines, separator))
    return None


_NAME = re.compile(r"[A-Za-z@_][\w@.() \-/\[\]']*")
_AUDIT = re.compile(r"(?:node=\S+ )?type=(\w+) msg=audit\((\d+(?:\.\d+)?):(\d+)\):\s*(.*)", re.DOTALL)
_SYSLOG = re.compile(
    r"(?:<\d{1,3}>)?(?:1 )?"
    r"(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)"
    r" (?P<host>\S+) (?P<program>[^\s:\[]+)(?:\[(?P<pid>\d+)\])?:? ?(?P<message>.*)"
)
_PAIR = re.compile(r"""([\w-]+)=("[^"]*"|'[^']*'|\S*)""")
_HEX = re.compile(r"(?:[0-9A-F]{2})+")


def _csv(lines: Iterable[str], separator: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """A row an event, its fields those of the first line; an empty cell counts as no value.

    Azure's portal writes `TimeGenerated [UTC]` for the column of a time, and the time as Americans do.
    """
    rows = csv.reader((line.replace("\0", "") for line in lines), delimiter=separator)
    names: list[str] = []
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield rows.line_num, "not a row of CSV"
            continue
        if not names:
            names = [name.strip().lstrip("\ufeff") for name in row]
        elif any(row):
            cells = ((name, value) for name, value in zip(names, row, strict=False) if name and value)
            yield rows.line_num, {name.removesuffix(_UTC): _cell(name, value) for name, value in cells}


_UTC = " [UTC]"
_PORTAL_TIME = "%m/%d/%Y, %I:%M:%S"


def _cell(name: str, value: str) -> Any:
    """The value of a cell: a number where an event has one, and a time as it is told everywhere else."""
    if name in ("EventID", "EventCode", "event_id") and value.isdecimal():
        return int(value)
    if name.endswith(_UTC):
        form = f"{_PORTAL_TIME}.%f %p" if "." in value else f"{_PORTAL_TIME} %p"
        with suppress(ValueError):
            return datetime.strptime(value, form).isoformat()
    return value


def _auditd(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """A line an event: `type=EXECVE msg=audit(1364481363.243:24287): argc=2 a0="cat"`.

    Values without quotes in fields that may hold anything are hexadecimal (auditd's audit-event-format).
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found = _AUDIT.match(line.strip())
        if found is None:
            yield number, "not a line of auditd"
            continue
        kind, seconds, serial, rest = found.groups()
        event: dict[str, Any] = {"type": kind, "timestamp": float(seconds), "serial": serial}
        for name, value in _PAIR.findall(rest.replace("\x1d", " ")):
            event[name] = _audited(kind, name, value)
            if value[:1] == "'":  # a user-space message has its own pairs
                event.update((inner, _audited(kind, inner, text)) for inner, text in _PAIR.findall(value[1:-1]))
        yield number, event


def _audited(kind: str, name: str, value: str) -> str:
    if value[:1] in ('"', "'"):
        return value[1:-1]
    if _encoded(kind, name) and _HEX.fullmatch(value):
        return bytes.fromhex(value).replace(b"\0", b" ").decode("utf-8", "replace")
    return value


def _encoded(kind: str, name: str) -> bool:
    return name in ("proctitle", "exe", "comm", "name", "cwd", "cmd", "acct") or (
        kind == "EXECVE" and re.fullmatch(r"a\d+", name) is not None
    )


def _syslog(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """A line an event, as RFC 3164 or 5424 write it, or as journals export it."""
    for number, line in enumerate(lines, start=1):
        text = line.rstrip("\r\n")
        if not text.strip():
            continue
        found = _SYSLOG.match(text)
        if found is None:
            yield number, "not a line of syslog"
            continue
        yield number, {name: value for name, value in found.groupdict().items() if value is not None} | {"raw": text}


_EVENT = re.compile(r"<Event[\s>].*?</Event>", re.DOTALL)
_NAMESPACE = re.compile(r"\{[^}]*\}")
_CHUNK = 1 << 20
_LONGEST = 64 << 20


def _xml(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """`<Event>` elements, one after the other or below one `<Events>`."""
    buffer, number, more = "", 1, iter(lines)
    seen = False
    while True:
        found = _EVENT.search(buffer)
        if found is None:
            line = next(more, None)
            if line is None or len(buffer) > _LONGEST:
                break
            buffer += line
            while len(buffer) < _CHUNK and "</Event>" not in line and (line := next(more, "")):
                buffer += line
            continue
        seen = True
        at = number + buffer.count("\n", 0, found.start())
        yield at, _xml_event(found[0])
        number += buffer.count("\n", 0, found.end())
        buffer = buffer[found.end() :]
    if not seen or "<Event " in buffer:
        yield number, "an <Event> that is not closed" if seen else "XML without an <Event>"


def _xml_event(text: str) -> dict[str, Any] | str:
    """One event as XML converters write it in JSON: attributes below `#attributes`, texts below `#text`."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return "an entity is declared"
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        return f"not XML: {error}"
    return {"Event": _element(root)}


def xml_event(text: str) -> dict[str, Any] | None:
    """The event in a text of XML, such as Splunk's `_raw`; None if it holds none."""
    found = _xml_event(text.strip()) if text.lstrip().startswith("<Event") else ""
    return found if isinstance(found, dict) else None


def _element(node: ElementTree.Element) -> Any:
    name = _NAMESPACE.sub("", node.tag)
    attributes = {_NAMESPACE.sub("", key): value for key, value in node.attrib.items()}
    children = list(node)
    if not children and name != "Data":
        text = node.text or ""
        if not attributes:
            return text
        return {"#attributes": attributes, **({"#text": text} if text.strip() else {})}
    if name == "Data":
        return {"#attributes": attributes, "#text": node.text or ""} if attributes else (node.text or "")
    body: dict[str, Any] = {}
    for child in children:
        key = _NAMESPACE.sub("", child.tag)
        value = _element(child)
        if key not in body:
            body[key] = [value] if key == "Data" else value
        elif isinstance(body[key], list):
            body[key].append(value)
        else:
            body[key] = [body[key], value]
    return body
