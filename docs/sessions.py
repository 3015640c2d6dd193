"""What pages show of the command line: the commands in their blocks, run in the order of the page, and what they print.

A block `console` shows commands behind `$ ` and their output, which is written anew; output that ends in `...` is cut
after as many lines as before. Commands in blocks `sh` and `yaml` (of CI systems) and in indented text are only run.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from transpile.cli.main import main

PROJECT = Path(__file__).parent.parent

# What readers have in the places that the pages name, and what stands for it here.
STANDING = {
    "sigma": "rules/windows/system",
    "detection-rules": "rules/network/dns",
    "security_content": "rules/identity",
    "logs": "examples/logs",
}

# What pages name and is not run: programs that install, those of others, and what serves until it is stopped.
OTHERS = (
    "transpile mcp",
    "transpile lsp",
    "transpile playground",
    "transpile catalog serve",
    "pip",
    "python",
    "py",
    "git",
    "npm",
    "just",
    "contentctl",
    "sigma",
    "docker",
    ".venv",
    "./demo",
    "./test",
    ".ci/run",
)

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$|^ {4}(?:\$ )?(transpile [^\n]*)$", re.DOTALL | re.MULTILINE)
_IN_YAML = re.compile(r"^\s*(?:- )?(?:run: )?(transpile .*)$", re.MULTILINE)
_SHELL = re.compile(r"[|<>&;*$]")


class CommandError(Exception):
    """A command in a page could not do its work."""


class Session:
    """A reader's folder, with the project's rules and examples in it, in which commands run one after the other.

    A few of the rules do where no output is shown.
    """

    def __init__(self, folder: Path, *, shown: bool) -> None:
        self.folder = folder
        for name in ("rules", "examples") if shown else ("rules/web/webserver", "examples", *STANDING.values()):
            shutil.copytree(PROJECT / name, folder / name, dirs_exist_ok=True)
        for name, source in STANDING.items():
            (folder / name).symlink_to(folder / source)

    def run(self, command: str) -> tuple[str, int]:
        """What a terminal shows of a command, and its exit code."""
        if redirected := re.fullmatch(r"(transpile [^|<>&;*$]*) > (\S+)", command):
            output, code = self.run(redirected[1])
            (self.folder / redirected[2]).write_text(output, encoding="utf-8")
            return "", code
        words = shlex.split(command, comments=True)
        if words[0] == "transpile" and not any(_SHELL.search(word) for word in shlex.split(command, posix=False)):
            with redirect_stdout(StringIO()) as output, redirect_stderr(output), chdir(self.folder):
                code = main(words[1:])
            return output.getvalue(), code
        shell = f'transpile() {{ "{sys.executable}" -m transpile "$@"; }}\n{command}'
        environment = os.environ | {"PYTHONPATH": str(PROJECT)}
        done = subprocess.run(
            ["bash", "-c", shell],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.stdout, done.returncode


def with_sessions(page: str) -> str:
    """A page whose `console` blocks show what their commands print now.

    Raises CommandError if one of the page's commands could not do its work.
    """
    with TemporaryDirectory() as folder:
        session = Session(Path(folder), shown="```console\n" in page)

        def show(block: re.Match[str]) -> str:
            language, text, alone = block.groups()
            if language != "console":
                for command in _commands(language, text or "") if alone is None else [alone]:
                    _run(session, command)
                return block[0]
            asked = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
            return f"```console\n{''.join(_shown(session, one) for one in asked)}```"

        return _BLOCK.sub(show, page)


def _commands(language: str, text: str) -> list[str]:
    """The commands of a block that does not show what they print."""
    text = text.replace("\\\n", " ")
    match language:
        case "sh":
            return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        case "yaml":
            return _IN_YAML.findall(text)
        case _:
            return []


def _run(session: Session, command: str) -> str | None:
    """What a command prints; None for one of others, which is not run."""
    if command.startswith(OTHERS):
        return None
    output, code = session.run(command)
    if code > (1 if command.startswith("transpile") else 0):  # 1 of ours says that there are findings
        raise CommandError(f"{command}: exit code {code}: {output}")
    return output


def _shown(session: Session, text: str) -> str:
    """One command and its output, of which `text` says how much is shown."""
    command, *before = text.rstrip("\n").splitlines()
    while command.endswith("\\"):
        command, *before = f"{command}\n{before[0]}", *before[1:]
    output = _run(session, command.replace("\\\n", " "))
    lines = before if output is None else [line.rstrip() for line in output.rstrip("\n").splitlines()]
    if before[-1:] == ["..."] and len(lines) > len(before) - 1:
        lines = [*lines[: len(before) - 1], "..."]
    return "".join(f"{line}\n" for line in (f"$ {command}", *lines))
