"""What holds, as rows: every setting with its value, and where that is from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transpile.project.keys import DATA_TABLES, DEPLOY_SECTIONS
from transpile.project.load import Project, variables


def rows(project: Project) -> list[dict[str, Any]]:
    """A row a setting: `name`, `value` (None for the default), `origin` and the environment `variable`."""
    held = {(one.table, one.key.name): one for one in project.held}
    found: list[dict[str, Any]] = []
    for variable, table, key in variables():
        one = held.get((table, key.name))
        name = f"{table}.{key.name}" if table else key.name
        found.append(
            {
                "name": name,
                "value": one.value if one else None,
                "origin": one.origin if one else "default",
                "variable": variable,
            }
        )
    for table in (*DATA_TABLES, "deploy", "lint"):
        body = project.tables.get(table)
        if isinstance(body, Mapping):
            for name, value in body.items():
                if table != "deploy" or name in DEPLOY_SECTIONS:
                    origin = str(project.path)
                    found.append({"name": f"{table}.{name}", "value": value, "origin": origin, "variable": None})
    return found
