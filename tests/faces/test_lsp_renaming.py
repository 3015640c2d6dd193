"""Renaming the name of a rule over the protocol: in every file of the workspace that refers to it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls", reason="the extra lsp is not installed")

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from tests.faces.lsp_client import BASE, WHOAMI, Editor


def edited(text: str, edits: Any) -> str:
    """A text of ASCII with the edits of the protocol."""
    lines = text.split("\n")
    for one in sorted(edits, key=lambda one: (one.range.start.line, one.range.start.character), reverse=True):
        assert one.range.start.line == one.range.end.line
        line = lines[one.range.start.line]
        lines[one.range.start.line] = line[: one.range.start.character] + one.new_text + line[one.range.end.character :]
    return "\n".join(lines)


def test_the_name_of_a_rule_is_renamed_in_every_file(tmp_path: Path) -> None:
    texts = {
        "base.yml": BASE.replace("base_rule", "'base_rule' # used by many.yml"),
        "unrelated.yml": WHOAMI.replace("priv", "base_rule"),
        "filter.yml": "title: F\nlogsource: {product: windows}\nfilter:\n  rules: [base_rule]\n"
        "  s: {User: x}\n  condition: not s\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    second = BASE.replace("base_rule", "second").replace("1111", "2222")
    many = f"""\
title: \U0001f600 Many
correlation:
  type: temporal
  rules: ["base_rule", second]
  aliases:
    who: {{base_rule: User, second: SubjectUserName}}
  group-by: [who]
  timespan: 5m
  condition: base_rule and second
---
{second}"""
    editor = Editor(tmp_path, to=["kql"])
    try:
        editor.open("many.yml", many)  # as it is typed: not on the disk
        at = editor.at("many.yml", 8, 15)
        for _ in range(50):  # until the workspace is read
            ready: Any = editor.run(editor.client.text_document_prepare_rename_async(types.PrepareRenameParams(**at)))
            if ready:
                break
            time.sleep(0.1)
        assert ready.placeholder == "base_rule"
        places = editor.run(
            editor.client.text_document_references_async(
                types.ReferenceParams(context=types.ReferenceContext(include_declaration=True), **at)
            )
        )
        assert places is not None and len(places) == 5
        edit = editor.run(editor.client.text_document_rename_async(types.RenameParams(new_name="first", **at)))
        assert edit is not None and edit.changes is not None
        changes = dict(edit.changes)
        assert edited(texts["base.yml"], changes.pop(editor.uri("base.yml"))) == BASE.replace(
            "base_rule", "first # used by many.yml"
        )
        assert edited(texts["filter.yml"], changes.pop(editor.uri("filter.yml"))) == texts["filter.yml"].replace(
            "base_rule", "first"
        )
        assert edited(many, changes.pop(editor.uri("many.yml"))) == many.replace('"base_rule"', "first").replace(
            "base_rule", "first"
        )
        assert not changes
        for name, says in (("second", "already has"), ("1 of", "not a valid"), ("true", "not a valid")):
            with pytest.raises(JsonRpcException, match=says):
                editor.run(editor.client.text_document_rename_async(types.RenameParams(new_name=name, **at)))
        by_id = many.replace("base_rule", "11111111-2222-4333-8444-555555555555")
        editor.change("many.yml", by_id)
        on_id = types.PrepareRenameParams(**editor.at("many.yml", 3, 15))
        assert editor.run(editor.client.text_document_prepare_rename_async(on_id)) is None
        editor.change("many.yml", many)
        editor.open("twin.yml", BASE)
        with pytest.raises(JsonRpcException, match="2 rules are named `base_rule`"):
            editor.run(editor.client.text_document_rename_async(types.RenameParams(new_name="first", **at)))
    finally:
        editor.close()
