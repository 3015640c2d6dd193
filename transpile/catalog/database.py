"""The catalog's file, opened for reading or for writing."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

VERSION = 3  # of the tables


class CatalogError(Exception):
    """The file is not a catalog that this version reads; the message says what to do."""


def open_catalog(path: Path | str, *, write: bool = False) -> sqlite3.Connection:
    """A catalog for reading. Raises `CatalogError` for what is not one, and `FileNotFoundError`."""
    place = Path(path)
    if not place.exists():
        raise FileNotFoundError(f"no such catalog: {path}; make it with `transpile catalog build PATHS.. --db {path}`")
    if place.is_dir():
        raise CatalogError(f"{path} is a folder; make a catalog with `transpile catalog build {path} --db FILE`")
    uri = f"{place.absolute().as_uri()}{'' if write else '?mode=ro'}"
    db = sqlite3.connect(uri, uri=True)
    db.row_factory = sqlite3.Row
    try:
        found = db.execute("select value from about where key = 'version'").fetchone()
    except sqlite3.DatabaseError:
        found = None
    if found is None or found["value"] != str(VERSION):
        db.close()
        raise CatalogError(f"{path} is not a catalog of this version; build it again")
    return db


def listed(text: str | None) -> list[Any]:
    """A list that the store keeps as JSON."""
    found: list[Any] = json.loads(text) if text else []
    return found
