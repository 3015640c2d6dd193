"""A run as Markdown, for the page of a CI job: rules by outcome, and why some were refused, with examples."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from transpile.diagnostics import Diagnostic, Severity, one_line, shown
from transpile.report.codes import meaning

# GitHub sets it to the file whose Markdown it shows on the job's page.
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
_EXAMPLES = 2

_Reason = tuple[str, str, str]  # target, code, meaning


class JobSummary:
    """Collects results as they come; `write` puts them where the user or the CI wants them."""

    def __init__(self, title: str, statuses: Sequence[str]) -> None:
        self._title = title
        self._statuses = tuple(statuses)
        self._counts: dict[str, Counter[str]] = {}
        self._reasons: Counter[_Reason] = Counter()  # rules
        self._examples: dict[_Reason, list[str]] = {}
        self._notes: list[str] = []

    def add(self, target: str, status: str, path: str, diagnostics: Iterable[Diagnostic]) -> None:
        """Count one rule in one language or platform; errors among the diagnostics are its reasons."""
        self._counts.setdefault(target, Counter())[status] += 1
        seen: set[_Reason] = set()
        for one in diagnostics:
            if one.severity is not Severity.ERROR:
                continue
            reason = (target, shown(one.kind, one.direction), meaning(one.kind, one.direction))
            if reason not in seen:
                seen.add(reason)
                self._reasons[reason] += 1
                if self._reasons[reason] <= _EXAMPLES:
                    self._examples.setdefault(reason, []).append(_example(path, one))

    def note(self, text: str) -> None:
        """Add a line of text below the tables."""
        self._notes.append(text)

    def markdown(self) -> str:
        """The summary as GitHub-flavoured Markdown.

        >>> JobSummary("Conversion", ("exact",)).markdown()
        '### Conversion\\n\\nNo rules.\\n'
        """
        lines = [f"### {self._title}", ""]
        if self._counts:
            lines += _table(
                ("target", *self._statuses),
                [(target, *(f"{counts[one]:,}" for one in self._statuses)) for target, counts in self._counts.items()],
            )
        else:
            lines.append("No rules.")
        if self._reasons:
            rows = sorted(self._reasons.items(), key=lambda row: (-row[1], row[0]))
            lines += ["", "Reasons:", ""]
            lines += _table(
                ("reason", "target", "rules", "meaning", "for example"),
                [
                    (code, target, f"{count:,}", escape(text), "<br>".join(self._examples[target, code, text]))
                    for (target, code, text), count in rows
                ],
            )
        for note in self._notes:
            lines += ["", escape(note)]
        return "\n".join(lines) + "\n"

    def write(self, path: Path | None) -> None:
        """Write to `path`, and add to the CI job's own summary where there is one. Raises `OSError`."""
        if path is not None:
            path.write_text(self.markdown(), encoding="utf-8")
        if step := os.environ.get(STEP_SUMMARY):
            with Path(step).open("a", encoding="utf-8") as stream:
                stream.write(self.markdown() + "\n")


def escape(text: str) -> str:
    """Text of a rule as Markdown that shows it and does nothing else, on one line.

    >>> escape("a|b <img> `c` *d*")
    'a\\\\|b &lt;img&gt; \\\\`c\\\\` \\\\*d\\\\*'
    """
    plain = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|~#])", r"\\\1", plain)


def _example(path: str, one: Diagnostic) -> str:
    span = one.span
    if span and span.source:
        path = span.source.path
    place = f"{path}:{span.line}:{span.column}" if span else path
    return f"{escape(place)}: {escape(one.message)}"


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(row) + " |" for row in (headers, ["---"] * len(headers), *rows)]
