"""Which rules apply to which events: a Windows event tells its log source by its channel and number."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from transpile.ir.stream import LogSource
from transpile.pipelines.load import load
from transpile.record import record

Key = tuple[str, str] | None  # channel (lower-case) and number of a Windows event; None for any other

# Audited process creations are process creations too, under names of their own (`windows.AUDITED`).
AUDITED = ("security", "4688")


@record
class Route:
    """The events of one log source: of these channels and, unless there are none, with these numbers."""

    channels: frozenset[str]
    numbers: frozenset[str]
    audited: bool = False

    def takes(self, key: Key) -> bool:
        """Whether an event with this key is of the log source."""
        if key is None:
            return False
        channel, number = key
        known = channel in self.channels and (not self.numbers or number in self.numbers)
        return known or (self.audited and key == AUDITED)


def key_of(event: Mapping[str, Any]) -> Key:
    """What an event (with Sigma's names) tells about its log source.

    >>> key_of({"Channel": "Security", "EventID": 4688}), key_of({"eventName": "x"})
    (('security', '4688'), None)
    """
    channel, number = event.get("Channel"), event.get("EventID")
    if isinstance(channel, list) and channel:  # the log's own channel comes before one that the event speaks of
        channel = channel[0]
    return (channel.lower(), str(number)) if isinstance(channel, str) and number is not None else None


@lru_cache(maxsize=1024)
def route_of(logsource: LogSource) -> Route | None:
    """The events of a log source; None if an event cannot tell that it is of it, so that all are."""
    kind = load("none").kinds.get(logsource)
    facts: Mapping[str, tuple[Any, ...]] = kind.facts if kind else {}
    channels = frozenset(str(channel).lower() for channel in facts.get("channel", ()))
    if not channels:
        return None
    numbers = frozenset(map(str, facts.get("event_id", ())))
    return Route(channels, numbers, logsource.category == "process_creation")
