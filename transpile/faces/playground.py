"""What the playground's page asks of the package in its worker: JSON in, JSON out, one function.

Places are offsets of characters, as the editor of the page counts them (UTF-16 units).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from transpile import __version__, dialects, formats
from transpile.assist.analysis import AnalysedFinding, Analyst, TextPart
from transpile.assist.completion import complete as completions
from transpile.assist.fixes import fixes
from transpile.assist.hover import hover as said_of
from transpile.batch.find import RuleFile
from transpile.conversion import AUTO, Conversion, Options, choose_models, convert_source, withhold
from transpile.diagnostics import Severity
from transpile.evaluate import Unproven
from transpile.faces import answers
from transpile.pipelines import load
from transpile.report.description import by_rule, describe
from transpile.source import Source, Span
from transpile.verify import verify_conversions
from transpile.verify.examples import examples

SEVERITIES = [one.value for one in (Severity.ERROR, Severity.WARNING, Severity.NOTE)]
MOST_FIXES = 40  # of one text
DEEPEST = 100  # objects and lists in each other, of an event; the engine of a browser ends at some hundreds
_COMMENTS = r"(?:\s|//[^\n]*\n|/\*.*?\*/)*"
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\\n]|\\.)*"|[\[{]|[\]}]')
_KEY = re.compile(r"^[\w-]+\s*:(?:\s|$)", re.MULTILINE)


def answer(question: str) -> str:
    """The answer to a question: `{"ask": NAME, ...}`. An invalid question has the answer `{"error": MESSAGE}`."""
    asked = json.loads(question)
    try:
        found = QUESTIONS[asked.pop("ask")](**asked)
    except (answers.AnswerError, ValueError, KeyError) as error:
        found = {"error": str(error.args[0] if error.args else error)}
    except RecursionError:
        found = {"error": "this is nested too deeply"}
    try:
        return json.dumps(found, ensure_ascii=False, allow_nan=False, default=str)
    except ValueError:  # a number that JSON does not have
        return json.dumps(_named(found), ensure_ascii=False, allow_nan=False, default=str)


def _named(value: Any) -> Any:
    """A value whose numbers that JSON does not have are their names."""
    if isinstance(value, Mapping):
        return {key: _named(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_named(inner) for inner in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def known() -> dict[str, Any]:
    """The languages, the data models of each, and the platforms to deploy to."""
    from transpile.deploy.plan import PLATFORMS, platform

    models = [load.load(name) for name in load.names() if name != "none"]
    return {
        "version": __version__,
        "languages": [
            {
                "name": one.name,
                "title": one.title,
                "extension": one.extension,
                "extensions": list(one.extensions),
                "read": one.name in dialects.readers(),
                "default": one.by_default,
                "model": one.default_model,
                "models": [model.name for model in models if not model.target or one.name in model.target],
            }
            for one in map(dialects.load, dialects.writers())
        ],
        "platforms": [
            {"name": name, "title": platform(name).title, "languages": list(platform(name).dialects)}
            for name in PLATFORMS
        ],
    }


def analyse(
    text: str,
    read: str = AUTO,
    to: Sequence[str] = (),
    models: Mapping[str, str] | None = None,
    approximate: bool = False,
    keep: bool = False,
) -> dict[str, Any]:
    """Findings with their fixes, and every rule's queries in colour."""
    options = _options(read, to, models, approximate, keep)
    source = _source(text, read)
    findings: list[dict[str, Any]] = []
    places = _Places(text)
    analysis = _analyst(options).analyse(source, is_rule=bool(text.strip()))
    conversions = [
        replace(one, diagnostics=tuple(map(piece.placed, one.diagnostics)))
        for piece in analysis.pieces
        for one in piece.conversions
    ]
    if not approximate:
        conversions = [withhold(one) for one in conversions]
    for piece, found in analysis.findings():
        findings.append(_finding(found, piece, places, options.targets))
    if read == AUTO and text.strip() and formats.recognise(source) is None and not _KEY.search(text):
        for one in findings:
            one["hint"] = "if it is a query, choose its language under Read as"
    for piece in analysis.pieces:
        for fix in list(fixes(piece, Span(1, 1, 1 << 30, 1)))[:MOST_FIXES]:
            at = next((one for one in findings if one["key"] == _key(fix.found, piece)), None)
            if at is not None:
                edits = [
                    {
                        "from": places.unit(edit.start + piece.offset),
                        "to": places.unit(edit.end + piece.offset),
                        "insert": edit.text,
                    }
                    for edit in fix.edits
                ]
                at["fixes"].append({"title": fix.title, "proved": fix.proved, "edits": edits})
    findings.sort(key=lambda one: SEVERITIES.index(one["severity"]))
    return {
        "language": _language(conversions),
        "findings": findings,
        "rules": [[_written(one) for one in rule] for rule in by_rule(conversions, len(options.targets))],
    }


def _written(conversion: Conversion) -> dict[str, Any]:
    """A conversion with its query in coloured pieces."""
    highlight = dialects.load(conversion.target).highlight
    query = conversion.query
    pieces = [] if query is None else list(highlight(query)) if highlight else [("", query)]
    return {**conversion.to_dict(), "pieces": pieces}


def colours(text: str, read: str) -> dict[str, Any]:
    """A text in coloured pieces, by its language."""
    highlight = dialects.load("sigma" if read == AUTO else read).highlight
    return {"pieces": list(highlight(text)) if highlight else [("", text)]}


def complete(text: str, at: int) -> dict[str, Any]:
    """What can be typed at an offset of a Sigma text."""
    places = _Places(text)
    offset = places.character(at)
    start = text.rfind("\n---", 0, offset)
    before = text.index("\n", start + 1) + 1 if start >= 0 else 0
    end = text.find("\n---", offset)
    document = text[before : end if end >= 0 else len(text)]
    line = document.count("\n", 0, offset - before) + 1
    column = offset - before - (document.rfind("\n", 0, offset - before) + 1) + 1
    place, found = completions(document, line, column, ("ecs", "sentinel"))
    return {
        "from": at - len(place.word),
        "options": [{"label": one.text, "type": one.sort, "detail": one.detail} for one in found],
    }


def hover(
    text: str, at: int, read: str = AUTO, to: Sequence[str] = (), models: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Help on the place at an offset, as Markdown."""
    places = _Places(text)
    line, column = places.place(places.character(at))
    analysis = _analyst(_options(read, to, models, True, False)).analyse(_source(text, read))
    piece = analysis.at(line)
    found = said_of(piece, line - piece.line, column) if piece else None
    if piece is None or found is None:
        return {}
    span = piece.whole(found[1])
    return {
        "markdown": found[0],
        "from": places.offset(span.line, span.column),
        "to": places.offset(span.end_line, span.end_column),
    }


def explain(
    text: str, read: str = AUTO, to: Sequence[str] = (), models: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Each rule in words, and what each line of the data models did."""
    options = _options(read, to, models, True, False)
    conversions = convert_source(_source(text, read), options)
    return {"rules": [describe(one) for one in by_rule(conversions, len(options.targets))]}


def prove(
    text: str,
    read: str = AUTO,
    to: Sequence[str] = (),
    models: Mapping[str, str] | None = None,
    approximate: bool = False,
    keep: bool = False,
) -> dict[str, Any]:
    """The proof of each query, and events generated from each rule with the verdicts of rule and queries."""
    options = _options(read, to, models, approximate, keep)
    found = []
    for rule in by_rule(convert_source(_source(text, read), options), len(options.targets)):
        try:
            shown = [one.to_dict() for one in examples(rule, options)]
        except Unproven:
            shown = []
        proofs = [one.to_dict() for one in verify_conversions(rule, options)]
        found.append({"title": rule[0].title, "proofs": proofs, "examples": shown})
    return {"rules": found}


def match(text: str, events: str, read: str = AUTO) -> dict[str, Any]:
    """Which of the given events (JSON, a list of it, or JSON lines) the rules match, and which part failed."""
    if _depth(events) > DEEPEST:
        raise answers.AnswerError(f"the events are nested more than {DEEPEST} deep")
    parsed = answers.parse_events(events)
    return {**answers.match(_source(text, read), parsed, read=read), "given": parsed[: answers.MOST_EXPLAINED]}


def _depth(events: str) -> int:
    """How many brackets of JSON are open in each other at most; 0 for a text that is not JSON."""
    deepest = depth = 0
    if events.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        for found in _STRING_OR_BRACKET.finditer(events):
            depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(found[0], 0)
            deepest = max(deepest, depth)
    return deepest


def deploy(
    text: str,
    platform: str,
    read: str = AUTO,
    models: Mapping[str, str] | None = None,
    approximate: bool = False,
) -> dict[str, Any]:
    """The files of a platform's importer for the rules of a text, and the data models that made them.

    A platform that has a data model of its own keeps it: the tables of another are not there.
    """
    from transpile.deploy.plan import plan
    from transpile.deploy.plan import platform as known_platform

    target = known_platform(platform)
    free = all(target.model in (None, dialects.load(name).default_model) for name in target.dialects)
    chosen = {model: None for name, model in (models or {}).items() if free and name in target.dialects}
    source = _source(text, read)
    file = RuleFile(source.path, source.path, text.encode("utf-8", "surrogatepass"))
    deployment = plan([file], platform, models=tuple(chosen), allow_approximate=approximate)
    return {
        "models": sorted({one.conversion.model for one in deployment.outcomes}),
        "files": [{"path": one.path, "text": one.text} for one in deployment.files],
        "outcomes": [one.to_dict() for one in deployment.outcomes],
    }


QUESTIONS: Mapping[str, Callable[..., dict[str, Any]]] = {
    one.__name__: one for one in (known, analyse, colours, complete, hover, explain, prove, match, deploy)
}


def _options(read: str, to: Sequence[str], models: Mapping[str, str] | None, approximate: bool, keep: bool) -> Options:
    asked = answers.ConversionRequest(tuple(to), (), read, approximate, keep)
    chosen = asked.options()
    named = tuple(dict.fromkeys(model for target, model in (models or {}).items() if target in chosen.targets))
    options = answers.ConversionRequest(chosen.targets, named, read, approximate, keep).options()
    choose_models(options)
    return options


def _source(text: str, read: str) -> Source:
    """The text as a file of its language, or of the one that its form shows."""
    if read == AUTO:
        if formats.recognise(Source(text, "rule")) is not None:
            return Source(text, "rule")
        read = next((one for one in dialects.readers() if _begins(text, dialects.load(one).begins)), "sigma")
    return Source(text, f"rule{'.yml' if read == 'sigma' else dialects.load(read).extension}")


def _begins(text: str, pattern: str) -> bool:
    return bool(pattern) and re.match(f"{_COMMENTS}(?:{pattern})", text, re.DOTALL) is not None


def _analyst(options: Options) -> Analyst:
    """The analyst for these options; the last ones are kept."""
    return _made(options.targets, options.models, options.read, options.unmapped)


@lru_cache(maxsize=2)
def _made(targets: tuple[str, ...], models: tuple[str, ...], read: str, unmapped: str) -> Analyst:
    return Analyst(Options(targets, read=read, models=models, unmapped=unmapped))


def _language(conversions: Sequence[Conversion]) -> str:
    origin = conversions[0].origin if conversions else None
    return origin.language if origin else "sigma"


class _Places:
    """Offsets of a text: in characters, and in the units of UTF-16 in which the page counts."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._plain = text.isascii() or all(ord(char) < 0x10000 for char in text)
        self._starts = [0]
        for line in text.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def unit(self, offset: int) -> int:
        """A character's offset in units."""
        return offset if self._plain else offset + sum(ord(char) > 0xFFFF for char in self._text[:offset])

    def character(self, unit: int) -> int:
        """The offset of the character at a unit."""
        if self._plain:
            return min(unit, len(self._text))
        at = 0
        for number, char in enumerate(self._text):
            if at >= unit:
                return number
            at += 2 if ord(char) > 0xFFFF else 1
        return len(self._text)

    def offset(self, line: int, column: int) -> int:
        """A line and a column in units."""
        line = min(line, len(self._starts) - 1)
        end = self._starts[line] - 1
        return self.unit(min(self._starts[line - 1] + column - 1, max(end, 0)))

    def place(self, offset: int) -> tuple[int, int]:
        """The line and column of a character."""
        line = self._text.count("\n", 0, offset) + 1
        return line, offset - self._starts[line - 1] + 1


def _key(found: AnalysedFinding, piece: TextPart) -> str:
    return f"{piece.line}:{found.diagnostic.code}:{found.diagnostic.span}:{found.diagnostic.message}"


def _finding(found: AnalysedFinding, piece: TextPart, places: _Places, targets: Sequence[str]) -> dict[str, Any]:
    one = found.diagnostic
    span = piece.whole(one.span) if one.span and one.span.source is None else None
    start = places.offset(span.line, span.column) if span else 0
    end = places.offset(span.end_line, span.end_column) if span else 0
    return {
        "key": _key(found, piece),
        "from": start,
        "to": max(start, end),
        "line": span.line if span else None,
        "column": span.column if span else None,
        "severity": one.severity.value,
        "code": one.code,
        "message": one.message,
        "hint": one.hint or None,
        "targets": list(found.targets) if set(found.targets) < set(targets) else [],
        "explanation": one.kind.explanation,
        "fixes": [],
    }
