"""Windows events under Sigma's field names, whatever tool wrote them.

Sigma names a Windows event's fields after its XML: the children of `System` by their tag, their attributes as
`Tag_Attribute` (`Provider_Name`), and what is in `EventData` or `UserData` by its own name (Sigma specification,
"Field Usage").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Event = Mapping[str, Any]

# What exporters call the fields of `System`: winlogbeat (below `winlog`), NXLog, Sentinel and Splunk.
_SPELLINGS: Mapping[str, str] = {
    "event_id": "EventID",
    "EventCode": "EventID",
    "channel": "Channel",
    "LogName": "Channel",
    "provider_name": "Provider_Name",
    "ProviderName": "Provider_Name",
    "SourceName": "Provider_Name",
    "computer_name": "Computer",
    "ComputerName": "Computer",
    "Hostname": "Computer",
    "level": "Level",
    "task": "Task",
    "opcode": "Opcode",
    "version": "Version",
    "record_id": "EventRecordID",
    "keywords": "Keywords",
}
_PARTS = ("EventData", "UserData")


def normalise(event: Event) -> Event:
    """The event with flat Sigma names if it is a Windows event in a known shape; otherwise as it is.

    Known shapes: `Event` with `System` and `EventData` or `UserData` as EVTX and XML converters write it (attributes
    under `#attributes`, `@Name` or `Tag_attributes`), with or without the `Event` around it; winlogbeat's `winlog`;
    and flat events, which only get Sigma's names beside those that NXLog, Sentinel or Splunk gave.

    >>> normalise({"Event": {"System": {"EventID": 1, "Provider": {"#attributes": {"Name": "Sysmon"}}},
    ...                      "EventData": {"Image": "a.exe"}}})
    {'EventID': 1, 'Provider_Name': 'Sysmon', 'Image': 'a.exe'}
    """
    inner = event.get("Event")
    body: Event = inner if isinstance(inner, dict) else event
    system = body.get("System")
    if isinstance(system, dict):
        flat: dict[str, Any] = {}
        _children(system, flat)
        for part in _PARTS:
            if (data := body.get(part)) is not None:
                _data(data, flat)
        return audited(flat)
    winlog = event.get("winlog")
    if isinstance(winlog, dict):
        flat = {**event, **_spelled(winlog)}
        for part in ("event_data", "user_data"):
            if isinstance(data := winlog.get(part), dict):
                _data(data, flat)
        return audited(flat)
    if ("EventID" in event or "EventCode" in event) and not _PLAIN.isdisjoint(event):
        return audited({**_spelled(event), **event})
    return event


# An audited process creation (Security, 4688) tells the same as Sysmon's under other names (Sigma taxonomy, "Process
# Creation Events").
AUDITED: Mapping[str, str] = {
    "NewProcessName": "Image",
    "ParentProcessName": "ParentImage",
    "SubjectUserName": "User",
    "SubjectLogonId": "LogonId",
}


def audited(flat: dict[str, Any]) -> dict[str, Any]:
    """An audited process creation with the names that Sysmon's have, beside its own; changes and returns the event."""
    if flat.get("EventID") == 4688 and "NewProcessName" in flat:
        for name, sigma in AUDITED.items():
            if name in flat:
                flat.setdefault(sigma, flat[name])
    return flat


_PLAIN = _SPELLINGS.keys() - {"version", "level", "task", "opcode", "keywords"}


def _spelled(event: Event) -> dict[str, Any]:
    """The fields that have another name in Sigma, under that name; numbers as numbers."""
    found = {}
    for name, value in event.items():
        sigma = _SPELLINGS.get(name)
        if sigma:
            found[sigma] = int(value) if sigma == "EventID" and isinstance(value, str) and value.isdecimal() else value
    return found


def _children(system: Event, flat: dict[str, Any]) -> None:
    for tag, value in system.items():
        if type(value) is not dict:
            if value is not None and tag[:1] not in "#@":
                flat[tag] = value
        elif (attributes := value.get("#attributes")) is not None and len(value) == 1 and type(attributes) is dict:
            for attribute, inner in attributes.items():
                flat[f"{tag}_{attribute}"] = inner
        elif tag[:1] in "#@":
            continue
        elif tag.endswith("_attributes"):
            for attribute, inner in value.items():
                flat[f"{tag.removesuffix('_attributes')}_{attribute}"] = inner
        else:
            for attribute, inner in _attributes(value):
                flat[f"{tag}_{attribute}"] = inner
            if "#text" in value:
                flat[tag] = value["#text"]
    number = flat.get("EventID")
    if type(number) is str and number.isdecimal():
        flat["EventID"] = int(number)


def _attributes(element: Event) -> Iterable[tuple[str, Any]]:
    attributes = element.get("#attributes")
    if isinstance(attributes, dict):
        return attributes.items()
    return [(name[1:], value) for name, value in element.items() if name[:1] == "@"]


_SIMPLE = frozenset({str, int, float, bool, type(None)})


def _data(data: Any, flat: dict[str, Any]) -> None:
    """Add what `EventData` or `UserData` holds; a name that `System` has too keeps both values."""
    if not isinstance(data, dict):
        if data not in (None, ""):
            _add(flat, "Data", data)
        return
    names = "\n" + "\n".join(data)
    marked = "\n#" in names or "\n@" in names
    if not marked and _SIMPLE.issuperset(map(type, data.values())) and flat.keys().isdisjoint(data):
        flat.update(data)  # as nearly always
        return
    for name, value in data.items():
        if name[:1] in "#@":
            continue
        if name == "Data" and isinstance(value, list | dict):
            _named(value, flat)
        elif not isinstance(value, dict):
            if name in flat:
                _add(flat, name, value)
            else:
                flat[name] = value
        elif name.endswith("_attributes"):
            continue
        elif "#text" in value:
            _add(flat, name, value["#text"])
        else:  # UserData wraps its fields in an element of the provider's
            _data(value, flat)


def _named(value: Any, flat: dict[str, Any]) -> None:
    """`<Data Name="x">` elements by their names; those without one together as `Data`."""
    for element in value if isinstance(value, list) else [value]:
        if not isinstance(element, dict):
            _add(flat, "Data", element)
            continue
        name = dict(_attributes(element)).get("Name")
        _add(flat, name or "Data", element.get("#text", ""))


def _add(flat: dict[str, Any], name: str, value: Any) -> None:
    if name not in flat:
        flat[name] = value
        return
    here, more = flat[name], value if isinstance(value, list) else [value]
    flat[name] = [*here, *more] if isinstance(here, list) else [here, *more]
