"""Numbers and times as events hold and spell them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def as_number(value: Any) -> int | float | None:
    """The number that a value is or spells in decimal digits, or None.

    >>> as_number(4.5), as_number("10"), as_number("0x10"), as_number(True)
    (4.5, 10, None, None)
    """
    if isinstance(value, str):
        if not _DECIMAL.fullmatch(value) or len(value) > 300:
            return None
        return float(value) if "." in value else int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def as_time(value: Any) -> datetime | None:
    """The moment that a value names, in UTC, or None.

    >>> as_time("2026-01-31T23:30:00-02:00").isoformat()
    '2026-02-01T01:30:00+00:00'
    """
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
