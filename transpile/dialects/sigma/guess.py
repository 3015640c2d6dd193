"""What an author may have meant by a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

_LONGEST = 60  # comparing takes time that grows with the square of the length
_MOST = 200


def guess(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known name that looks most like `word`, if one does.

    >>> guess("contain", ("contains", "re"))
    'contains'
    """
    if len(word) > _LONGEST:
        return None
    close = get_close_matches(word, list(islice(known, _MOST)), n=1, cutoff=cutoff)
    return close[0] if close else None
