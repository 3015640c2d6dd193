"""Which rules apply to which events, by what an event tells of its log source."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from transpile.ir.stream import LogSource
from transpile.matching.shapes import UNIX, WINDOWS, EventOrigin
from transpile.pipelines.load import load
from transpile.record import record

# Audited process creations are process creations too, under names of their own (`windows.AUDITED`).
AUDITED = ("security", "4688")
SYSMON = "microsoft-windows-sysmon/operational"  # whose events are all of categories of their own
# Categories of logs that no Windows event is of: what servers and appliances write.
_NOT_OF_WINDOWS = frozenset({"webserver", "proxy", "firewall", "database"})


@record
class Route:
    """The events of one log source: of these channels and, unless there are none, with these numbers.

    Without channels, those that do not tell that they are of something else.
    """

    logsource: LogSource
    channels: frozenset[str]
    numbers: frozenset[str]
    audited: bool = False

    def takes(self, origin: EventOrigin) -> bool:
        """Whether an event from there may be of the log source."""
        if origin.logsources:
            return any(_fits(self.logsource, one) for one in origin.logsources)
        if origin.channel is not None and origin.number is not None:
            return self._takes_windows(origin.channel, origin.number)
        wanted = self.logsource.product
        if origin.product is None or wanted is None:
            return True
        return wanted != WINDOWS if origin.product == UNIX else wanted == origin.product

    def _takes_windows(self, channel: str, number: str) -> bool:
        if self.channels:
            known = channel in self.channels and (not self.numbers or number in self.numbers)
            return known or (self.audited and (channel, number) == AUDITED)
        if self.logsource.product not in (None, WINDOWS) or (channel == SYSMON and self.logsource.category):
            return False
        return self.logsource.category not in _NOT_OF_WINDOWS


@lru_cache(maxsize=4096)
def route_of(logsource: LogSource) -> Route:
    """The events of a log source."""
    kinds = load("none").kinds
    kind = kinds.get(logsource)
    if kind is None and logsource.product is None:  # process creation on whatever system
        kind = kinds.get(LogSource(logsource.category, WINDOWS, logsource.service))
    facts: Mapping[str, tuple[Any, ...]] = kind.facts if kind else {}
    channels = frozenset(str(channel).lower() for channel in facts.get("channel", ()))
    numbers = frozenset(map(str, facts.get("event_id", ())))
    return Route(logsource, channels, numbers, logsource.category == "process_creation")


def _fits(wanted: LogSource, told: LogSource) -> bool:
    """Whether events of a log source that a data model tells may be of the one that a rule names."""
    pairs = (
        (wanted.category, told.category),
        (wanted.product, told.product),
        (wanted.service, told.service),
    )
    return all(one is None or other is None or one == other for one, other in pairs) and (
        wanted.category is None or told.category is not None or wanted.service is not None
    )
