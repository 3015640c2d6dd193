"""What the tool knows besides rules, as JSON-ready values: languages, data models, codes, catalogs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from transpile import dialects
from transpile.catalog import pages, queries
from transpile.catalog.database import CatalogError, open_catalog
from transpile.faces.answers import AnswerError
from transpile.pipelines import load
from transpile.report.codes import general_hint, meaning, split


def known() -> dict[str, Any]:
    """The languages and the data models."""
    readers, writers = dialects.readers(), dialects.writers()
    return {
        "languages": [
            {
                "name": name,
                "title": dialects.load(name).title,
                "read": name in readers,
                "written": name in writers,
                "default_model": dialects.load(name).default_model,
            }
            for name in dialects.names()
        ],
        "models": [
            {"name": name, "title": model.title, "languages": list(model.target)}
            for name, model in ((name, load.load(name)) for name in load.names())
        ],
    }


def code(shown: str) -> dict[str, Any]:
    """A diagnostic code explained. Raises `AnswerError`."""
    found = split(shown.strip().upper())
    if found is None:
        raise AnswerError(f"unknown code {shown!r}; expected a code of a diagnostic, such as KQL002W")
    row, direction = found
    return {
        "code": shown.strip().upper(),
        "effect": row.effect.value,
        "message": meaning(row, direction),
        "explanation": row.explanation,
        "hint": general_hint(row) or None,
    }


def catalog(db: str, about: str, question: str, limit: int) -> dict[str, Any]:
    """What a catalog answers to a question. Raises `AnswerError`."""
    if about != "stats" and not question.strip():
        raise AnswerError(f"a question about a {about} needs `question`")
    try:
        with closing(open_catalog(db)) as opened:
            return _answer(opened, about, question, limit)
    except (CatalogError, pages.UnknownError, FileNotFoundError, sqlite3.Error) as error:
        raise AnswerError(str(error)) from None


def _answer(db: sqlite3.Connection, about: str, question: str, limit: int) -> dict[str, Any]:
    match about:
        case "search":
            return queries.search(db, question, limit)
        case "technique":
            return pages.technique_page(db, question)
        case "rule":
            return pages.rule_page(db, question)
        case "field":
            return queries.field_page(db, question, limit)
        case "value":
            return queries.value_page(db, question, limit)
        case "event":
            return queries.event_page(db, question, limit)
        case "stats":
            return queries.stats(db)
        case _:
            raise AnswerError(f"nothing is known about a {about!r}")
