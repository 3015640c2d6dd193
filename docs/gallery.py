"""The gallery: what transpile and pySigma's backends make of the same rules, judged by `verify`."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from sigma.backends.elasticsearch import EqlBackend, ESQLBackend, LuceneBackend
from sigma.backends.splunk import SplunkBackend
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError

from transpile import dialects
from transpile.conversion import Conversion, Options, convert_source
from transpile.source import Source
from transpile.verify.audit import audit
from transpile.verify.proof import Counterexample, Verdict

HEAD = """\
title: Example
logsource: {product: windows, category: process_creation}
detection:
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that is easily lost in conversion."""

    title: str
    text: str
    detection: str


INTRODUCTION = """\
Each rule is shown with its query in every language, and with what pySigma's backends for Splunk and Elasticsearch give
for it where that has another meaning. `transpile verify` is the judge: it runs both queries on events made from the
rule, and shows the smallest event on which they fail. No pipeline and no data model is used, so that both keep the
rule's field names.

Fields of Elasticsearch are taken to be of type `keyword`, as in the Elastic Common Schema; there case counts. In an
index whose fields have a normalizer that lower-cases them, the Lucene queries that miss by case alone do match.
"""

CASES = (
    Case(
        "A plain rule",
        "A file name and two pieces of a command line, whatever their case.",
        """\
  selection:
    Image|endswith: '\\net.exe'
    CommandLine|contains|all: [' use ', '/user:']
  condition: selection
""",
    ),
    Case(
        "Case that counts",
        "`cased` asks for the very letters. Splunk's base search ignores case, Elastic's `:` does too.",
        """\
  selection:
    CommandLine|contains|cased: 'IeX'
  condition: selection
""",
    ),
    Case(
        "A single character",
        "`?` is exactly one character. Splunk's search has no such wildcard, and keeps `?` as a literal.",
        """\
  selection:
    Image|endswith: '\\cmd?.exe'
  condition: selection
""",
    ),
    Case(
        "A star that is a star",
        "An escaped `\\*` is the character itself, which search commands cannot express.",
        """\
  selection:
    CommandLine|contains: 'del \\*.log'
  condition: selection
""",
    ),
    Case(
        "No value",
        "`null` means that the field is missing or empty.",
        """\
  selection:
    Image|endswith: '\\rundll32.exe'
  filter:
    ParentImage: null
  condition: selection and not filter
""",
    ),
    Case(
        "A regular expression",
        "Sigma's regexes search, and are PCRE's. Lucene's, in Elasticsearch, match whole values and have no `\\d`.",
        """\
  selection:
    CommandLine|re: '-e(?:nc)? +[A-Za-z0-9]{20}'
  condition: selection
""",
    ),
    Case(
        "Two fields",
        "One field compared with another.",
        """\
  selection:
    User|fieldref: TargetUser
  condition: selection
""",
    ),
    Case(
        "A selection whose name begins with not",
        "A condition is made of names, not of letters.",
        """\
  notepad:
    Image|endswith: '\\notepad.exe'
  condition: notepad
""",
    ),
)

BACKENDS: dict[str, Any] = {"spl": SplunkBackend, "eql": EqlBackend, "esql": ESQLBackend, "lucene": LuceneBackend}
PEERS = ("pysigma", "pysigma-backend-splunk", "pysigma-backend-elasticsearch")
MEASURED = "Made with "  # begins the line that names the versions of PEERS


def gallery() -> Iterator[str]:
    """The page as Markdown."""
    peers = ", ".join(f"{name} {version(name)}" for name in PEERS)
    yield "# Before and after\n\nMade by `python docs/generate.py`.\n"
    yield INTRODUCTION
    yield f"{MEASURED}{peers}.\n"
    for case in CASES:
        yield from _case(case)


def _case(case: Case) -> Iterator[str]:
    text = HEAD + case.detection
    found = convert_source(Source(text, "rule.yml"), Options(dialects.writers(), models=("none",)))
    yield f"## {case.title}\n\n{case.text}\n\n```yaml\ndetection:\n{case.detection}```\n"
    for conversion in found:
        if conversion.target == "sigma":
            continue
        title = dialects.load(conversion.target).title
        if conversion.query is None:
            yield f"{title}: {conversion.status}, {_reason(conversion)}.\n"
        else:
            yield f"{title}:\n\n```\n{conversion.query.strip()}\n```\n"
    said = [line for conversion in found if conversion.target in BACKENDS for line in _other(conversion, text)]
    if said:
        yield "**pySigma's backends**\n"
        yield from said


def _reason(conversion: Conversion) -> str:
    worst = [one for one in conversion.diagnostics if one.severity != "note"]
    codes = dict.fromkeys(f"[{one.code}](codes.md#{one.kind.id.lower()})" for one in worst)
    return ", ".join(codes)


def _other(conversion: Conversion, text: str) -> Iterator[str]:
    """What the backend for the same language gives, if it does not mean the rule."""
    title = dialects.load(conversion.target).title
    try:
        query = _backend(conversion.target)(text)
    except (SigmaError, NotImplementedError) as error:
        yield f"{title}: an error, `{str(error).partition(' (while')[0]}`\n"
        return
    proof = audit(conversion, query, Options((conversion.target,), models=("none",)))
    if proof.verdict is Verdict.DISPROVEN and isinstance(proof.counterexample, Counterexample):
        shown = proof.counterexample
        verb = "matches" if shown.query_matches else "misses"
        yield f"{title} {verb} `{json.dumps(dict(shown.event), ensure_ascii=False)}`:\n\n```\n{query}\n```\n"


def _backend(language: str) -> Callable[[str], str]:
    """A function from a rule to the query of pySigma's backend, without a pipeline."""
    logging.disable(logging.CRITICAL)
    return lambda text: str(BACKENDS[language]().convert(SigmaCollection.from_yaml(text))[0])
