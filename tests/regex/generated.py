"""Regexes and values made from a seed, to compare engines with."""

from __future__ import annotations

import random

_ATOMS = ("a", "b", "B", "1", "_", " ", "-", "é", ".", ".", r"\d", r"\w", r"\s", r"\S", r"\W", r"\h", "[ab]", "[^a]")
_MORE_ATOMS = (
    "[[:alpha:]1]",
    r"[^\w-]",
    "[A-C_]",
    r"\n",
    r"\x41",
    r"\.",
    r"\\",
    "/",
    r"\/",
    '"',
    "&",
    "#",
    "[&&~]",
    r"[\s\S]",
    r"[^\w\W]",
)
_REPEATS = ("*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}", "*?", "+?")
_ANCHORS = ("^", "$", r"\b", r"\B", r"\A", r"\z", r"\Z")
_LETTERS = "aabbAB11_ .-/é\n\t\\&"


def pattern(rng: random.Random, depth: int = 3, anchors: bool = True) -> str:
    """A valid regex of what RE2 and Lucene can say too, but for anchors in some places."""
    branches = []
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
        parts = []
        for _ in range(rng.randint(0 if depth < 3 else 1, 3)):
            roll = rng.random()
            if anchors and roll < 0.15:
                parts.append(rng.choice(_ANCHORS))
                continue
            if roll < 0.3 and depth:
                opener = rng.choice(("(", "(?:", "(?i:", "(?s:"))
                part = f"{opener}{pattern(rng, depth - 1, anchors and rng.random() < 0.5)})"
            else:
                part = rng.choice(_ATOMS if roll < 0.85 else _MORE_ATOMS)
            parts.append(part + (rng.choice(_REPEATS) if rng.random() < 0.3 else ""))
        branches.append("".join(parts))
    text = "|".join(branches)
    return ("(?i)" if depth == 3 and rng.random() < 0.15 else "") + text


def value(rng: random.Random) -> str:
    """A short value that such a regex may well match."""
    return "".join(rng.choice(_LETTERS) for _ in range(rng.randint(0, 7)))
