"""Our values in the protocol's terms: places, severities, symbols, completions, tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from lsprotocol import types
from pygls.workspace import PositionCodec

from transpile.assist import completion
from transpile.assist.analysis import AnalysedFinding, TextPart
from transpile.assist.symbols import Symbol
from transpile.diagnostics import Severity
from transpile.lint.document import Edit
from transpile.source import Source, Span

SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
SYMBOLS = {
    "rule": types.SymbolKind.Class,
    "correlation": types.SymbolKind.Class,
    "filter": types.SymbolKind.Class,
    "logsource": types.SymbolKind.Namespace,
    "selection": types.SymbolKind.Struct,
    "field": types.SymbolKind.Field,
    "condition": types.SymbolKind.Operator,
}
COMPLETIONS = {
    completion.FIELD: types.CompletionItemKind.Field,
    completion.KEY: types.CompletionItemKind.Property,
    completion.MODIFIER: types.CompletionItemKind.Function,
    completion.VALUE: types.CompletionItemKind.EnumMember,
    completion.TAG: types.CompletionItemKind.Constant,
    completion.SELECTION: types.CompletionItemKind.Variable,
    completion.OPERATOR: types.CompletionItemKind.Keyword,
    completion.RULE: types.CompletionItemKind.Reference,
}
# What `Dialect.highlight` calls a piece, in the protocol's legend.
TOKENS = {
    "word": types.SemanticTokenTypes.Keyword,
    "field": types.SemanticTokenTypes.Property,
    "function": types.SemanticTokenTypes.Function,
    "string": types.SemanticTokenTypes.String,
    "number": types.SemanticTokenTypes.Number,
    "comment": types.SemanticTokenTypes.Comment,
    "variable": types.SemanticTokenTypes.Variable,
}
LEGEND = types.SemanticTokensLegend(token_types=[one.value for one in TOKENS.values()], token_modifiers=[])
_TOKEN = {name: number for number, name in enumerate(TOKENS)}


class Places:
    """Places of one text between our characters, counted from 1, and the client's units, counted from 0."""

    def __init__(self, text: str, codec: PositionCodec) -> None:
        self._lines = text.split("\n")
        self._codec = codec

    def position(self, line: int, column: int) -> types.Position:
        """One of our places as the client's; beyond the text, its end."""
        line = min(line, len(self._lines))
        before = self._lines[line - 1][: column - 1]
        return types.Position(line - 1, len(before) if before.isascii() else self._codec.client_num_units(before))

    def range(self, span: Span) -> types.Range:
        """A span as the client's range; an empty one covers a character."""
        start = self.position(span.line, span.column)
        end = self.position(span.end_line, span.end_column)
        if end == start:
            end = self.position(span.line, span.column + 1)
        return types.Range(start, end)

    def place(self, position: types.Position) -> tuple[int, int]:
        """A place of the client's as line and column of ours."""
        if position.line >= len(self._lines):
            return len(self._lines), len(self._lines[-1]) + 1
        text = self._lines[position.line]
        if text.isascii():
            return position.line + 1, min(position.character, len(text)) + 1
        units = column = 0
        while column < len(text) and units < position.character:
            units += self._codec.client_num_units(text[column])
            column += 1
        return position.line + 1, column + 1

    def span(self, range_: types.Range) -> Span:
        """A range of the client's as a span."""
        return Span(*self.place(range_.start), *self.place(range_.end))

    def edit(self, source: Source, edit: Edit, piece: TextPart) -> types.TextEdit:
        """An edit of a piece's text as one of the client's; `source` is the whole text."""
        return types.TextEdit(self.range_of(source, edit.start + piece.offset, edit.end + piece.offset), edit.text)

    def range_of(self, source: Source, start: int, end: int) -> types.Range:
        """A range between two offsets of the text."""
        span = source.span(start, end)
        return types.Range(self.position(span.line, span.column), self.position(span.end_line, span.end_column))


def diagnostic(found: AnalysedFinding, piece: TextPart, places: Places, targets: Sequence[str]) -> types.Diagnostic:
    """A finding as a diagnostic; the languages are named where they are not all."""
    one = found.diagnostic
    span = one.span if one.span and one.span.source is None else None
    elsewhere = f" [in {one.span.source.path}]" if one.span and one.span.source else ""
    some = "" if set(found.targets) >= set(targets) else f" [{', '.join(found.targets)}]"
    hint = f"\n{one.hint}" if one.hint else ""
    return types.Diagnostic(
        places.range(piece.whole(span or Span(1, 1, 1, 1))),
        one.message + some + elsewhere + hint,
        severity=SEVERITIES[one.severity],
        code=one.code,
        source="transpile",
    )


def symbol(found: Symbol, piece: TextPart, places: Places) -> types.DocumentSymbol:
    """A part of the outline."""
    return types.DocumentSymbol(
        found.name or found.sort,
        SYMBOLS[found.sort],
        places.range(piece.whole(found.span)),
        places.range(piece.whole(found.name_span)),
        detail=found.detail,
        children=[symbol(one, piece, places) for one in found.below],
    )


def tokens(pieces: Iterable[tuple[str, str]], places: Places) -> list[int]:
    """Coloured pieces of a text as the protocol's numbers: each token relative to the one before."""
    data: list[int] = []
    line = column = 1
    last = types.Position(0, 0)
    for kind, text in pieces:
        for number, part in enumerate(text.split("\n")):
            if number:
                line, column = line + 1, 1
            if kind in _TOKEN and part.strip():
                start = places.position(line, column)
                end = places.position(line, column + len(part))
                character = start.character - last.character if start.line == last.line else start.character
                data += [start.line - last.line, character, end.character - start.character, _TOKEN[kind], 0]
                last = start
            column += len(part)
    return data


def path_of(uri: str) -> str:
    """The path of a document, for reading; the URI itself where it is not of a file."""
    from pygls import uris

    return uris.to_fs_path(uri) or uri


def uri_of(path: str) -> str:
    """The URI of a file."""
    return Path(path).absolute().as_uri()
