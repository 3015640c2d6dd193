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
from transpile.cli.findings import Finding
from transpile.cli.summary import general_hint, meaning
from transpile.codes import find_code

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


def to_sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """A SARIF log with one run; its `level` values are our severities, which have the same names."""
    codes = sorted({finding.diagnostic.code for finding in findings})
    places = {code: position for position, code in enumerate(codes)}
    driver = {
        "name": "transpile",
        "version": __version__,
        "rules": [_rule(code) for code in codes],
    }
    results = [_result(finding, places[finding.diagnostic.code]) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    row = find_code(code)
    assert row is not None, f"{code} is not in the table"
    described = {"id": code, "shortDescription": {"text": meaning(code)}, "fullDescription": {"text": row.explanation}}
    hint = general_hint(row)
    return described | ({"help": {"text": hint}} if hint else {})


def _result(finding: Finding, index: int) -> dict[str, Any]:
    diagnostic = finding.diagnostic
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.path)}}
    if span := diagnostic.span:
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
