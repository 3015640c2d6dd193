"""`transpile lsp`: the features of the server, each the answer of a room in the protocol's terms."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument

from transpile import __version__
from transpile.assist.analysis import Analysis, relates
from transpile.assist.completion import complete
from transpile.assist.fixes import fix_all, fixes
from transpile.assist.hover import hover
from transpile.assist.symbols import definition, outline, reference_at, selection_at
from transpile.assist.workspace import names
from transpile.faces.lsp import lenses, renaming, terms
from transpile.faces.lsp.state import State, at, dialect_of, places_of, source_of
from transpile.lint.run import is_sigma
from transpile.project.load import FILE

DEBOUNCE = 0.15  # seconds after the last keystroke
RESCAN = 1.0  # seconds after a file was saved
FIX_ALL = types.CodeActionKind.SourceFixAll.value


class Server(LanguageServer):
    """The server and its state. The whole text is sent with each change: rules are small, and what counts as a line's
    end need not be agreed on."""

    def __init__(self, debounce: float = DEBOUNCE) -> None:
        super().__init__("transpile", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.state = State()
        self.debounce = debounce
        self.was_shut_down = False
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def document(self, identifier: Any) -> TextDocument:
        """An open text."""
        return self.workspace.get_text_document(identifier.uri)

    @property
    def open_texts(self) -> list[TextDocument]:
        """Every open text."""
        return list(self.workspace.text_documents.values())

    def analyse(self, document: TextDocument) -> Analysis:
        """The pieces of an open text, whose rules may refer to those of the others."""
        return self.state.analyse(document, self.open_texts)

    def later(self, key: str, seconds: float, do: Any, *arguments: Any) -> None:
        """Do something once, when nothing has asked for it again for a while."""
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()

        def run() -> None:
            self._timers.pop(key, None)
            do(*arguments)

        self._timers[key] = asyncio.get_running_loop().call_later(seconds, run)

    def forget(self, key: str) -> None:
        """Do not do it any more."""
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()

    def publish(self, uri: str) -> None:
        """Send the findings of an open text, by the name that the client gave it."""
        document = self.workspace.get_text_document(uri)
        if document not in self.open_texts:
            return
        places = places_of(document)
        found = [
            terms.diagnostic(one, piece, places, self.state.targets) for piece, one in self.analyse(document).findings()
        ]
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(document.uri, found, version=document.version)
        )

    def publish_related(self) -> None:
        """Send the findings of the open texts that may refer to a rule of a text that changed."""
        for document in self.open_texts:
            if relates(source_of(document)):
                self.publish(document.uri)

    def take_up(self, uri: str) -> None:
        """Send the findings of a text that changed, and of those that may refer to its rules."""
        self.publish(uri)
        self.publish_related()

    def publish_all(self) -> None:
        """Send the findings of every open text."""
        for document in self.open_texts:
            self.publish(document.uri)
        self.refresh_lenses()

    def refresh_lenses(self) -> None:
        """Have the client ask for code lenses again, if it can."""
        capable = self.client_capabilities.workspace
        if capable and capable.code_lens and capable.code_lens.refresh_support:
            self.workspace_code_lens_refresh(None)

    async def scan(self) -> None:
        """Look at the workspace's files in the background, then at the open texts again."""
        await asyncio.to_thread(self.state.scan)
        self.publish_all()

    def rescan(self) -> None:
        """`scan`, from a timer."""
        self._scanning = asyncio.ensure_future(self.scan())


def make_server(debounce: float = DEBOUNCE) -> Server:
    """The server with its features."""
    server = Server(debounce)
    _lifecycle(server)
    _reading(server)
    _navigating(server)
    _changing(server)
    lenses.register(server)
    renaming.register(server)
    return server


def _lifecycle(server: Server) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        asked = params.initialization_options
        options = asked if isinstance(asked, dict) else {}
        folders = params.workspace_folders or []
        root = folders[0].uri if folders else params.root_uri
        server.state = State(Path(terms.path_of(root)) if root else None, *_asked(options))
        if isinstance(wait := options.get("debounce"), int | float):
            server.debounce = max(0.0, float(wait))

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        if server.state.configuration.problem:
            message = server.state.configuration.problem
            server.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))
        await server.scan()

    @server.feature(types.SHUTDOWN)
    def shut_down(params: None) -> None:
        server.was_shut_down = True

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.take_up(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.later(uri, server.debounce, server.take_up, uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.forget(uri)
        server.publish_related()
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        _reload(server, [params.text_document.uri])

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched(params: types.DidChangeWatchedFilesParams) -> None:
        _reload(server, [one.uri for one in params.changes])


def _asked(options: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The languages and data models of the client's settings; what is not a list of texts is none."""
    found = [options.get(key) or [] for key in ("to", "models")]
    to, models = ([str(one) for one in value] if isinstance(value, list) else [] for value in found)
    return to, models


def _reload(server: Server, uris: list[str]) -> None:
    """Take up what was saved: the settings at once, rules that others may refer to after a while."""
    if any(uri.endswith(f"/{FILE}") for uri in uris):
        server.state.configure()
        server.publish_all()
        if problem := server.state.configuration.problem:
            server.window_show_message(types.ShowMessageParams(types.MessageType.Warning, problem))
    server.later("", RESCAN, server.rescan)


def _reading(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(params: types.HoverParams) -> types.Hover | None:
        document = server.document(params.text_document)
        places = places_of(document)
        line, column = places.place(params.position)
        piece = server.analyse(document).at(line)
        found = hover(piece, line - piece.line, column) if piece else None
        if piece is None or found is None:
            return None
        content = types.MarkupContent(types.MarkupKind.Markdown, found[0])
        return types.Hover(content, places.range(piece.whole(found[1])))

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions(trigger_characters=["|", ":", ".", " ", "-"], resolve_provider=False),
    )
    def completed(params: types.CompletionParams) -> types.CompletionList | None:
        document = server.document(params.text_document)
        if not is_sigma(source_of(document)):
            return None
        places = places_of(document)
        line, column = places.place(params.position)
        text, before = _document_text(document.source, line)
        rules = [(one.name, one.title) for one in (*names(source_of(document)), *server.state.names)]
        place, found = complete(text, line - before, column, server.state.models, dict(rules).items())
        start = places.position(line, column - len(place.word))
        range_ = types.Range(start, params.position)
        return types.CompletionList(
            is_incomplete=False,
            items=[
                types.CompletionItem(
                    one.text,
                    kind=terms.COMPLETIONS[one.sort],
                    detail=one.detail or None,
                    text_edit=types.TextEdit(range_, one.text),
                    sort_text=f"{number:05}",
                )
                for number, one in enumerate(found)
            ],
        )

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        document = server.document(params.text_document)
        places = places_of(document)
        return [
            terms.symbol(outline(one), piece, places)
            for piece in server.analyse(document).pieces
            for one in piece.documents
        ]

    @server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, terms.LEGEND)
    def coloured(params: types.SemanticTokensParams) -> types.SemanticTokens | None:
        document = server.document(params.text_document)
        dialect = dialect_of(document)
        if dialect is None or dialect.highlight is None:
            return None
        return types.SemanticTokens(terms.tokens(dialect.highlight(document.source), places_of(document)))


def _document_text(text: str, line: int) -> tuple[str, int]:
    """The YAML document that a line is in, broken or not, and the number of lines before it."""
    lines = text.split("\n")
    first = max((number for number in range(line - 1) if lines[number].startswith("---")), default=-1) + 1
    last = next((number for number in range(line, len(lines)) if lines[number].startswith("---")), len(lines))
    return "\n".join(lines[first:last]), first


def _navigating(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def defined(params: types.DefinitionParams) -> list[types.Location] | None:
        document = server.document(params.text_document)
        places = places_of(document)
        line, column = places.place(params.position)
        found = at(server.analyse(document), line)
        if found is None or (rule := found[1]) is None:
            return None
        piece = found[0]
        name = selection_at(rule, line - piece.line, column)
        span = definition(rule, name) if name else None
        if span:
            return [types.Location(document.uri, places.range(piece.whole(span)))]
        other = reference_at(rule, line - piece.line, column)
        if other is None:
            return None
        # In a file that is not open a name is at the start of a line, where characters are as many in any unit.
        return [
            types.Location(
                terms.uri_of(one.path),
                types.Range(
                    types.Position(one.span.line - 1, one.span.column - 1),
                    types.Position(one.span.end_line - 1, one.span.end_column - 1),
                ),
            )
            for one in server.state.named(other, server.open_texts)
        ]


def _changing(server: Server) -> None:
    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll]),
    )
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        document = server.document(params.text_document)
        source, places = source_of(document), places_of(document)
        analysis = server.analyse(document)
        span = places.span(params.range)
        wanted = params.context.only
        found: list[types.CodeAction] = []
        for piece in analysis.pieces if not wanted or types.CodeActionKind.QuickFix in wanted else ():
            local = span._replace(line=span.line - piece.line, end_line=span.end_line - piece.line)
            for one in fixes(piece, local):
                edits = [places.edit(source, edit, piece) for edit in one.edits]
                found.append(
                    types.CodeAction(
                        one.title,
                        types.CodeActionKind.QuickFix,
                        diagnostics=[terms.diagnostic(one.found, piece, places, server.state.targets)],
                        is_preferred=one.proved,
                        edit=types.WorkspaceEdit({document.uri: edits}),
                    )
                )
        if analysis.pieces and wanted and any(FIX_ALL.startswith(str(getattr(one, "value", one))) for one in wanted):
            fixed = fix_all(source, server.state.configuration.lint)
            if fixed is not None:
                whole = places.range_of(source, 0, len(source.text))
                edit = types.WorkspaceEdit({document.uri: [types.TextEdit(whole, fixed)]})
                found.append(types.CodeAction("Fix all that is safe", types.CodeActionKind.SourceFixAll, edit=edit))
        return found


def serve() -> bool:
    """Serve on standard input and output until the client is gone; whether it asked for the end, as it should."""
    server = make_server()
    server.start_io()
    return server.was_shut_down
