"""Findings as SARIF 2.1.0, which code hosts show beside the lines concerned.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from transpile import __version__
from transpile.diagnostics import Diagnostic
from transpile.report.codes import general_hint, meaning
from transpile.report.findings import Finding

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


def to_sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """A SARIF log with one run; its `level` values are our severities, which have the same names."""
    kinds = {finding.diagnostic.code: finding.diagnostic for finding in findings}
    places = {code: position for position, code in enumerate(sorted(kinds))}
    driver = {
        "name": "transpile",
        "version": __version__,
        "rules": [_rule(kinds[code]) for code in places],
    }
    results = [_result(finding, places[finding.diagnostic.code]) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(example: Diagnostic) -> dict[str, Any]:
    code = example.kind
    described = {
        "id": example.code,
        "shortDescription": {"text": meaning(code, example.direction)},
        "fullDescription": {"text": code.explanation},
    }
    hint = general_hint(code)
    return described | ({"help": {"text": hint}} if hint else {})


def _result(finding: Finding, index: int) -> dict[str, Any]:
    diagnostic = finding.diagnostic
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.path)}}
    if span := diagnostic.span:
        place["artifactLocation"]["uri"] = _uri(span.source.path if span.source else finding.path)
        place["region"] = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        }
    identity = "\0".join((finding.path, finding.id or "", diagnostic.code, diagnostic.message))
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": diagnostic.severity.value,
        "message": {"text": f"{diagnostic.message} [{', '.join(finding.targets)}]"},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"finding/v1": hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:32]},
    }


def _uri(path: str) -> str:
    """A path as a URI reference: relative paths stay relative, with `/`."""
    pure = PurePath(path)
    return Path(path).as_uri() if pure.is_absolute() else quote(pure.as_posix(), safe="/", errors="surrogateescape")
