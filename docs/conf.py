"""The documentation as a site: `just docs`. Sphinx reads it; nothing in the pages asks for a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

project = "transpile"
project_copyright = "transpile contributors, MIT licence"
html_title = "transpile"

extensions = ["myst_parser"]
root_doc = "index"
exclude_patterns = ["README.md"]  # index.md begins with it
myst_heading_anchors = 3
highlight_language = "none"

html_theme = "furo"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False

# Texts that the site holds and that lie elsewhere, for GitHub's readers.
ELSEWHERE = {"index": "README.md", "contributing": "../CONTRIBUTING.md", "changelog": "../CHANGELOG.md"}


def _read(app: Any, page: str, source: list[str]) -> None:
    """Put a text that lies elsewhere in its page, and name other pages as the site has them."""
    if page in ELSEWHERE:
        path = HERE / ELSEWHERE[page]
        app.env.note_dependency(str(path))
        text = path.read_text(encoding="utf-8").replace("](docs/", "](")
        source[0] = f"{text}\n{source[0]}" if page == "index" else text
    for name, elsewhere in ELSEWHERE.items():
        source[0] = source[0].replace(f"]({elsewhere})", f"]({name}.md)")


def setup(app: Any) -> None:
    """Have every text read with the links of the site."""
    app.connect("source-read", _read)
