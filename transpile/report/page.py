"""Pages that stand alone: a template with its style and script inside, and a policy that lets only these run."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from transpile.deploy.escape import clean
from transpile.deploy.templates import builtin_folder
from transpile.diagnostics import one_line


def page(folder: str, report: Any) -> str:
    """The page of `templates/<folder>/report.html.j2`, with `report.css` and `report.js` beside it."""
    environment = Environment(
        loader=FileSystemLoader(builtin_folder()),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=lambda value: f"{value:,}", line=lambda text: one_line(clean(text)))
    style, script = (
        (builtin_folder() / folder / name).read_text(encoding="utf-8") for name in ("report.css", "report.js")
    )
    return environment.get_template(f"{folder}/report.html.j2").render(
        report=report, style=style, script=script, hashes={"style": allowed(style), "script": allowed(script)}
    )


def allowed(text: str) -> str:
    """What a Content-Security-Policy calls an inline text that may run."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
