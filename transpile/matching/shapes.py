"""What wrote an event shows in its form: the product it is of, and the data model that says what its fields are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from transpile.ir.stream import LogSource
from transpile.matching.recall import Recaller
from transpile.matching.texts import xml_event
from transpile.matching.windows import normalise

Event = Mapping[str, Any]

WINDOWS = "windows"
UNIX = "unix"  # of syslog: whatever it is of, not Windows


class EventOrigin(NamedTuple):
    """What an event tells of where it is from; None, and no log sources, where it does not tell.

    `channel` and `number` are those of a Windows event, `logsources` those that a data model finds.
    """

    product: str | None = None
    channel: str | None = None
    number: str | None = None
    logsources: frozenset[LogSource] = frozenset()


UNKNOWN = EventOrigin()

# Fields that together only one product's logs have.
_PRODUCTS: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(fields), product)
    for fields, product in (
        (("eventSource", "eventName", "awsRegion"), "aws"),
        (("eventSource", "eventName", "eventVersion"), "aws"),
        (("protoPayload", "logName"), "gcp"),
        (("protopayload", "logName"), "gcp"),
        (("operationName", "resourceId"), "azure"),
        (("appId", "conditionalAccessStatus"), "azure"),
        (("activityDisplayName", "initiatedBy"), "azure"),
        (("Workload", "Operation", "RecordType"), "m365"),
        (("actor", "eventType", "published", "outcome"), "okta"),
        (("id.orig_h", "uid"), "zeek"),
        (("auditID", "verb", "objectRef"), "kubernetes"),
        (("_document_id", "action", "actor"), "github"),
    )
)
_DEFENDER = ("DeviceName", "DeviceId", "ReportId", "Timestamp", "InitiatingProcessFileName")


def origin_of(event: Event) -> EventOrigin:
    """What an event with Sigma's names tells of where it is from.

    >>> origin_of({"Channel": "Security", "EventID": 4688})[:3], origin_of({"eventName": "x"})[:3]
    (('windows', 'security', '4688'), (None, None, None))
    """
    windows = _windows_key(event)
    return EventOrigin(WINDOWS, *windows) if windows else EventOrigin(_product_of(event))


class EventReader:
    """Gives events Sigma's names, and tells where they are from. Lives as long as a run."""

    def __init__(self) -> None:
        self._recallers: dict[str, Recaller] = {}
        self._windows: dict[tuple[str, str], EventOrigin] = {}

    def read(self, event: Event, product: str | None = None) -> tuple[Event, EventOrigin]:
        """An event under Sigma's names beside its own; `product` is what its file tells of it."""
        flat = normalise(event)
        if isinstance(raw := event.get("_raw"), str) and (inner := xml_event(raw)) is not None:  # Splunk's
            flat = {**flat, **normalise(inner)}
        windows = _windows_key(flat)
        model = _model_of(event)
        if model is not None:
            fields, logsources = self._recaller(model).recall(event, windows)
            if fields:
                flat = {**fields, **flat}
            if windows is None and logsources:
                return flat, EventOrigin(_one_product(logsources), None, None, logsources)
        if windows is not None:
            known = self._windows.get(windows)
            return flat, known or self._windows.setdefault(windows, EventOrigin(WINDOWS, *windows))
        return flat, EventOrigin(product or _product_of(event))

    def _recaller(self, model: str) -> Recaller:
        found = self._recallers.get(model)
        if found is None:
            found = self._recallers[model] = Recaller(model)
        return found


def _windows_key(event: Event) -> tuple[str, str] | None:
    """The channel, in lower case, and the number of an event with Sigma's names."""
    channel, number = event.get("Channel"), event.get("EventID")
    if isinstance(channel, list) and channel:  # the log's own channel comes before one that the event speaks of
        channel = channel[0]
    return (channel.lower(), str(number)) if isinstance(channel, str) and number is not None else None


def _model_of(event: Event) -> str | None:
    """The data model in whose form the event is; None for one that has Sigma's names, or a form of its own."""
    if "ActionType" in event and any(name in event for name in _DEFENDER):
        return "defender"
    if "TimeGenerated" in event and isinstance(event.get("Type"), str):
        return "sentinel"
    about = event.get("event")
    if isinstance(about, Mapping) and not about.keys().isdisjoint(("category", "code", "dataset", "module", "action")):
        return "ecs"
    if "event.category" in event or "event.code" in event or "event.dataset" in event or "ecs.version" in event:
        return "ecs"
    if isinstance(event.get("metadata"), Mapping) and "event_type" in event["metadata"]:
        return "udm"
    return None


def _product_of(event: Event) -> str | None:
    names = event.keys()
    return next((product for fields, product in _PRODUCTS if fields <= names), None)


def _one_product(logsources: frozenset[LogSource]) -> str | None:
    products = {one.product for one in logsources if one.product}
    return products.pop() if len(products) == 1 else None
