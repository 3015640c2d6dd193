"""What `verify` found: proofs on a terminal and as JUnit cases, and their summary."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, assert_never

from rich.console import Console
from rich.text import Text

from transpile.diagnostics import one_line, printable
from transpile.evaluate.rows import Key
from transpile.evaluate.streams import key_text
from transpile.matching.times import as_text
from transpile.report.junit import TestCase
from transpile.report.terminal import table
from transpile.verify import Counterexample, Proof, StreamCounterexample, Verdict
from transpile.verify.proof import NONE_MATCHES

STYLES: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.PROVEN: "green",
        Verdict.DISPROVEN: "bold red",
        Verdict.UNPROVEN: "yellow",
        Verdict.REFUSED: "dim",
        Verdict.ERROR: "red",
    }
)
REASONS = 12  # lines of reasons in the summary


class ProofTally:
    """Counts proofs as they stream by."""

    def __init__(self) -> None:
        self.verdicts: Counter[tuple[str, Verdict]] = Counter()
        self.reasons: Counter[tuple[str, str]] = Counter()
        self.events = 0

    def add(self, proofs: Iterable[Proof]) -> None:
        """Count these."""
        for proof in proofs:
            self.verdicts[proof.target, proof.verdict] += 1
            self.events += proof.events
            if proof.verdict is Verdict.UNPROVEN:
                self.reasons[proof.target, proof.reason] += 1

    @property
    def seen(self) -> set[Verdict]:
        """The verdicts that occurred."""
        return {verdict for (_, verdict), count in self.verdicts.items() if count}


def case_of(proof: Proof) -> TestCase:
    """A proof as a JUnit test case."""
    bad = proof.verdict in (Verdict.DISPROVEN, Verdict.ERROR)
    return TestCase(
        suite=f"{proof.target} ({proof.model})",
        name=proof.title or proof.path,
        file=proof.path,
        failure=proof.reason if bad else "",
        detail="\n".join(_details(proof)),
        skipped=f"{proof.verdict.value}: {proof.reason}"
        if proof.verdict in (Verdict.UNPROVEN, Verdict.REFUSED)
        else "",
    )


def show_proofs(proofs: Sequence[Proof], on: Console, alone: bool) -> None:
    """Print every disproof with its event and every unproven query; for a single file (`alone`) the rest too."""
    for proof in proofs:
        if (proof.verdict in (Verdict.PROVEN, Verdict.REFUSED) or proof.reason == NONE_MATCHES) and not alone:
            continue
        on.print(
            Text.assemble(
                (proof.verdict.value, STYLES[proof.verdict]),
                f"  {proof.target}, model {proof.model}: {one_line(proof.title or proof.path)}",
                (f"  {proof.path}", "dim"),
            )
        )
        if proof.verdict is Verdict.PROVEN:
            dead = f"; {proof.unreached} tests in the rule never help it to match" if proof.unreached else ""
            on.print(f"  agrees on {_agreed(proof)}{dead}", highlight=False)
        for question, count in proof.open:
            on.print(f"  streams that depend on an open point: {count} ({question})", highlight=False)
        for line in _details(proof):
            on.print(Text(f"  {printable(line)}"))


def _agreed(proof: Proof) -> str:
    if proof.streams is None:
        return f"every event ({proof.events}, of which {proof.matching} match)"
    return f"every stream ({proof.streams}, of {proof.events} events in all; the rule alerts on {proof.matching})"


def _details(proof: Proof) -> Iterator[str]:
    if proof.reason:
        yield f"{proof.reason}"
    match proof.counterexample:
        case None:
            return
        case Counterexample() as found:
            yield f"event: {_json(found.event)}"
            if found.stored != found.event:
                yield f"stored as: {_json(found.stored)}"
            yield f"document: {found.document}" if found.document else f"made as: {found.why}"
            if found.predicate:
                yield f"at fault{f', line {found.span.line}' if found.span else ''}: {found.predicate}"
        case StreamCounterexample() as found:
            for one, kept in zip(found.events, found.stored, strict=True):
                yield f"{as_text(one.time)}  {_json(one.event)}"
                if kept.event != one.event:
                    yield f"{'':20}  stored as: {_json(kept.event)}"
            yield f"the rule alerts on: {_groups(found.rule_alerts)}"
            yield f"the query alerts on: {_groups(found.query_alerts)}"
            yield f"made as: {found.why}"
        case other:
            assert_never(other)
    yield f"query: {proof.query}"


def _json(event: Mapping[str, Any]) -> str:
    return json.dumps(dict(event), ensure_ascii=False, default=str)


def _groups(keys: Iterable[Key]) -> str:
    return "; ".join(f"({key_text(key)})" for key in keys) or "nothing"


def show_summary(targets: Sequence[str], tally: ProofTally, on: Console) -> None:
    """Print the verdicts by language, and the most frequent reasons for unproven queries."""
    verdicts = list(Verdict)
    rows: list[list[str | Text]] = [
        [target, *(_count(tally.verdicts[target, verdict], STYLES[verdict]) for verdict in verdicts)]
        for target in targets
    ]
    on.print(table(on, ["target", *(verdict.value for verdict in verdicts)], rows, numbers=range(1, 1 + len(verdicts))))
    if tally.reasons:
        common_ones = tally.reasons.most_common(REASONS)
        rows = [[target, f"{count:,}", one_line(reason)] for (target, reason), count in common_ones]
        on.print(table(on, ["target", "unproven", "because"], rows, numbers=[1]))
    on.print(f"{tally.events:,} events compared")


def _count(count: int, style: str) -> Text:
    return Text(f"{count:,}", style=style) if count else Text("-", style="dim")
