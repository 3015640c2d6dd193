"""Does the query mean the rule? Runs the printed text on events made from the rule and compares with the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, assert_never

from transpile.batch import TIMEOUT, RuleFile, map_files, with_library
from transpile.batch.find import read_source
from transpile.codes import Direction
from transpile.conversion import Conversion, Options, Status, choose_models, convert_source, nothing_read
from transpile.diagnostics import Diagnostic, Severity, diagnose
from transpile.evaluate import Unproven
from transpile.evaluate.stream_make import make_bases
from transpile.evaluate.witness import Witnesses, make_witnesses
from transpile.ir.rule import Rule
from transpile.record import replace
from transpile.source import Source, Span
from transpile.syntax.lexer import ParseError
from transpile.verify import codes
from transpile.verify.proof import Counterexample as Counterexample
from transpile.verify.proof import Event as Event
from transpile.verify.proof import Proof as Proof
from transpile.verify.proof import StreamCounterexample as StreamCounterexample
from transpile.verify.proof import Verdict as Verdict
from transpile.verify.single import judge
from transpile.verify.stream_trial import StreamTrial
from transpile.verify.streams import Streams, judge_streams
from transpile.verify.trial import Trial


def verify_files(
    files: Sequence[RuleFile],
    options: Options,
    *,
    jobs: int | None = None,
    timeout: float = TIMEOUT,
    progress: Callable[[int, int], None] | None = None,
    cached: bool = False,
) -> Iterator[list[Proof]]:
    """The proofs of each file's rules, in order, by several processes. Raises what `choose_models` raises.

    `cached`: proofs of earlier runs are used, and those of this run kept for later ones.
    """
    models = choose_models(options)
    sources = list(map(read_source, files))
    options = with_library(files, options, sources)
    work, lost = partial(_verify, options), partial(_not_verified, options)
    kept = None
    if cached:
        from transpile.batch.cache import keep

        kept = keep("verify", options, (*models.values(), options.source_model), _stays)
    settings: dict[str, Any] = {"jobs": jobs, "timeout": timeout, "progress": progress}
    for _, proofs in map_files(work, lost, files, sources=sources, kept=kept, **settings):
        yield proofs


def _stays(proofs: list[Proof]) -> bool:
    """Whether proofs may be used again: what was not read, or failed, is tried anew."""
    return all(one.verdict is not Verdict.ERROR for one in proofs)


def _verify(options: Options, source: Source) -> list[Proof]:
    return verify_source(source, options)


def _not_verified(options: Options, path: str, reason: Diagnostic) -> list[Proof]:
    return verify_conversions(nothing_read(path, options, reason), options)


def verify_source(source: Source, options: Options) -> list[Proof]:
    """Convert every rule of a source and put each query to the test: rule by rule, languages in the order given."""
    return verify_conversions(convert_source(source, options), options)


def verify_conversions(conversions: Iterable[Conversion], options: Options) -> list[Proof]:
    """Put conversions, which must still hold their rules, to the test. The events of a rule are made once."""
    proofs = []
    rule: Rule | None = None
    events: Witnesses | Streams | Unproven | None = None
    for conversion in conversions:
        if conversion.query is not None and conversion.rule is not None and conversion.rule is not rule:
            rule, events = conversion.rule, _witnesses(conversion.rule)
        proofs.append(_prove(conversion, events, options))
    return proofs


def reject_disproven(conversions: Sequence[Conversion], options: Options) -> list[Conversion]:
    """The conversions, those whose query is shown to be wrong refused, and those not proven with a note saying why."""
    checked = []
    for conversion, proof in zip(conversions, verify_conversions(conversions, options), strict=True):
        match proof.verdict:
            case Verdict.DISPROVEN:
                found = diagnose(codes.RUN001, _span(proof), reason=proof.reason)
                conversion = replace(
                    conversion, status=Status.REFUSED, query=None, diagnostics=(*conversion.diagnostics, found)
                )
            case Verdict.UNPROVEN:
                note = diagnose(codes.RUN002, reason=proof.reason)
                conversion = replace(conversion, diagnostics=(*conversion.diagnostics, note))
            case Verdict.PROVEN | Verdict.REFUSED | Verdict.ERROR:
                pass
            case _:
                assert_never(proof.verdict)
        checked.append(conversion)
    return checked


def _span(proof: Proof) -> Span | None:
    return proof.counterexample.span if isinstance(proof.counterexample, Counterexample) else None


def _witnesses(rule: Rule) -> Witnesses | Streams | Unproven:
    try:
        return make_witnesses(rule) if rule.is_single else Streams(make_bases(rule.body))
    except Unproven as reason:
        return reason


def verify_conversion(conversion: Conversion, events: Witnesses | Unproven | None, options: Options) -> Proof:
    """Put one conversion to the test on these events, or on those of its rule."""
    if events is None and conversion.query is not None and conversion.rule is not None:
        return _prove(conversion, _witnesses(conversion.rule), options)
    return _prove(conversion, events, options)


def begin_proof(conversion: Conversion) -> Proof:
    """What is known before a query is run; a proof that is open and can be gone on with has no reason yet."""
    proof = Proof(
        conversion.path,
        conversion.id,
        conversion.title,
        conversion.target,
        conversion.model,
        Verdict.UNPROVEN,
        query=conversion.query,
    )
    if conversion.query is None:
        verdict = Verdict.ERROR if conversion.status is Status.ERROR else Verdict.REFUSED
        errors = [
            f"line {one.span.line}: {one.message}" if one.span else one.message
            for one in conversion.diagnostics
            if one.severity is Severity.ERROR
        ]
        return replace(proof, verdict=verdict, reason="; ".join(dict.fromkeys(errors)))
    directions = _directions(conversion.diagnostics)
    if len(directions) > 1:
        return replace(proof, reason="the query is wider in one place and narrower in another")
    return replace(proof, direction=directions.pop() if directions else Direction.EXACT)


def _prove(conversion: Conversion, events: Witnesses | Streams | Unproven | None, options: Options) -> Proof:
    proof = begin_proof(conversion)
    if proof.verdict is not Verdict.UNPROVEN or proof.reason:
        return proof
    if events is None or isinstance(events, Unproven):
        return replace(proof, reason=str(events or "the rule is not at hand"))
    try:
        if isinstance(events, Streams):
            return judge_streams(proof, StreamTrial(conversion), events)
        return judge(proof, Trial(conversion, options), events)
    except Unproven as reason:
        return replace(proof, reason=str(reason))
    except ParseError as error:
        return replace(proof, verdict=Verdict.DISPROVEN, reason=f"the query is not in the language: {error}")


def _directions(diagnostics: Iterable[Diagnostic]) -> set[Direction]:
    return {one.direction for one in diagnostics if one.direction is not Direction.EXACT}
