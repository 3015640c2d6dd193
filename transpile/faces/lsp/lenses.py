"""Code lenses above each rule, and the commands behind them: show the queries, prove them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from transpile.assist.analysis import TextPart
from transpile.assist.hover import queries
from transpile.conversion import Conversion, Status
from transpile.faces.lsp.state import at, places_of
from transpile.lint.document import LintDocument
from transpile.source import Span
from transpile.verify.proof import Proof, Verdict

if TYPE_CHECKING:
    from transpile.faces.lsp.server import Server

SHOW = "transpile.queries"
PROVE = "transpile.prove"
FIRST = Span(1, 1, 1, 2)  # where the lens of a text is that is one query


def refused(message: str) -> JsonRpcException:
    """The answer to a request that cannot be met, with the reason for the user."""
    return JsonRpcException(message=message, code=types.ErrorCodes.InvalidRequest.value)


def register(server: Server) -> None:
    """Add code lenses and their commands to a server."""

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(resolve_provider=False))
    def lenses(params: types.CodeLensParams) -> list[types.CodeLens]:
        document = server.document(params.text_document)
        places = places_of(document)
        found = []
        for piece in server.analyse(document).pieces:
            for one, conversions in _rules(piece):
                span = piece.whole(one.top if one else FIRST)
                proofs = [proof for proof in server.state.proofs(piece) if _is_of(proof, conversions)]
                for title, command in ((_statuses(conversions), SHOW), (_proofs(proofs), PROVE)):
                    call = types.Command(title, command, arguments=[document.uri, span.line])
                    found.append(types.CodeLens(places.range(span), command=call))
        return found

    @server.command(SHOW)
    def show(uri: str, line: int) -> dict[str, Any]:
        """The queries of the rule at a line, as Markdown and as objects."""
        piece, conversions = _rule(server, uri, line)
        return {
            "title": conversions[0].title or piece.source.path,
            "markdown": f"# {conversions[0].title or 'Rule'}\n\n{queries(conversions)}\n",
            "conversions": [one.to_dict() for one in conversions],
        }

    @server.command(PROVE)
    async def prove(uri: str, line: int) -> dict[str, Any]:
        """Prove the queries of the rule at a line; the lenses say what was found."""
        piece, conversions = _rule(server, uri, line)
        proofs = await asyncio.to_thread(server.state.prove, piece, server.open_texts)
        server.refresh_lenses()
        return {"proofs": [one.to_dict() for one in proofs if _is_of(one, conversions)]}


def _rules(piece: TextPart) -> list[tuple[LintDocument | None, Sequence[Conversion]]]:
    """The rules of a piece with their conversions; a query of another language has no document."""
    if not piece.documents:
        return [(None, one) for one in piece.rules[:1]]
    return [(one, found) for one in piece.documents if (found := piece.of(one))]


def _rule(server: Server, uri: str, line: int) -> tuple[TextPart, Sequence[Conversion]]:
    document = server.workspace.get_text_document(uri)
    found = at(server.analyse(document), line)
    if found is None:
        raise refused("no rule is here")
    piece, rule = found
    conversions = piece.of(rule) if rule else piece.rules[0] if piece.rules else ()
    if not conversions:
        raise refused("no rule is here")
    return piece, conversions


def _is_of(proof: Proof, conversions: Sequence[Conversion]) -> bool:
    return (proof.id, proof.title) == (conversions[0].id, conversions[0].title)


def _statuses(conversions: Sequence[Conversion]) -> str:
    """Such as `exact on 4 of 6, refused on 2`."""
    counts = Counter(one.status for one in conversions)
    words = [f"{status.value} on {counts[status]}" for status in Status if counts[status]]
    words[0] += f" of {len(conversions)}"
    return ", ".join(words)


def _proofs(proofs: Sequence[Proof]) -> str:
    if not proofs:
        return "prove"
    counts = Counter(one.verdict for one in proofs)
    return ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
