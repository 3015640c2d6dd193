"""What to say about a place in a rule, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transpile import attack, dialects
from transpile.assist.analysis import TextPart
from transpile.assist.symbols import selection_at, within
from transpile.conversion import Conversion, Status
from transpile.lint.document import LintDocument
from transpile.report.words import outline
from transpile.source import Span

LONGEST = 60  # characters of a cell


def hover(piece: TextPart, line: int, column: int) -> tuple[str, Span] | None:
    """Markdown about a place of a piece (its own lines), and the span that it is about; None if there is nothing."""
    for document in piece.documents:
        if within(document.node.span, line, column):
            return _in_document(document, piece.of(document), line, column)
    return None


def _in_document(
    document: LintDocument, conversions: Sequence[Conversion], line: int, column: int
) -> tuple[str, Span] | None:
    for item in document.items:
        if item.key and item.field and within(item.key.span, line, column):
            said = "\n".join(_field(item.field, conversions))
            return (said, item.key.span) if said else None
    name = selection_at(document, line, column)
    if name is not None:
        found = _selection(name, conversions)
        return (found, _word(document, line, column)) if found else None
    for tag in document.list("tags"):
        if within(tag.span, line, column):
            said = _tag(tag.text)
            return (said, tag.span) if said else None
    for key in ("title", "detection", "correlation", "filter"):
        span = document.key(key)
        if span and within(span, line, column):
            return queries(conversions), span
    span = document.key("logsource")
    if span and within(span, line, column):
        said = "\n".join(_field(str(document.logsource), conversions))
        return (said, span) if said else None
    return None


def _word(document: LintDocument, line: int, column: int) -> Span:
    spans = [key.span for key in document.selections if within(key.span, line, column)]
    return spans[0] if spans else Span(line, column, line, column)


def _field(name: str, conversions: Sequence[Conversion]) -> Iterator[str]:
    """What a field, or a log source, becomes by each data model: a table."""
    rows = {
        (one.model, became or "(the log source says it)", str(place)): None
        for one in conversions
        for was, became, place in one.trace
        if was.lower() == name.lower()
    }
    if rows:
        yield f"**{_safe(name)}**\n"
        yield "| data model | on the platform | by |\n| --- | --- | --- |"
        for model, became, place in rows:
            yield f"| {model} | {_code(became)} | {place} |"


def _selection(name: str, conversions: Sequence[Conversion]) -> str:
    """A selection in words."""
    rule = conversions[0].rule if conversions else None
    part = next((one for one in rule.parts if one.name == name), None) if rule else None
    if part is None:
        return ""
    return f"**{_safe(name)}**\n\n```text\n" + "\n".join(outline(part.expr).lines()).replace("```", "'''") + "\n```"


def _tag(text: str) -> str:
    """A tactic or technique of ATT&CK with its name."""
    found = attack.coverage([text])
    lines = [f"**{one.id}** {one.name}: <{one.url}>" for one in found.tactics]
    for named in found.techniques:
        tactics = ", ".join(tactic.name for tactic in named.tactics)
        lines.append(f"**{named.id}** {named.name} ({tactics}): <{named.url}>")
    lines += [f"{one}: unknown in ATT&CK v19" for one in found.unknown]
    return "\n\n".join(lines)


def queries(conversions: Sequence[Conversion]) -> str:
    """The queries of one rule with their statuses, as Markdown."""
    parts = []
    for one in conversions:
        title = dialects.load(one.target).title
        head = f"**{title}** ({one.model}): {one.status.value}"
        notes = [f"- {_safe(found.message)}" for found in one.diagnostics] if one.status is not Status.EXACT else []
        body = f"```{one.target}\n{one.query.rstrip()}\n```" if one.query is not None else ""
        parts.append("\n\n".join(filter(None, (head, "\n".join(dict.fromkeys(notes)), body))))
    return "\n\n".join(parts)


def _code(text: str) -> str:
    text = " ".join(text.split())
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return "`" + text.replace("`", "'").replace("|", "\\|") + "`"


def _safe(text: str) -> str:
    """Text of a rule that does nothing in Markdown."""
    return "".join("\\" + char if char in "\\`*_[]<>#|!" else char for char in " ".join(text.split()))
