"""Arguments that are read without Typer are read as Typer does."""

from __future__ import annotations

import functools
import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from transpile.cli import quick
from transpile.cli.main import COMMANDS

PLAIN: dict[str, list[list[str]]] = {
    "convert": [
        ["-", "-t", "kql"],
        [
            "a.yml",
            "b",
            "--to",
            "kql,spl",
            "-t",
            "eql",
            "--model=none",
            "-o",
            "out",
            "-q",
            "-j",
            "2",
            "--timeout",
            "1.5",
        ],
        ["a", "--no-approximate", "--fail-on", "refused", "-f", "ndjson", "--unmapped=keep", "--no-cache"],
        ["a", "--allow-approximate", "--summary", "nowhere.md", "--where", "level >= high"],
    ],
    "check": [["a.yml"], ["a", "b", "-t", "kql"]],
    "verify": [["a.yml", "-t", "spl", "-j", "1"]],
    "explain": [["a.yml"]],
    "deploy": [["a.yml", "--platform", "splunk", "-o", "x"]],
    "targets": [[]],
    "codes": [[], ["KQL001"]],
    "diff": [["a.yml", "b.yml"]],
    "test": [["a.yml"]],
}
UNUSUAL = [
    ["--help"],
    ["-h"],
    [],
    ["a", "--nope"],
    ["a", "-t"],
    ["a", "-t", "-q"],
    ["a", "--quiet=1"],
    ["a", "-j", "0"],
    ["a", "-j", "x"],
    ["a", "-qf", "json"],
    ["a", "-f", "nope"],
    ["a", "--model", "x", "--output", "1", "--output", "2"],
    ["--", "-x"],
    ["a", "--summary", "."],
]


def by_typer(app: typer.Typer, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    command = app.registered_commands[0]
    assert command.callback is not None
    found: dict[str, Any] = {}

    @functools.wraps(command.callback)
    def note(**values: Any) -> None:
        found.update(values)

    monkeypatch.setattr(command, "callback", note)
    app(args=arguments, standalone_mode=False)
    return found


@pytest.mark.parametrize(("name", "arguments"), [(name, one) for name, many in PLAIN.items() for one in many])
def test_plain_arguments(name: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    app = import_module(f"transpile.cli.{name}").app
    read = quick.read(app, arguments)
    assert read is not None
    function, values = read
    defaults = {one.name: one.default for one in inspect.signature(function).parameters.values()}
    assert defaults | values == by_typer(app, arguments, monkeypatch)


@pytest.mark.parametrize("arguments", UNUSUAL, ids=str)
def test_anything_else_is_left_to_typer(arguments: list[str]) -> None:
    assert quick.read(import_module("transpile.cli.convert").app, arguments) is None


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_read_or_left(name: str) -> None:
    if name not in ("serve", "lsp", "mcp"):
        quick.read(import_module(f"transpile.cli.{name}").app, ["x"])
