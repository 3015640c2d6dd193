"""Events that the platforms themselves stored: what public rules ask must find them, and altered values must not.

The bars are shares of field tests, each weighing the public rules that ask its field of its log source.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from transpile.batch.find import find, read_source
from transpile.conversion import Options
from transpile.diagnostics import Diagnostic
from transpile.dialects.sigma.read import read
from transpile.verify.documents import Answer, DocumentResult, Uses, ask, count_uses, read_documents, sum_up

PLATFORMS = {
    "elastic": ("eql", "ecs", 0.98),
    "sentinel": ("kql", "sentinel", 0.98),
    "splunk": ("spl", "windows-xml", 0.98),
    "udm": ("yaral", "udm", 0.98),
}


@pytest.fixture(scope="module")
def uses(corpora: Path) -> Uses:
    rules = []
    for file in find([str(corpora / "sigma")]):
        source = read_source(file)
        if not isinstance(source, Diagnostic):
            rules += [one.rule for one in read(source) if one.rule is not None and one.rule.is_single]
    return count_uses(rules)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_queries_find_what_the_platform_stored(platform: str, corpora: Path, uses: Uses) -> None:
    target, model, bar = PLATFORMS[platform]
    options = Options((target,), models=(model,), allow_approximate=True)
    documents = list(read_documents(corpora / "platform" / platform))
    answers = [answer for one in documents for answer in ask(one, options, uses)]
    share = sum_up(answers)
    assert share.wrong == 0, _show(answers, DocumentResult.WRONG)
    assert share.found >= bar, f"{share.found:.1%}\n{_show(answers, DocumentResult.MISSED)}"


def _show(answers: list[Answer], found: DocumentResult) -> str:
    """The fields that are amiss, those that most rules ask first."""
    amiss = sorted((one for one in answers if one.found is found), key=lambda one: -one.rules)
    return "\n".join(f"{one.rules} {one.document} {one.field} {one.test}: {one.query}" for one in amiss[:20])
