"""References and renaming: selections within a rule, names of rules across the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from transpile.assist import rule_names, symbols
from transpile.assist.analysis import TextPart
from transpile.assist.symbols import RenameError
from transpile.faces.lsp.lenses import refused
from transpile.faces.lsp.state import at, places_of
from transpile.faces.lsp.terms import Places, path_of, uri_of
from transpile.lint.document import LintDocument
from transpile.source import Source, Span

if TYPE_CHECKING:
    from transpile.faces.lsp.server import Server


def register(server: Server) -> None:
    """Add references and renaming to a server."""

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def referred(params: types.ReferenceParams) -> list[types.Location] | None:
        found = _at(server, params)
        if found is None:
            return None
        piece, rule, line, column = found
        name = symbols.selection_at(rule, line, column)
        if name is not None:
            places = places_of(server.document(params.text_document))
            spans = symbols.occurrences(rule, name)
            return [types.Location(params.text_document.uri, places.range(piece.whole(span))) for span in spans]
        named = rule_names.rule_name_at(rule, line, column)
        found_uses = rule_names.uses(named[0], server.state.texts(server.open_texts)) if named else []
        return [types.Location(*_place(server, one.source, one.span)) for one in found_uses] or None

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def renamable(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        found = _at(server, params)
        if found is None:
            return None
        piece, rule, line, column = found
        places = places_of(server.document(params.text_document))
        name = symbols.selection_at(rule, line, column)
        if name is not None:
            spans = (one for one in symbols.occurrences(rule, name) if symbols.within(one, line, column))
            return types.PrepareRenamePlaceholder(places.range(piece.whole(next(spans))), name)
        named = rule_names.rule_name_at(rule, line, column)
        if named is None:
            return None
        found_uses = rule_names.uses(named[0], server.state.texts(server.open_texts))
        if not any(one.is_definition for one in found_uses):  # an id, or a rule that is not there
            return None
        return types.PrepareRenamePlaceholder(places.range(piece.whole(named[1])), named[0])

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def renamed(params: types.RenameParams) -> types.WorkspaceEdit | None:
        found = _at(server, params)
        if found is None:
            return None
        piece, rule, line, column = found
        name = symbols.selection_at(rule, line, column)
        named = rule_names.rule_name_at(rule, line, column)
        try:
            if name is not None:
                places = places_of(server.document(params.text_document))
                spans = symbols.rename(rule, name, params.new_name)
                edits = [types.TextEdit(places.range(piece.whole(span)), params.new_name) for span in spans]
                return types.WorkspaceEdit({params.text_document.uri: edits})
            if named is None:
                return None
            texts = server.state.texts(server.open_texts)
            changes: dict[str, list[types.TextEdit]] = {}
            for one in rule_names.rename_rule(named[0], params.new_name, texts):
                uri, range_ = _place(server, one.source, one.span)
                changes.setdefault(uri, []).append(types.TextEdit(range_, params.new_name))
            return types.WorkspaceEdit(changes)
        except RenameError as error:
            raise refused(str(error)) from None


def _at(server: Server, params: Any) -> tuple[TextPart, LintDocument, int, int] | None:
    """The rule at a position with its piece, and the position in the piece."""
    document = server.document(params.text_document)
    line, column = places_of(document).place(params.position)
    found = at(server.analyse(document), line)
    if found is None or found[1] is None:
        return None
    return found[0], found[1], line - found[0].line, column


def _place(server: Server, source: Source, span: Span) -> tuple[str, types.Range]:
    """A span of a text of the workspace as the client names it."""
    opened = next((one.uri for one in server.open_texts if path_of(one.uri) == source.path), None)
    return opened or uri_of(source.path), Places(source.text, server.workspace.position_codec).range(span)
