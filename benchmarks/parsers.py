"""Does a query parse? Asked of each platform's own parser where it is to be had, else of ours.

SPL: our parser. KQL: Microsoft's, in Node. EQL: Elastic's `eql` package. YARA-L: our checker, and google-re2 for every
regular expression in it.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PROJECT = Path(__file__).parent.parent


def spl(queries: Sequence[str]) -> list[str | None]:
    """What is wrong with each SPL search; None where nothing is."""
    from transpile.dialects import load
    from transpile.source import Source
    from transpile.syntax.lexer import ParseError

    def problem(query: str) -> str | None:
        try:
            load("spl").parse(Source(query))
        except ParseError as error:
            return str(error)
        return None

    return list(map(problem, queries))


def eql(queries: Sequence[str]) -> list[str | None]:
    """What is wrong with each EQL query."""
    import eql as engine
    from eql.parser import (
        allow_runs,
        elasticsearch_syntax,
        elasticsearch_validate_optional_fields,
        ignore_missing_functions,
    )

    def problem(query: str) -> str | None:
        try:
            with elasticsearch_syntax, ignore_missing_functions, elasticsearch_validate_optional_fields, allow_runs:
                engine.parse_query(query)
        except Exception as error:
            return str(error)
        return None

    return list(map(problem, queries))


def kql(queries: Sequence[str]) -> list[str | None] | None:
    """What is wrong with each KQL query; None for all if Microsoft's parser is not installed (tests/kql)."""
    script = PROJECT / "tests" / "kql" / "microsoft.mjs"
    lines = "".join(json.dumps({"id": number, "query": query}) + "\n" for number, query in enumerate(queries))
    try:
        done = subprocess.run(
            ["node", str(script)], input=lines, capture_output=True, text=True, check=True, env=os.environ
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    found = [json.loads(line)["diagnostics"] for line in done.stdout.splitlines()]
    errors = [[one["message"] for one in diagnostics if one["severity"] == "Error"] for diagnostics in found]
    return [messages[0] if messages else None for messages in errors]


def yaral(queries: Sequence[str]) -> list[str | None]:
    """What is wrong with each YARA-L rule."""
    import re2

    from transpile.dialects.yaral.check import problems
    from transpile.dialects.yaral.parse import Parser
    from transpile.source import Source

    def problem(query: str) -> str | None:
        if found := problems(query):
            return str(found[0])
        for token in Parser(Source(query)).tokens:
            if token.kind == "regex":
                try:
                    re2.compile(token.text[1:-1].replace("\\/", "/"))
                except re2.error as error:
                    return f"{token.text}: {error}"
        return None

    return list(map(problem, queries))


PARSERS: Mapping[str, Callable[[Sequence[str]], list[str | None] | None]] = {
    "spl": spl,
    "kql": kql,
    "eql": eql,
    "yaral": yaral,
}
