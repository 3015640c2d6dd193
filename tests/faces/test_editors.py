"""The settings in editors/, in the editors themselves where they are installed; docs/editors.md shows the same.

`TRANSPILE_NVIM` names a Neovim that is not on the path.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from transpile import dialects

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
RULE = (
    "title: x\nlogsource: {product: windows, category: process_creation}\ndetection:\n  s: {Imag: x}\n  condition: s\n"
)


SETTINGS = {"lua": "neovim/transpile.lua", "elisp": "emacs/transpile.el", "toml": "helix/languages.toml"}


@pytest.mark.parametrize("language", SETTINGS)
def test_the_page_shows_the_settings(language: str) -> None:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found and found[1] == settings(language).read_text(encoding="utf-8")


def settings(language: str) -> Path:
    return ROOT / "editors" / SETTINGS[language]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with a rule, and with a command `transpile` that is this one."""
    pytest.importorskip("pygls", reason="the extra lsp is not installed")
    (tmp_path / "transpile.toml").write_text("")
    (tmp_path / "rule.yml").write_text(RULE)
    command = tmp_path / "bin" / "transpile"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m transpile "$@"\n')
    command.chmod(0o755)
    return tmp_path


def run(command: list[str], workspace: Path) -> str:
    path = f"{workspace / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=workspace,
        env={**os.environ, "PATH": path, "HOME": str(workspace)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr


def neovims() -> list[str]:
    """The one on the path, and the one that is named."""
    return [found for found in (shutil.which("nvim"), os.environ.get("TRANSPILE_NVIM")) if found]


@pytest.mark.parametrize("nvim", neovims() or [pytest.param("", marks=pytest.mark.skip("Neovim is not installed"))])
def test_neovim_shows_findings(nvim: str, workspace: Path) -> None:
    script = workspace / "init.lua"
    wait = """
vim.cmd('edit rule.yml')
vim.bo.filetype = 'yaml'
vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end, 50)
for _, one in ipairs(vim.diagnostic.get(0)) do
  io.write(one.code or one.user_data.lsp.code, ' ', one.lnum, ':', one.col, '-', one.end_col, '\\n')
end
vim.cmd('qa!')
"""
    script.write_text(f"dofile('{settings('lua')}'){wait}")
    said = run([nvim, "--headless", "--clean", "-c", f"luafile {script}"], workspace)
    assert "LNT086 3:6-10" in said and "MAP002" in said


def test_emacs_shows_findings(workspace: Path) -> None:
    emacs = shutil.which("emacs")
    check = "(kill-emacs (if (and (require 'eglot nil t) (require 'yaml-mode nil t)) 0 1))"
    initialize = "(package-initialize)"
    if (
        emacs is None
        or subprocess.run([emacs, "--batch", "--eval", initialize, "--eval", check], timeout=60, check=False).returncode
    ):
        pytest.skip("Emacs with eglot and yaml-mode is not installed")
    script = workspace / "init.el"
    wait = """
(setq eglot-sync-connect t)
(find-file "rule.yml")
(run-hooks 'post-command-hook)
(dotimes (_ 100) (unless (flymake-diagnostics) (accept-process-output nil 0.1) (flymake-start)))
(dolist (one (flymake-diagnostics)) (princ (flymake-diagnostic-text one)) (terpri))
"""
    load = f'(load "{settings("elisp")}")'
    script.write_text(f"(require 'package)\n(package-initialize)\n(require 'yaml-mode)\n{load}{wait}")
    said = run([emacs, "--batch", "--load", str(script)], workspace)
    assert "have no field `Imag`" in said


def test_helix_settings_start_the_server(workspace: Path) -> None:
    """As Helix does it: the command of the settings, `config` as the initialization options, the language's name."""
    from tests.faces.lsp_client import Editor

    found = tomllib.loads(settings("toml").read_text(encoding="utf-8"))
    (language,) = found["language"]
    server = found["language-server"][language["language-servers"][0]]
    editor = Editor(workspace, [str(workspace / "bin" / server["command"]), *server["args"]], **server["config"])
    try:
        findings = editor.open("rule.yml", RULE, language["name"])
    finally:
        editor.close()
    imag = next(one for one in findings if one.code == "LNT086")
    assert (imag.range.start.line, imag.range.start.character, imag.range.end.character) == (3, 6, 10)
    assert any(one.code == "MAP002" and "[kql]" not in one.message for one in findings)


def test_the_extension_knows_the_languages_and_settings() -> None:
    package = json.loads((ROOT / "editors" / "vscode" / "package.json").read_text(encoding="utf-8"))
    known = {ending for name in dialects.names() for ending in dialects.load(name).extensions}
    for language in package["contributes"]["languages"]:
        assert set(language["extensions"]) <= known
    script = (ROOT / "editors" / "vscode" / "src" / "extension.ts").read_text(encoding="utf-8")
    for name in package["contributes"]["configuration"]["properties"]:
        assert f'setting("{name.removeprefix("transpile.")}")' in script
    for command in package["contributes"]["commands"]:
        assert f'registerCommand("{command["command"]}"' in script
