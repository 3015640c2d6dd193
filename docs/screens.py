"""Pictures of the playground, the language server and the tools for agents, each of the real tool at work.

python docs/screens.py playground   # needs web/out (web/build.py) and Chromium
python docs/screens.py editor       # needs Neovim and tmux
python docs/screens.py agents
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.text import Text

PROJECT = Path(__file__).parent.parent
PICTURES = Path(__file__).parent / "pictures"
COLUMNS, LINES = 150, 16

RULE = """\
title: Whoami with Privileges
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    Imag|endswith: '\\whoami.exe'
    CommandLine|contains: priv
  filter_main:
    User|contains: SYSTEM
  condition: selection and not 1 of filter_*
level: hgih
"""
EVENTS = [
    {"Image": "C:\\Windows\\System32\\whoami.exe", "CommandLine": "whoami /priv", "User": "CORP\\ann"},
    {"Image": "C:\\Windows\\System32\\whoami.exe", "CommandLine": "whoami", "User": "CORP\\ann"},
]


def playground() -> None:
    """The page with a rule and its proof, in a browser."""
    script = PROJECT / "web" / "tests" / "picture.mjs"
    command = ["node", str(script), str(PROJECT / "web" / "out"), str(PICTURES / "playground.png")]
    subprocess.run(command, check=True, env={**os.environ, "TRANSPILE_PYTHON": sys.executable}, cwd=PROJECT)


def editor() -> None:
    """A rule with two mistakes in Neovim, with the settings of editors/: what its screen shows."""
    nvim = os.environ.get("TRANSPILE_NVIM") or shutil.which("nvim")
    if nvim is None or shutil.which("tmux") is None:
        raise SystemExit("this needs Neovim and tmux")
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "transpile.toml").write_text('to = ["spl", "kql"]\n', encoding="utf-8")
        (folder / "whoami.yml").write_text(RULE, encoding="utf-8")
        (folder / "bin").mkdir()
        command = folder / "bin" / "transpile"
        command.write_text(f'#!/bin/sh\nPYTHONPATH="{PROJECT}" exec "{sys.executable}" -m transpile "$@"\n')
        command.chmod(0o755)
        settings = PROJECT / "editors" / "neovim" / "transpile.lua"
        start = (
            f"PATH={folder / 'bin'}:$PATH HOME={folder} {shlex.quote(nvim)} --clean --cmd 'luafile {settings}'"
            " -c 'set number signcolumn=yes'"
            " -c 'lua vim.diagnostic.config({virtual_text=true})'"
            " whoami.yml"
        )
        tmux = ["tmux", "-L", folder.name]
        size = ["-x", str(COLUMNS), "-y", str(LINES)]
        subprocess.run([*tmux, "-f", "/dev/null", "new-session", "-d", *size, "-c", name, start], check=True)
        try:
            shown = _screen(tmux, "did you mean")
        finally:
            subprocess.run([*tmux, "kill-server"], check=False)
    _draw(Text.from_ansi(shown), "Neovim, with transpile lsp", "editor", COLUMNS)


def _screen(tmux: list[str], wanted: str) -> str:
    """The screen once it shows something."""
    for _ in range(100):
        time.sleep(0.2)
        done = subprocess.run([*tmux, "capture-pane", "-e", "-p"], check=True, capture_output=True, text=True)
        if wanted in re.sub(r"\x1b\[[^m]*m", "", done.stdout):
            time.sleep(1)
            return subprocess.run(
                [*tmux, "capture-pane", "-e", "-p"], check=True, capture_output=True, text=True
            ).stdout
    raise SystemExit(f"the editor never showed {wanted!r}:\n{done.stdout}")


def agents() -> None:
    """Calls of an agent and what the tools answer, by the protocol's client."""
    fixed = RULE.replace("Imag|", "Image|").replace("hgih", "high")
    calls: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
        ("convert", {"rule": fixed, "to": ["kql"]}, ("title", "target", "model", "status", "query")),
        ("match", {"rule": fixed, "events": EVENTS}, ("events", "hits")),
        ("convert", {"rule": fixed, "to": ["kqll"]}, ()),
    ]
    shown = Text()
    for (tool, arguments, keys), answer in zip(calls, asyncio.run(_answers(calls)), strict=True):
        told = {name: "…" if name == "rule" else value for name, value in arguments.items()}
        shown.append(f"▸ {tool} ", "bold cyan").append(json.dumps(told, ensure_ascii=False) + "\n", "cyan")
        if isinstance(answer, str):
            shown.append(f"{answer}\n\n", "red")
            continue
        first = answer["conversions"][0] if "conversions" in answer else answer
        shown.append(json.dumps({key: first[key] for key in keys}, indent=2) + "\n\n")
    _draw(shown, "An agent's calls of transpile mcp", "agents", 120)


async def _answers(calls: list[tuple[str, dict[str, Any], tuple[str, ...]]]) -> list[Any]:
    from mcp import Client

    from transpile.faces.agents import make_server

    async with Client(make_server(PROJECT / "rules", lambda work, *given: work(*given))) as client:
        found = []
        for tool, arguments, _ in calls:
            result = await client.call_tool(tool, arguments)
            found.append(result.content[0].text if result.is_error else result.structured_content)
        return found


def _draw(text: Text, title: str, name: str, columns: int) -> None:
    """A screen as an SVG that loads no font from elsewhere."""
    on = Console(file=StringIO(), record=True, width=columns, force_terminal=True, color_system="truecolor")
    on.print(text, soft_wrap=False)
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", on.export_svg(title=title, unique_id=name), flags=re.DOTALL)
    drawn = drawn.replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")
    (PICTURES / f"{name}.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    for chosen in sys.argv[1:] or ["playground", "editor", "agents"]:
        {"playground": playground, "editor": editor, "agents": agents}[chosen]()
