"""The README's pictures, of the real tool: the report of one rule in a terminal, and a page of the catalog.

python docs/pictures.py            # both; the page wants Chromium
python docs/pictures.py --report   # the report alone, which docs/generate.py writes too
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import chdir
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from transpile.batch.find import read_source
from transpile.cli.files import find_files
from transpile.cli.main import main
from transpile.conversion import Options, convert_source
from transpile.diagnostics import Diagnostic
from transpile.report.rule import show_rule
from transpile.report.terminal import THEME

PROJECT = Path(__file__).parent.parent
PICTURES = Path(__file__).parent / "pictures"
REPORT = PICTURES / "explain.svg"
PAGE = PICTURES / "catalog.png"

RULE = "rules/windows/security/security_4688_net_use_lateral_movement.yml"
COLUMNS = 130
TECHNIQUE = "T1021.002"
WINDOW = (1280, 860)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def report() -> str:
    """`transpile explain` on a rule, as a terminal shows it: an SVG that loads no font from elsewhere."""
    with chdir(PROJECT):
        (file,) = find_files([RULE])
        source = read_source(file)
        assert not isinstance(source, Diagnostic)
        conversions = convert_source(source, Options(("spl", "eql")))
    on = Console(
        file=StringIO(),
        record=True,
        width=COLUMNS,
        theme=THEME,
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
    )
    show_rule(conversions, source, on)
    drawn = on.export_svg(title=f"transpile explain {Path(RULE).name} --to spl,eql", unique_id="explain")
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    return drawn.replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")


def page() -> None:
    """A technique in the catalog of the project's own rules, in a browser without a network."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise SystemExit(f"none of these browsers is installed: {', '.join(BROWSERS)}")
    with TemporaryDirectory() as folder:
        database, site = f"{folder}/catalog.sqlite", Path(folder) / "site"
        with chdir(PROJECT):
            for command in (["build", "rules"], ["prove"], ["site", "--output", str(site)]):
                assert main(["catalog", *command, "--db", database]) == 0, command
        (shown,) = site.rglob(f"{TECHNIQUE}.html")
        width, height = WINDOW
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--window-size={width},{height}",
        ]
        subprocess.run(
            [browser, *options, f"--screenshot={PAGE}", shown.as_uri()], check=True, stderr=subprocess.DEVNULL
        )


def draw(arguments: Sequence[str]) -> None:
    """Write the pictures."""
    PICTURES.mkdir(exist_ok=True)
    REPORT.write_text(report(), encoding="utf-8")
    if "--report" not in arguments:
        page()


if __name__ == "__main__":
    draw(sys.argv[1:])
