"""The Jinja2 templates under `templates/`, and the user's own before them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from transpile.deploy.escape import FILTERS


def builtin_folder() -> Path:
    """Where the templates lie: in the installed package, or beside it in a source checkout."""
    package = Path(__file__).parent.parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


class Templates:
    """Renders templates by name (`elastic/rule.ndjson.j2`); one in the user's folder goes before ours of that name."""

    def __init__(self, override: Path | None = None) -> None:
        folders = [folder for folder in (override, builtin_folder()) if folder is not None]
        self._environment = Environment(
            loader=FileSystemLoader(folders),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # every value goes through its format's own filter
        )
        self._environment.filters.update(FILTERS)

    def render(self, template: str, /, **values: Any) -> str:
        """The text of a template. Raises `jinja2.TemplateError` for a broken template of the user's."""
        return self._environment.get_template(template).render(**values)
