"""Queries broken in one place, as a mistake in a writer would break them: the proof must fail on each.

The queries are those of the project's own rules. A mistake is a replacement in the printed text; it is made at the
first and the last place where it can be, in every language that has one.
"""

# ruff: noqa: E501 (a mistake a line)

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from transpile.conversion import Conversion, Options, Status, convert_source
from transpile.source import Source
from transpile.verify import Verdict, verify_conversions

RULES = sorted((Path(__file__).parent.parent.parent / "rules").rglob("*.yml"))[::6]
LANGUAGES = ("spl", "kql", "eql", "yaral")

# What goes wrong: in each language what is found in the text and what stands there instead.
MISTAKES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "a NOT lost": dict.fromkeys(("spl",), (r"\bNOT (?=[(\w])", "")) | dict.fromkeys(("eql", "yaral"), (r"\bnot ", "")),
    "an AND for an OR": dict.fromkeys(("kql", "eql", "yaral"), (r"\bor\b(?= [(\w$?])", "and")),
    "an OR for an AND": dict.fromkeys(("kql", "eql", "yaral"), (r"\band\b", "or")),
    "case that counts": {
        "kql": (r"=~", "=="),
        "eql": (r" : (?=\"[^*?\"]*[a-zA-Z][^*?\"]*\")", " == "),
        "yaral": (r" nocase", ""),
    },
    "case that counts in a part": {"kql": (r"\b(contains|startswith|endswith)\b(?= @?\"[^\"\n]*[a-zA-Z])", r"\1_cs")},
    "the first character of a text lost": dict.fromkeys(LANGUAGES, (r"(?<=[\"`*\\/])[a-z](?=[a-z.]{3,}[^\n]*[\"`/])", "")),
    "the last character of a text lost": dict.fromkeys(LANGUAGES, (r"(?<=[a-z]{3})[a-z](?=\*?\")", "")),
    "a member of a list lost": dict.fromkeys(("spl", "kql", "eql"), (r"(?<=[(\n ])@?\"(?:[^\"\\]|\\.)*\",\s(?=\s*@?\")", "")),
    "an alternative lost": {"yaral": (r"(?<=\()[^()|?\n]+\|", "")},
    "a number off by one": dict.fromkeys(LANGUAGES, (r"(?<=[=( ])(\d*)4(?=[\s,)]|$)", r"\g<1>5")),
    "an anchor lost at the end": {"spl": (r"(?<=[a-z])(?=\"[,)\s])", "*"), "yaral": (r"\$(?=/ nocase)", ""), "kql": ("endswith", "contains")},
    "an anchor lost at the start": {"eql": (r"(?<=: \")(?=\w)", "*"), "kql": ("startswith", "contains")},
    "a wildcard lost": dict.fromkeys(("spl", "eql"), (r"(?<=[\w.])\*(?=\")", "")),
    "terms for texts": {"kql": (r"\bcontains\b(?= @?\"[a-z])", "has")},
    "a backslash lost": {"spl": (r"(?<=\*)\\\\", ""), "kql": (r"(?<=@\")\\", ""), "eql": (r"(?<=\"\*)\\\\", ""), "yaral": (r"\\\\(?=\w)", "")},
    "another field": dict.fromkeys(LANGUAGES, (r"\b(Image|CommandLine|ParentImage|TargetFilename|EventID)\b", r"\1s")),
    "a stage lost": {"kql": (r"\n\| where [^\n]+\"$(?=\n\|)", "")},
    "a missing field that is not excluded": {
        "spl": (r"NOT (\w+)=(?=\"\w)", r"\1!="),
        "eql": (r"not (\w+) : ", r"?\1 != null and not \1 : "),
        "yaral": (r"^    (\$e\S+) != (?=\"\w)", "    \\1 != \"\"\n    \\1 != "),
    },
    "the log source forgotten": {
        "spl": (r"^source(?:type)?=\S+\s", ""),
        "kql": (r"\n\| where (?:EventID == \d+|Channel =~ \"[^\"]*\")", ""),
        "eql": (r"\b(?:event\.(?:code|dataset|type)|winlog\.channel) : \"[^\"]*\" and\s", ""),
        "yaral": (r"^ *\$e\.metadata\.(?:event_type|log_type|product_name) = [^\n]*\n", ""),
    },
}  # fmt: skip

CASE = """\
title: Case
logsource: {product: windows, category: process_creation}
detection:
  selection: {CommandLine|contains: whoami, LogonType: 4}
  filter: {User: adm, ParentImage: [x, z]}
  other: {Company: Acme}
  condition: selection and not filter and not other
"""


@lru_cache(maxsize=256)
def conversions(language: str, model: str | None) -> tuple[Conversion, ...]:
    options = Options((language,), models=(model,) if model else ())
    sources = [Source(CASE, "case.yml")] if model else []
    sources += [Source(path.read_text(encoding="utf-8"), path.name) for path in RULES]
    found = (convert_source(source, options) for source in sources)
    return tuple(one for several in found for one in several if one.status is Status.EXACT)


def broken(query: str, language: str, pattern: str, replacement: str) -> Iterator[str]:
    """The query with the mistake at the first and at the last place; in YARA-L, within the events section."""
    start, end = (query.index("events:"), query.index("condition:")) if language == "yaral" else (0, len(query))
    places = list(re.compile(pattern, re.MULTILINE).finditer(query, start, end))
    for found in dict.fromkeys(places[:1] + places[-1:]):
        yield query[: found.start()] + found.expand(replacement) + query[found.end() :]


@pytest.mark.parametrize(
    ("what", "language"), [(what, language) for what, languages in MISTAKES.items() for language in languages]
)
def test_mistakes_are_disproven(what: str, language: str) -> None:
    model = None if what == "the log source forgotten" else "none"
    options = Options((language,), models=(model,) if model else ())
    tried = 0
    taken = []
    for conversion in conversions(language, model):
        assert conversion.query is not None
        for query in broken(conversion.query, language, *MISTAKES[what][language]):
            (proof,) = verify_conversions([replace(conversion, query=query)], options)
            tried += 1
            if proof.verdict is not Verdict.DISPROVEN:
                taken.append((conversion.path, proof.verdict.value, proof.reason, query))
    assert tried
    assert taken == []
