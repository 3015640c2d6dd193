"""Python functions for all that the command line does; `transpile` has them by name.

Texts of rules are those of one file, in any language. Nothing is printed, and nothing is read or written but the paths
that are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from transpile.batch.find import find
from transpile.conversion import Options, convert_source
from transpile.ir.rule import Rule
from transpile.source import Source

if TYPE_CHECKING:
    from transpile.deploy.plan import Deployment
    from transpile.report.findings import Finding
    from transpile.verify import Proof


class Match(NamedTuple):
    """A rule that matches an event: the event's position, from 0, and the fields that decided it."""

    rule: Rule
    position: int
    event: Mapping[str, Any]
    fields: Mapping[str, Any]


def explain(text: str, *, write: str | Iterable[str] = "kql", path: str = "<text>", **options: Any) -> str:
    """The report of `transpile explain` on the first rule of a text; takes the options of `convert_all`.

    Raises what `convert_all` raises, and `ValueError` where the text holds no rule.

    >>> rule = '''
    ... title: Whoami
    ... logsource: {product: windows, category: process_creation}
    ... detection: {selection: {Image|endswith: '/whoami.exe'}, condition: selection}
    ... '''
    >>> "Image ends with /whoami.exe" in explain(rule)
    True
    """
    from io import StringIO

    from transpile.report.rule import show_rule
    from transpile.report.terminal import console

    given = _options(write, options)
    found = convert_source(Source(text, path), given)
    if not found:
        raise ValueError("the text holds no rule")
    output = StringIO()
    show_rule(found[: len(given.targets)], Source(text, path), console(output))
    return output.getvalue()


def check(text: str, *, write: str | Iterable[str] = (), path: str = "<text>", **options: Any) -> list[Finding]:
    """What `transpile check` finds in a text: the linter's findings, and what keeps the rules from languages to write.

    Takes the options of `convert_all`; the linter's settings are the default ones.

    >>> [one.diagnostic.code for one in check("title: A.\\nlogsource: {}\\ndetection: {}\\n")][:2]
    ['LNT001', 'LNT003']
    """
    from transpile.lint.run import lint_source
    from transpile.lint.settings import DEFAULTS
    from transpile.report.findings import Finding, with_lint

    source, given = Source(text, path), _options(write, options)
    linted = lint_source(source)
    if not given.targets:
        return [Finding(one.path, one.id, one.title, one.diagnostic, ()) for one in linted.findings]
    return with_lint(convert_source(source, given), linted, DEFAULTS, given.targets)


def verify_all(text: str, *, write: str | Iterable[str] = "kql", path: str = "<text>", **options: Any) -> list[Proof]:
    """Run each query on events made from its rule, as `transpile verify` does; takes the options of `convert_all`.

    >>> rule = '''
    ... title: Whoami
    ... logsource: {product: windows, category: process_creation}
    ... detection: {selection: {Image|endswith: '/whoami.exe'}, condition: selection}
    ... '''
    >>> [proof.verdict.value for proof in verify_all(rule)]
    ['proven']
    """
    from transpile.verify import verify_source

    return verify_source(Source(text, path), _options(write, options))


def match(rules: str | Iterable[Rule], events: Iterable[Mapping[str, Any]], *, routed: bool = True) -> Iterator[Match]:
    """The rules on single events that match, event by event; `rules` are a text, or rules that are already read.

    Events are as any tool or platform writes them (docs/testing.md). With `routed`, a rule sees only events that may be
    of its own log source. Raises `ValueError` for a text in which a rule cannot be read.

    >>> rule = '''
    ... title: Whoami
    ... logsource: {product: windows, category: process_creation}
    ... detection: {selection: {Image|endswith: '/whoami.exe'}, condition: selection}
    ... '''
    >>> found = list(match(rule, [{"Image": "/a.exe"}, {"Image": "/whoami.exe"}]))
    >>> [(one.position, dict(one.fields)) for one in found]
    [(1, {'Image': '/whoami.exe'})]
    """
    from transpile.ir.passes import simplify
    from transpile.matching.matcher import Matcher
    from transpile.matching.shapes import EventReader
    from transpile.matching.why import Tracer

    usable = [simplify(one) for one in (_rules(rules) if isinstance(rules, str) else rules) if one.is_single]
    matcher, reader, tracer = Matcher(usable, routed=routed), EventReader(), Tracer()
    for position, given in enumerate(events):
        event, origin = reader.read(given)
        for number in matcher.match(event, origin):
            yield Match(usable[number], position, event, tracer.deciding(usable[number], event))


def deploy_paths(
    paths: Iterable[str],
    platform: str,
    *,
    form: str | None = None,
    config: Path | str | None = None,
    models: Sequence[str] = (),
    allow_approximate: bool = False,
) -> Deployment:
    """The files that a platform's importer takes, and what became of each rule; nothing is written.

    `form` is one of the platform's formats, `config` a deploy.yml. Raises `OSError` for a path that is not there, and
    `ValueError` for a platform, a format, settings or a data model that there is not.
    """
    from transpile.deploy.plan import plan
    from transpile.deploy.settings import load

    return plan(
        find(paths),
        platform,
        format_=form,
        config=load(Path(config)) if config else None,
        models=tuple(models),
        allow_approximate=allow_approximate,
    )


def _options(write: str | Iterable[str], given: Mapping[str, Any]) -> Options:
    targets = (write,) if isinstance(write, str) else tuple(write)
    model = given.get("model")
    rest = {name: value for name, value in given.items() if name != "model"}
    models = (model,) if isinstance(model, str) else tuple(model or ())
    return Options(targets, models=models, **rest)


def _rules(text: str) -> list[Rule]:
    from transpile.conversion import read_source_rules
    from transpile.diagnostics import Severity

    found = []
    for reading in read_source_rules(Source(text), Options(())):
        if reading.rule is None:
            errors = [one.message for one in reading.diagnostics if one.severity is Severity.ERROR]
            raise ValueError(f"{reading.title or 'a rule'} cannot be read: {'; '.join(errors)}")
        found.append(reading.rule)
    return found
