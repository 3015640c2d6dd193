"""The language server, each feature asked over the protocol by a client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls", reason="the extra lsp is not installed")

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.faces.lsp_client import BASE, CORRELATION, WHOAMI, Editor


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("workspace")
    (made / "base.yml").write_text(BASE)
    (made / "transpile.toml").write_text('[lint]\ndisable = ["missing-id", "missing-author", "missing-date"]\n')
    return made


@pytest.fixture(scope="module")
def editor(folder: Path) -> Iterator[Editor]:
    made = Editor(folder, to=["kql", "eql", "spl"])
    yield made
    made.close()


@pytest.fixture(scope="module")
def whoami(editor: Editor) -> list[types.Diagnostic]:
    return editor.open("whoami.yml", WHOAMI)


def found(diagnostics: list[types.Diagnostic], code: str) -> types.Diagnostic:
    return next(one for one in diagnostics if one.code == code)


def test_findings_have_exact_ranges(whoami: list[types.Diagnostic]) -> None:
    unknown = found(whoami, "LNT086")
    assert unknown.range == types.Range(types.Position(13, 4), types.Position(13, 8))
    assert "did you mean `Image`?" in unknown.message
    refused = found(whoami, "MAP002")
    assert refused.severity is types.DiagnosticSeverity.Error and "[kql]" in refused.message


def test_ranges_count_in_the_units_of_the_client(editor: Editor) -> None:
    text = WHOAMI.replace("    Imag: y\n", "").replace("'NT\\\U0001f600x'", "['\U0001f600', 010]")
    (one,) = [one for one in editor.open("units.yml", text) if one.code == "SIG081"]
    assert (one.range.start.character, one.range.end.character) == (17, 20)  # the smiley is two units of UTF-16


def test_settings_come_from_the_workspace(whoami: list[types.Diagnostic]) -> None:
    codes = {one.code for one in whoami}
    assert "LNT001" not in codes and "LNT005" in codes


def test_completion_of_fields_knows_the_log_source(editor: Editor, whoami: object) -> None:
    answer = editor.run(
        editor.client.text_document_completion_async(types.CompletionParams(**editor.at("whoami.yml", 10, 9)))
    )
    assert isinstance(answer, types.CompletionList)
    items = {one.label: one for one in answer.items}
    assert "ParentImage" in items and "TargetFilename" not in items
    assert items["CommandLine"].detail and "ecs: process.command_line" in items["CommandLine"].detail
    edit = items["CommandLine"].text_edit
    assert isinstance(edit, types.TextEdit) and edit.range.start == types.Position(10, 4)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("title: x\nlogsource:\n  product: windows\n  category: pro", "process_creation"),
        ("title: x\nlogsource: {product: linux, category: ", "process_creation"),
        ("title: x\ndetection:\n  sel:\n    Image|", "endswith"),
        ("title: x\ntags:\n  - attack.t1", "attack.t1021.002"),
        ("title: x\ntags:\n- ", "attack.lateral-movement"),
        ("title: x\nlevel: ", "critical"),
        ("title: x\nstatus: ex", "experimental"),
        ("title: x\n", "detection"),
        ("title: x\ndetection:\n  sel: {a: b}\n  condition: not ", "sel"),
        ("title: x\ncorrelation:\n  type: ", "value_count"),
        ("title: x\ncorrelation:\n  rules:\n    - ", "base_rule"),
    ],
)
def test_completion(editor: Editor, text: str, wanted: str) -> None:
    editor.open("typed.yml", text)
    lines = text.split("\n")
    params = types.CompletionParams(**editor.at("typed.yml", len(lines) - 1, len(lines[-1])))
    for _ in range(50):  # names of rules come when the workspace has been looked at
        answer = editor.run(editor.client.text_document_completion_async(params))
        assert isinstance(answer, types.CompletionList)
        if wanted in [one.label for one in answer.items]:
            return
        time.sleep(0.1)
    pytest.fail(f"no {wanted!r}")


@pytest.mark.parametrize(
    ("line", "character", "says"),
    [
        (9, 6, "| ecs | `process.name` | ecs.yml:"),
        (14, 14, "Image ends with \\whoami.exe"),
        (8, 4, "CommandLine contains priv"),
        (3, 12, "System Owner/User Discovery"),
        (0, 2, "**Splunk SPL**"),
        (4, 2, "metadata"),
    ],
)
def test_hover(editor: Editor, line: int, character: int, says: str) -> None:
    editor.open("hover.yml", WHOAMI.replace("    Imag: y\n", "    ParentImage: y\n"))
    answer = editor.run(
        editor.client.text_document_hover_async(types.HoverParams(**editor.at("hover.yml", line, character)))
    )
    if says == "metadata":  # of a log source: what tells its events
        says = "Microsoft-Windows-Sysmon"
    assert answer and isinstance(answer.contents, types.MarkupContent) and says in answer.contents.value


def actions(editor: Editor, name: str, range_: types.Range, *only: str) -> list[types.CodeAction]:
    context = types.CodeActionContext([], only=list(only) or None)
    answer = editor.run(
        editor.client.text_document_code_action_async(types.CodeActionParams(editor.identifier(name), range_, context))
    )
    return [one for one in answer or [] if isinstance(one, types.CodeAction)]


def edits_of(editor: Editor, name: str, edit: types.WorkspaceEdit | None) -> list[tuple[int, int, int, str]]:
    assert edit and edit.changes
    return [
        (one.range.start.line, one.range.start.character, one.range.end.character, one.new_text)
        for one in edit.changes[editor.uri(name)]
    ]


def test_a_quick_fix_names_what_was_meant(editor: Editor, whoami: list[types.Diagnostic]) -> None:
    (one,) = actions(editor, "whoami.yml", found(whoami, "LNT086").range)
    assert one.title == "Change to `Image`" and not one.is_preferred
    assert edits_of(editor, "whoami.yml", one.edit) == [(13, 4, 8, "Image")]


def test_fixes_that_are_proved_are_preferred(editor: Editor) -> None:
    published = editor.open(
        "fix.yml", "# x\n---\n" + BASE.replace("title: Base", "title: Base.").replace("base_rule", "other")
    )
    (one,) = actions(editor, "fix.yml", found(published, "LNT012").range, "quickfix")
    assert one.is_preferred and edits_of(editor, "fix.yml", one.edit) == [(2, 7, 12, "Base")]
    (every,) = actions(editor, "fix.yml", found(published, "LNT012").range, "source.fixAll")
    assert "title: Base\n" in edits_of(editor, "fix.yml", every.edit)[0][3]


def test_outline(editor: Editor, whoami: object) -> None:
    answer: Any = editor.run(
        editor.client.text_document_document_symbol_async(types.DocumentSymbolParams(editor.identifier("whoami.yml")))
    )
    (rule,) = answer
    assert rule.name == "Whoami" and [one.name for one in rule.children] == [
        "logsource",
        "selection",
        "filter_a",
        "condition",
    ]
    assert [one.name for one in rule.children[1].children] == ["Image|endswith", "CommandLine|contains"]


def test_a_selection_is_found_and_renamed(editor: Editor, whoami: object) -> None:
    at = editor.at("whoami.yml", 14, 15)
    answer: Any = editor.run(editor.client.text_document_definition_async(types.DefinitionParams(**at)))
    assert [one.range.start for one in answer] == [types.Position(8, 2)]
    ready: Any = editor.run(editor.client.text_document_prepare_rename_async(types.PrepareRenameParams(**at)))
    assert ready.placeholder == "selection"
    edit = editor.run(editor.client.text_document_rename_async(types.RenameParams(new_name="whoami", **at)))
    assert edits_of(editor, "whoami.yml", edit) == [(8, 2, 11, "whoami"), (14, 13, 22, "whoami")]


@pytest.mark.parametrize(
    ("line", "name", "says"),
    [
        (11, "other", "1 of filter_*"),
        (8, "filter_a", "already"),
        (8, "not", "is not a valid"),
        (8, "filter_b", "1 of filter_*"),
    ],
)
def test_a_name_that_would_change_the_rule_is_refused(
    editor: Editor, whoami: object, line: int, name: str, says: str
) -> None:
    params = types.RenameParams(new_name=name, **editor.at("whoami.yml", line, 4))
    with pytest.raises(JsonRpcException, match=says.replace("*", r"\*")):
        editor.run(editor.client.text_document_rename_async(params))


def test_a_rule_of_another_file_is_found(editor: Editor) -> None:
    editor.open("many.yml", CORRELATION)
    for _ in range(50):
        answer: Any = editor.run(
            editor.client.text_document_definition_async(types.DefinitionParams(**editor.at("many.yml", 4, 8)))
        )
        if answer:
            break
        time.sleep(0.1)
    assert [(one.uri, one.range.start) for one in answer] == [(editor.uri("base.yml"), types.Position(2, 6))]
    codes = {str(one.code) for one in editor.diagnostics("many.yml", 1)}
    assert not [code for code in codes if code.startswith("SIG")]  # the base rule is there for reading, too


def test_lenses_tell_statuses_and_proofs(editor: Editor) -> None:
    editor.open("lens.yml", WHOAMI.replace("    Imag: y\n", ""))
    params = types.CodeLensParams(editor.identifier("lens.yml"))

    def titles() -> list[str]:
        lenses = editor.run(editor.client.text_document_code_lens_async(params))
        return [one.command.title for one in lenses or [] if one.command]

    assert titles() == ["exact on 3 of 3", "prove"]
    shown = execute(editor, "transpile.queries", "lens.yml")
    assert shown["title"] == "Whoami" and "```kql" in shown["markdown"]
    assert {one["verdict"] for one in execute(editor, "transpile.prove", "lens.yml")["proofs"]} == {"proven"}
    assert titles() == ["exact on 3 of 3", "3 proven"]


def execute(editor: Editor, command: str, name: str) -> Any:
    params = types.ExecuteCommandParams(command, [editor.uri(name), 1])
    found: Any = editor.run(editor.client.workspace_execute_command_async(params))
    return found if isinstance(found, dict) else {key: plain(value) for key, value in found._asdict().items()}


def plain(value: Any) -> Any:
    if isinstance(value, list | tuple) and not hasattr(value, "_asdict"):
        return [plain(one) for one in value]
    return {key: plain(one) for key, one in value._asdict().items()} if hasattr(value, "_asdict") else value


@pytest.mark.parametrize(
    ("name", "text", "first"),
    [("whoami.yml", WHOAMI, [0, 0, 5, 1, 0]), ("q.kql", "SecurityEvent\n| where EventID == 4688", [0, 0, 13, 1, 0])],
)
def test_colours_come_from_the_language(editor: Editor, name: str, text: str, first: list[int]) -> None:
    editor.open(name, text, "yaml" if name.endswith("yml") else "kusto")
    answer = editor.run(
        editor.client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(editor.identifier(name)))
    )
    assert answer and list(answer.data[:5]) == first and len(answer.data) % 5 == 0


def test_queries_of_other_languages_have_findings(editor: Editor) -> None:
    broken = editor.open("broken.eql", "process where (", "eql")
    assert [one.severity for one in broken] == [types.DiagnosticSeverity.Error]


def test_other_yaml_is_left_alone(editor: Editor) -> None:
    assert editor.open("compose.yml", "services:\n  web:\n    image: x\n") == []


def test_the_last_text_counts_and_closing_clears(editor: Editor) -> None:
    editor.open("fast.yml", WHOAMI)
    for count in range(20):
        version = editor.change("fast.yml", WHOAMI.replace("Imag:", f"Imag{'x' * count}:"))
    version = editor.change("fast.yml", WHOAMI.replace("    Imag: y\n", ""))
    assert "LNT086" not in {one.code for one in editor.diagnostics("fast.yml", version)}
    seen = [one.version for one in editor.published if one.uri == editor.uri("fast.yml")]
    assert len(seen) < 10  # debounced
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(editor.identifier("fast.yml")))
    empty = editor.run(
        editor.client.text_document_code_lens_async(types.CodeLensParams(editor.identifier("whoami.yml")))
    )
    assert empty and editor.published[-1].uri == editor.uri("fast.yml") and not editor.published[-1].diagnostics


def test_a_thousand_edits_of_fifty_rules(editor: Editor) -> None:
    rules = [
        BASE.replace("base_rule", f"rule_{number}").replace("1111-2222", f"{number:04}-2222") for number in range(50)
    ]
    editor.open("fifty.yml", "---\n".join(rules))
    before = editor.memory()
    for count in range(1, 1001):
        at = count % 50
        rules[at] = rules[at].replace("Image: x", f"Imag{count}: x") if count % 2 else BASE
        version = editor.change("fifty.yml", "---\n".join(rules))
    last = editor.diagnostics("fifty.yml", version)
    fresh = editor.open("fresh.yml", "---\n".join(rules))
    assert [(one.range, one.code, one.message) for one in last] == [(one.range, one.code, one.message) for one in fresh]
    assert editor.memory() - before < 60_000  # kB; what is remembered is bounded


def test_wrong_settings_are_told(editor: Editor, folder: Path) -> None:
    settings = folder / "transpile.toml"
    before = settings.read_text()
    settings.write_text('[lint]\nenabel = ["x"]\n')
    editor.save("transpile.toml")
    editor.open("after.yml", WHOAMI)
    assert any("did you mean `enable`?" in one for one in editor.messages)
    settings.write_text(before)
    editor.save("transpile.toml")
