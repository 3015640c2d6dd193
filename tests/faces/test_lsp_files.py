"""The language server and files: how clients spell their names, and rules that refer to rules of other files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls", reason="the extra lsp is not installed")

from lsprotocol import types

from tests.faces.lsp_client import BASE, CORRELATION, WHOAMI, Editor


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    (tmp_path / "base.yml").write_text(BASE)
    (tmp_path / "many.yml").write_text(CORRELATION)
    made = Editor(tmp_path, to=["kql", "spl"], debounce=0)
    yield made
    made.close()


def errors(found: list[types.Diagnostic]) -> set[str]:
    return {str(one.code) for one in found if one.severity is types.DiagnosticSeverity.Error}


def later(editor: Editor, name: str, do: Callable[[], Any], wanted: Callable[[set[str]], bool]) -> None:
    """Do something, and wait until the errors that are published for a text are as they are wanted."""
    before = len(editor.published)
    do()

    async def wait() -> None:
        while True:
            new = [one for one in editor.published[before:] if one.uri == editor.uri(name)]
            if new and wanted(errors(list(new[-1].diagnostics))):
                return
            editor.arrived.clear()
            await editor.arrived.wait()

    editor.run(wait())


def closed(editor: Editor, name: str) -> None:
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(editor.identifier(name)))


@pytest.mark.parametrize("name", ["a b.yml", "\u00e9.yml", "f%23.yml", "g#.yml", "plus+.yml"])
def test_files_of_any_name_have_findings(editor: Editor, name: str) -> None:
    assert "LNT086" in {one.code for one in editor.open(name, WHOAMI)}
    version = editor.change(name, WHOAMI.replace("    Imag: y\n", ""))
    assert "LNT086" not in {one.code for one in editor.diagnostics(name, version)}


@pytest.mark.parametrize("uri", ["file:///c%3A/Users/a.yml", "file:///c:/Users/a b.yml", "untitled:Untitled-1"])
def test_findings_are_under_the_name_that_the_client_uses(
    editor: Editor, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setattr(editor, "uri", lambda name: name)
    assert "LNT086" in {one.code for one in editor.open(uri, WHOAMI)}


def test_a_correlation_follows_the_rule_that_it_names(editor: Editor) -> None:
    def resolved(found: set[str]) -> bool:
        return not any(code.startswith("SIG") for code in found)

    def unresolved(found: set[str]) -> bool:
        return "SIG090" in found

    later(editor, "many.yml", lambda: editor.open("many.yml", CORRELATION), resolved)
    later(editor, "many.yml", lambda: editor.open("base.yml", BASE), resolved)
    later(editor, "many.yml", lambda: editor.change("base.yml", BASE.replace("base_rule", "other")), unresolved)
    later(editor, "many.yml", lambda: editor.change("base.yml", BASE + "level: low\n"), resolved)
    later(editor, "many.yml", lambda: editor.change("base.yml", BASE.replace("base_rule", "other")), unresolved)
    later(editor, "many.yml", lambda: closed(editor, "base.yml"), resolved)

    (editor.folder / "base.yml").write_text(BASE.replace("base_rule", "other"))
    later(editor, "many.yml", lambda: editor.save("base.yml"), unresolved)
    later(editor, "many.yml", lambda: editor.open("new.yml", BASE), resolved)  # it is in no file yet
    assert not errors(editor.diagnostics("new.yml", 1))


def test_a_rule_that_a_correlation_names_is_not_taken_for_two(editor: Editor) -> None:
    editor.open("many.yml", CORRELATION)
    editor.open("base.yml", BASE)
    version = editor.change("base.yml", BASE.replace("Image: x", "Image: y"))
    assert not errors(editor.diagnostics("base.yml", version))
    assert not errors(editor.diagnostics("many.yml", 1))


def test_only_files_that_hold_rules_have_findings(editor: Editor) -> None:
    assert editor.open("g.toml", "x=1\n", "toml") == []
    assert editor.open("g.json", '{"x": 1}\n', "json") == []
    assert errors(editor.open("q.eql", "process where (", "eql"))
    rule = '[rule]\nname = "A"\nlanguage = "eql"\ntype = "eql"\nquery = "process where ("\n'
    assert errors(editor.open("r.toml", rule, "toml"))


@pytest.mark.parametrize(("polite", "code"), [(True, 0), (False, 1)])
def test_the_exit_code_tells_whether_the_client_asked_for_the_end(tmp_path: Path, polite: bool, code: int) -> None:
    editor = Editor(tmp_path)
    server: Any = editor.client._server

    async def end() -> int:
        if polite:
            await editor.client.shutdown_async(None)
        editor.client.exit(None)
        return int(await asyncio.wait_for(server.wait(), 20))

    assert editor.run(end()) == code
    stop: Any = editor.client.stop
    editor.run(stop())
    editor.loop.close()
