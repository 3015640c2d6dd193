"""How Kusto stores the events of a data set whose columns are made of others (`extend`)."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.sax.saxutils import escape

from transpile.dialects.base import DataSet, Event

# A column of a Kusto data set that is made of another one, which holds it as JSON.
_PARSED = re.compile(r"(\w+)\s*=\s*parse_json\((?:extract\(@'[^']*', 1, )?(\w+)\)")

# A column of a Kusto data set that is another one, or one of two.
_PACKED = re.compile(r"(\w+)\s*=\s*tostring\(parse_json\((\w+)\)\.(\w+)\)")
_HEX = re.compile(r"(\w+)\s*=\s*tostring\(tolong\((\w+)\)\)")
_HOST = re.compile(r"(\w+)\s*=\s*iff\((\w+) has \"://\", tostring\(parse_url\(\w+\)\.Host\), \w+\)")
_BEGINS = re.compile(r"(\w+)\s*=\s*(\w+) startswith \"(\w+)\"")
_COPIED = re.compile(r"(\w+)\s*=\s*(?:iff\((\w+), (\w+), (\w+)\)|(?:to(?:int|long)\((\w+)\))|(\w+))(?=\s*(?:[,|]|$))")

# A column that is a number of a bag in hexadecimal digits.
_DIGITS = re.compile(r"(\w+)\s*=\s*strcat\(\"0x\", tohex\(tolong\(parse_json\((\w+)\)\.(\w+)\)\)\)")
_HEXADECIMAL = re.compile(r"0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,15})")

# A column that is the value of a key in a text, `key="value"` or `FTNTFGTkey=value;`.
_KEYED = re.compile(r"""(\w+)\s*=\s*extract\(@'\(\?:\^\|(;|\[[^]]*\])\)(\w+)=.*?', 1, (\w+)\)""")


# A column that is a property of another one, or a piece of its XML; the first branch of a union has the events.
_PROPERTY = re.compile(r"(\w+)\s*=\s*(?:strcat\()?tostring\((\w+)(?:\.(\w+)|\['([^']+)'\])\)")
_BRANCH = re.compile(r"\),\s*\(\w+\s*[|)]")
_ELEMENT = re.compile(r"""(\w+)\s*=\s*(?:replace_strings\()?extract\(@['"]<Data Name="?"(\w+)"?">[^,]*, 1, (\w+)\)""")


# The table of the first branch. Azure Monitor keeps its name with each row.
_FIRST = re.compile(r"union [^(]*\((\w+)")

# What the audit daemon writes in hexadecimal digits, so that no field of a record holds it.
_ENCODED = re.compile(r"[\s\"'\x00-\x20\x7f-\U0010ffff]")


def data_set(name: str) -> DataSet:
    """The data set that a data model names: a table, or the beginning of a query."""
    text = _BRANCH.split(name)[0] if name.startswith("union") else name
    first = _FIRST.match(text)
    parsed, copied, packed, hosts = (one.findall(text) for one in (_PARSED, _COPIED, _PACKED, _HOST))
    numbers, begins = _HEX.findall(text), {name: rest for name, *rest in _BEGINS.findall(text)}
    spelled = _DIGITS.findall(text)
    properties, elements, keyed = _PROPERTY.findall(text), _ELEMENT.findall(text), _KEYED.findall(text)

    def store(event: Event) -> Event | None:
        for column, holder in numbers:
            event = _in_hex(event, column, holder)
        for column, holder, key in spelled:
            if not _HEXADECIMAL.fullmatch(str(event.get(column, "0x0"))):
                return None  # no number is spelled so
            event = _renamed({**event, **_number(event, column)}, column, f"{holder}.{key}")
        for column, holder in hosts:
            event = _renamed(event, column, holder)
        for column, holder, *keys in properties:
            event = _renamed(event, column, f"{holder}.{''.join(keys)}")
        for column, element, holder in elements:
            event = _element(event, column, element, holder)
        for column, mark, key, holder in keyed:
            if mark != ";" and _ENCODED.search(str(event.get(column, ""))):
                return None
            event = _keyed(event, column, holder, key, mark)
        for column, holder in parsed:
            event = _pack(event, column, holder)
        for column, holder, key in packed:
            event = _renamed(event, column, f"{holder}.{key}")
        for holder in dict.fromkeys(holder for _, holder, _ in (*packed, *spelled)):
            event = _pack(event, holder, holder)
        for column, which, *places in copied:
            if which in begins:
                holder, start = begins[which]
                places = places[:1] if str(event.get(holder, "")).startswith(start) else places[1:]
            event = _copy(event, column, places)
        return {**event, "Type": first[1]} if first else event

    return (
        DataSet(store)
        if any((parsed, copied, properties, elements, keyed, packed, hosts, numbers, spelled, first))
        else DataSet()
    )


def _in_hex(stored: Event, column: str, place: str) -> Event:
    """What is stored in a column that is the number of a hexadecimal one, in that.

    >>> _in_hex({"ProcessId": "1234", "c": 1}, "ProcessId", "NewProcessId")
    {'c': 1, 'NewProcessId': '0x4d2'}
    """
    if column not in stored:
        return stored
    rest, digits = {name: value for name, value in stored.items() if name != column}, str(stored[column])
    return {**rest, place: hex(int(digits)) if digits.isdecimal() else stored[column]}


def _number(stored: Event, column: str) -> Event:
    """What is stored in a column of hexadecimal digits, as the number that they spell."""
    return {column: int(str(stored[column]), 16)} if column in stored else {}


def _renamed(stored: Event, column: str, place: str) -> Event:
    """What is stored in a column that is a property of another one, there."""
    if column not in stored:
        return stored
    return {place if name == column else name: value for name, value in stored.items()}


def _element(stored: Event, column: str, element: str, holder: str) -> Event:
    """What is stored in a column that is an element of XML, in that.

    >>> _element({"a": "x & y"}, "a", "A", "Xml")
    {'Xml': '<Data Name="A">x &amp; y</Data>'}
    """
    if stored.get(column) is None:
        return {name: value for name, value in stored.items() if name != column}
    rest = {name: value for name, value in stored.items() if name != column}
    text = f'<Data Name="{element}">{escape(str(stored[column]))}</Data>'
    return {**rest, holder: str(stored.get(holder, "")) + text}


def _keyed(stored: Event, column: str, holder: str, key: str, mark: str) -> Event:
    """What is stored in a column that is the value of a key in a text, in that.

    >>> _keyed({"a0": "ls", "a1": "-l", "m": "msg=audit(1):"}, "a0", "m", "a0", " ")
    {'a1': '-l', 'm': 'msg=audit(1): a0="ls"'}
    >>> _keyed({"path": "system.admin"}, "path", "more", "FTNTFGTpath", ";")
    {'more': 'FTNTFGTpath=system.admin;'}
    """
    rest = {name: value for name, value in stored.items() if name != column}
    value = stored.get(column)
    if value is None:
        return rest
    if mark == ";":
        return {**rest, holder: f"{rest.get(holder, '')}{key}={value};"}
    return {**rest, holder: f'{rest.get(holder, "")} {key}="{value}"'.lstrip()}


def _pack(stored: Event, column: str, holder: str) -> Event:
    """What is stored below `column`, such as `Request.a[0].b`, as JSON in the column that it is parsed from.

    >>> _pack({"Request.a[0].b": "x", "c": 1}, "Request", "RequestParameters")
    {'c': 1, 'RequestParameters': '{"a": [{"b": "x"}]}'}
    """
    if isinstance(stored.get(column), list):
        rest = {name: value for name, value in stored.items() if name != column}
        members = stored[column]
        flat = [one for each in members for one in (each if isinstance(each, list) else [each])]
        return {**rest, holder: json.dumps(flat, ensure_ascii=False)}
    inside = {name: value for name, value in stored.items() if name.startswith((f"{column}.", f"{column}["))}
    if not inside:
        return stored
    tree: Any = None
    for name, value in inside.items():
        steps = [int(step[1:-1]) if step[0] == "[" else step for step in re.findall(r"\[\d+\]|[^.\[\]]+", name)]
        tree = _put(tree, steps[1:], value)
    rest = {name: value for name, value in stored.items() if name not in inside}
    return {**rest, holder: json.dumps(tree, ensure_ascii=False)}


def _copy(stored: Event, column: str, places: list[str]) -> Event:
    """What is stored in a column that a data set copies from others, in those.

    >>> _copy({"Key": "x", "c": 1}, "Key", ["OldKey", "NewKey", ""])
    {'c': 1, 'OldKey': 'x', 'NewKey': 'x'}
    """
    if column not in stored:
        return stored
    rest = {name: value for name, value in stored.items() if name != column}
    return {**rest, **{place: stored[column] for place in places if place}}


def _put(tree: Any, steps: list[str | int], value: Any) -> Any:
    """The tree with the value at the end of the steps: names into maps, numbers into lists."""
    if not steps:
        return value
    step, *rest = steps
    if isinstance(step, int):
        members = tree if isinstance(tree, list) else []
        members += [None] * (step + 1 - len(members))
        members[step] = _put(members[step], rest, value)
        return members
    inner = tree if isinstance(tree, dict) else {}
    inner[step] = _put(inner.get(step), rest, value)
    return inner
