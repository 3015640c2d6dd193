"""A real client of the protocol: the server is a process of its own, spoken to over its standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.client import LanguageClient

SERVER = (sys.executable, "-m", "transpile", "lsp")
T = TypeVar("T")
WHOAMI = """\
title: Whoami
status: test
tags:
  - attack.t1033
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    Image|endswith: '\\whoami.exe'
    CommandLine|contains: priv
  filter_a:
    User: 'NT\\\U0001f600x'
    Imag: y
  condition: selection and not 1 of filter_*
"""
BASE = """\
title: Base
id: 11111111-2222-4333-8444-555555555555
name: base_rule
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image: x}
  condition: selection
"""
CORRELATION = """\
title: Many
correlation:
  type: event_count
  rules:
    - base_rule
  group-by: [User]
  timespan: 5m
  condition: {gte: 10}
"""


class Editor:
    """An editor with a workspace; each method waits for what it asks for."""

    def __init__(self, folder: Path, command: Sequence[str] = SERVER, **options: Any) -> None:
        self.command = command
        self.loop = asyncio.new_event_loop()
        self.folder = folder
        self.client = LanguageClient("test", "1")
        self.published: list[types.PublishDiagnosticsParams] = []
        self.messages: list[str] = []
        self.arrived = asyncio.Event()
        self.versions: dict[str, int] = {}

        def diagnostics(params: types.PublishDiagnosticsParams) -> None:
            self.published.append(params)
            self.arrived.set()

        def message(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)

        def refresh(params: Any) -> None:
            """The client asks again by itself when it needs lenses."""

        feature: Any = self.client.feature
        feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(diagnostics)
        feature(types.WINDOW_SHOW_MESSAGE)(message)
        feature(types.WORKSPACE_CODE_LENS_REFRESH)(refresh)
        self.run(self._start(options))

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(asyncio.wait_for(doing, 30))

    async def _start(self, options: dict[str, Any]) -> None:
        await self.client.start_io(*self.command)
        capabilities = types.ClientCapabilities(
            workspace=types.WorkspaceClientCapabilities(
                code_lens=types.CodeLensWorkspaceClientCapabilities(refresh_support=True)
            )
        )
        uri = self.folder.as_uri()
        self.initialized = await self.client.initialize_async(
            types.InitializeParams(
                capabilities=capabilities,
                workspace_folders=[types.WorkspaceFolder(uri, "test")],
                initialization_options=options or None,
            )
        )
        self.client.initialized(types.InitializedParams())

    def close(self) -> None:
        self.run(self.client.shutdown_async(None))
        self.client.exit(None)
        stop: Any = self.client.stop
        self.run(stop())
        self.loop.close()

    def memory(self) -> int:
        """The memory of the server in kB; 0 where the system does not tell."""
        server = self.client._server
        status = Path(f"/proc/{server.pid if server else 0}/status")
        if not status.exists():
            return 0
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS"))

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str, language: str = "yaml") -> list[types.Diagnostic]:
        """Open a text; its findings."""
        self.versions[name] = 1
        item = types.TextDocumentItem(self.uri(name), language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return self.diagnostics(name, 1)

    def change(self, name: str, text: str) -> int:
        """Send a new text; its version."""
        self.versions[name] += 1
        version = self.versions[name]
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version, self.uri(name)),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )
        return version

    def save(self, name: str) -> None:
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(self.identifier(name)))

    def diagnostics(self, name: str, version: int) -> list[types.Diagnostic]:
        """The findings that were last published for a version, when they come."""

        async def wait() -> list[types.Diagnostic]:
            while True:
                for one in reversed(self.published):
                    if one.uri == self.uri(name) and one.version == version:
                        return list(one.diagnostics)
                self.arrived.clear()
                await self.arrived.wait()

        return self.run(wait())

    def identifier(self, name: str) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri(name))

    def at(self, name: str, line: int, character: int) -> dict[str, Any]:
        """What most requests take: a text and a place."""
        return {"text_document": self.identifier(name), "position": types.Position(line, character)}
