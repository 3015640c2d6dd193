"""Many texts looked for in another, in Python: what stands in for `ahocorasick_rs` where that is not there."""

from __future__ import annotations

from collections.abc import Sequence


class BytesAhoCorasick:
    """The part of `ahocorasick_rs.BytesAhoCorasick` that is used here; the time it takes grows with the patterns."""

    def __init__(self, patterns: Sequence[bytes], matchkind: object = None) -> None:
        self._patterns = patterns

    def find_matches_as_indexes(self, haystack: bytes, overlapping: bool = False) -> list[tuple[int, int, int]]:
        """The number, start and end of each pattern that is in the text, where it is first.

        >>> BytesAhoCorasick([b"b", b"x"]).find_matches_as_indexes(b"abb", overlapping=True)
        [(0, 1, 2)]
        """
        places = ((number, haystack.find(pattern), len(pattern)) for number, pattern in enumerate(self._patterns))
        return [(number, start, start + length) for number, start, length in places if start >= 0]


class MatchKind:
    """Which of several matches is told. All are, whatever is asked for."""

    LeftmostFirst = None
