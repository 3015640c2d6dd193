"""Under which licence the rules of a repository are, by the licence file above them."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

_LEVELS = 8  # folders above a rule in which a licence file is looked for
_FILES = re.compile(r"(?i)^(licen[cs]e|copying)([.-].*)?$")

# What the first lines of a licence say, and what it is called.
_NAMES = (
    (r"Detection Rule License", "Detection Rule License 1.1"),
    (r"Elastic License 2\.0|Elastic License v2", "Elastic License v2"),
    (r"Apache License\s+Version 2\.0", "Apache License 2.0"),
    (r"MIT License|Permission is hereby granted, free of charge", "MIT License"),
    (r"BSD 3-Clause|Neither the name of", "BSD 3-Clause License"),
    (r"GNU AFFERO GENERAL PUBLIC LICENSE", "GNU AGPL"),
    (r"GNU LESSER GENERAL PUBLIC LICENSE", "GNU LGPL"),
    (r"GNU GENERAL PUBLIC LICENSE", "GNU GPL"),
)


def licence_near(path: str) -> str | None:
    """The licence of the repository that a file lies in; None where no licence file is, or none that is known."""
    return _of_folder(os.path.dirname(os.path.abspath(path)), _LEVELS)  # noqa: PTH100, PTH120 (asked for every rule)


@lru_cache(maxsize=4096)
def _of_folder(folder: str, levels: int) -> str | None:
    place = Path(folder)
    try:
        names = sorted(one for one in os.listdir(folder) if _FILES.match(one))  # noqa: PTH208 (as above)
    except OSError:
        names = []
    for name in names:
        found = name_of(place / name)
        if found is not None:
            return found
    if levels == 0 or place.parent == place or (place / ".git").exists():
        return None
    return _of_folder(str(place.parent), levels - 1)


def name_of(path: Path) -> str | None:
    """What the licence in a file is called; None for a file that holds none that is known."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")[:4_000]
    except OSError:
        return None
    return next((name for pattern, name in _NAMES if re.search(pattern, text)), None)
