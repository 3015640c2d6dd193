"""Does a query that somebody else wrote mean the rule? One that is deployed, edited by hand, or another tool's output.

The query is run on the events that prove our own, and on events made from the query itself: what it asks for beyond the
rule shows there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from transpile import dialects
from transpile.batch.find import read_source
from transpile.batch.queries import Given
from transpile.conversion import NO_MODEL, Conversion, Options, Status, convert_source, nothing_read
from transpile.diagnostics import Diagnostic, Report
from transpile.dialects.base import ReadOptions
from transpile.dialects.reading import read_query
from transpile.evaluate import Unproven
from transpile.evaluate.witness import Witness, Witnesses, make_witnesses
from transpile.ir.rule import Rule
from transpile.ir.stream import LogSource
from transpile.pipelines import load
from transpile.record import replace
from transpile.restoring import restore
from transpile.source import Source
from transpile.verify import verify_conversion, verify_conversions
from transpile.verify.proof import Proof, Verdict


def audit(conversion: Conversion, query: str, options: Options) -> Proof:
    """The proof, or disproof, of a query for a rule that was converted to its language (whatever came of that).

    `conversion` must still hold its rule.
    """
    dialect = dialects.load(conversion.target)
    if dialect.expand is not None and options.macros:
        query = dialect.expand(Source(query, f"<{conversion.target}>"), options.macros).text
    judged = replace(conversion, query=query, status=Status.EXACT, diagnostics=())
    if conversion.rule is None:
        return verify_conversion(replace(conversion, query=None), None, options)
    try:
        events = make_witnesses(conversion.rule) if conversion.rule.is_single else None
    except Unproven as reason:
        return replace(verify_conversion(judged, reason, options), verdict=Verdict.UNPROVEN)
    if events is None:
        return verify_conversion(judged, None, options)
    asked = _asked_by(conversion, query)
    known = {repr(sorted(one.event.items())) for one in events.events}
    more = tuple(one for one in asked if repr(sorted(one.event.items())) not in known)
    return verify_conversion(judged, Witnesses((*events.events, *more), events.unreached), options)


def _asked_by(conversion: Conversion, query: str) -> tuple[Witness, ...]:
    """Events made from the query, as the rule's author would name their fields; none where it cannot be read."""
    rule = conversion.rule
    assert rule is not None
    read = _read(conversion, query)
    if read is None:
        return ()
    try:
        made = make_witnesses(read).events
        accepts = compile_of(rule)
    except Unproven:
        return ()
    where = dialects.load(conversion.target).kept_in
    events = [{name: value for name, value in one.event.items() if name != where} for one in made]
    return tuple(Witness(event, "made from the query", accepts(event)) for event in events)


def compile_of(rule: Rule) -> Any:
    """The rule as a function of events."""
    from transpile.evaluate.reference import compile_rule

    return compile_rule(rule)


def _read(conversion: Conversion, query: str) -> Rule | None:
    """What the query asks, in the rule's own field names; None where it cannot be read."""
    dialect = dialects.load(conversion.target)
    if dialect.lift is None:
        return None
    source = Source(query, f"<{conversion.target}>")
    lifted = read_query(dialect, source, ReadOptions())
    if lifted.body is None:
        return None
    read = Rule("query", lifted.body, source)
    if conversion.model != NO_MODEL:
        models = (load.load(conversion.model),)
        if conversion.rule is not None and conversion.rule.is_single:
            read = replace(read, meant_for=(LogSource(product=conversion.rule.logsource.product),))
        read = restore(read, dialect, models, Report()).rule
    return read if read.is_single else None


def _targets(model: str) -> tuple[str, ...]:
    """The languages that a data model is for; one that names none is for all."""
    return load.load(model).target or tuple(dialects.writers())


def audit_files(given: Iterable[Given], options: Options) -> Iterator[list[Proof]]:
    """The proof of each query for the first rule of its file. A rule that cannot be read is an error among them."""
    for one in given:
        if one.reason:
            yield [Proof(one.file.path, None, None, one.target, NO_MODEL, Verdict.REFUSED, reason=one.reason)]
            continue
        source = read_source(one.file)
        models = tuple(name for name in options.models if name == NO_MODEL or one.target in _targets(name))
        wanted = replace(options, targets=(one.target,), models=models, allow_approximate=True)
        if isinstance(source, Diagnostic):
            yield verify_conversions(nothing_read(one.file.path, wanted, source), wanted)
            continue
        conversions = convert_source(source, wanted)
        yield [audit(conversions[0], one.query, wanted)] if conversions else []
