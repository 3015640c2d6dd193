"""`transpile verify`: do the queries mean their rules?"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, assert_never

import typer
from rich.console import Console
from rich.text import Text

from transpile.cli import Exit, common
from transpile.cli.output import json_output, ndjson_output
from transpile.verify import Proof, Verdict, verify_files

if TYPE_CHECKING:
    from transpile.cli.junit import Case

app = common.make_app()

TIMEOUT = 120.0  # seconds for one file; a rule that lists hundreds of values takes some
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


class Format(StrEnum):
    """How proofs are written."""

    TEXT = "text"
    JSON = "json"
    NDJSON = "ndjson"
    JUNIT = "junit"


@app.command()
def verify(
    paths: common.Paths,
    to: common.To = "",
    model: common.ModelNames = None,
    pipeline: common.Pipelines = None,
    form: Annotated[Format, typer.Option("--format", "-f", help="How to write the proofs.")] = Format.TEXT,
    strict: Annotated[
        bool, typer.Option("--strict", help="A query that could not be proven is a finding too.")
    ] = False,
    allow_approximate: common.AllowApproximate = False,
    unmapped: common.UnmappedOption = common.Unmapped.REFUSE,
    values: common.ValuesFile = None,
    jobs: common.Jobs = None,
    timeout: common.Timeout = TIMEOUT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress bar.")] = False,
) -> int:
    """Run each query on events made from its rule, and compare with what the rule means.

    A query is proven if it agrees with the rule on every event: on one for each way to match, and on near misses. It
    is disproven by a single event, which is shown as small as it could be made, with the part of the rule at fault. An
    approximate query is held to its direction: a wider one must not miss, a narrower one must not match too much.

    Exit codes: 0 nothing is disproven (with --strict: all is proven), 1 something is, 2 a rule could not be read,
    3 wrong use.
    """
    from transpile.cli.show import console, progress

    options = common.make_options(to, model, pipeline, allow_approximate, unmapped, values)
    files = common.find_files(paths)
    errors = console(sys.stderr)
    tally = Tally()
    with _emitter(form, alone=len(files) == 1) as emit, progress(errors, "verifying", shown=not quiet) as move:
        for proofs in verify_files(files, options, jobs=jobs, timeout=timeout, progress=move):
            tally.add(proofs)
            emit(proofs)
    if not quiet:
        _summary(options.targets, tally, errors)
    return tally.exit_code(strict)


class Tally:
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

    def exit_code(self, strict: bool) -> int:
        """What the process tells its caller."""
        seen = {verdict for (_, verdict), count in self.verdicts.items() if count}
        if Verdict.ERROR in seen:
            return Exit.UNREADABLE
        bad = Verdict.DISPROVEN in seen or (strict and Verdict.UNPROVEN in seen)
        return Exit.FINDINGS if bad else Exit.FINE


@contextmanager
def _emitter(form: Format, alone: bool) -> Iterator[Callable[[list[Proof]], None]]:
    """What puts proofs on standard output in a format."""
    match form:
        case Format.TEXT:
            from transpile.cli.show import console

            on = console()
            yield lambda proofs: _show(proofs, on, alone)
        case Format.JSON | Format.NDJSON:
            with (json_output if form is Format.JSON else ndjson_output)(sys.stdout) as emit:
                yield lambda proofs: emit(proof.to_dict() for proof in proofs)
        case Format.JUNIT:
            from transpile.cli.junit import to_junit

            kept: list[Proof] = []
            yield kept.extend
            sys.stdout.write(to_junit(map(_case, kept)))
        case _:
            assert_never(form)


def _case(proof: Proof) -> Case:
    from transpile.cli.junit import Case

    bad = proof.verdict in (Verdict.DISPROVEN, Verdict.ERROR)
    return Case(
        suite=f"{proof.target} ({proof.model})",
        name=proof.title or proof.path,
        file=proof.path,
        failure=proof.reason if bad else "",
        detail="\n".join(_details(proof)),
        skipped=f"{proof.verdict.value}: {proof.reason}"
        if proof.verdict in (Verdict.UNPROVEN, Verdict.REFUSED)
        else "",
    )


def _show(proofs: Sequence[Proof], on: Console, alone: bool) -> None:
    """What a person wants to know: every disproof with its event; of a single file, all else too."""
    from transpile.cli.show import one_line, printable

    for proof in proofs:
        if proof.verdict in (Verdict.PROVEN, Verdict.REFUSED) and not alone:
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
            on.print(f"  agrees on {proof.events} events, of which {proof.matching} match{dead}", highlight=False)
        for line in _details(proof):
            on.print(Text(f"  {printable(line)}"))


def _details(proof: Proof) -> Iterator[str]:
    if proof.reason:
        yield f"{proof.reason}"
    found = proof.counterexample
    if found is None:
        return
    yield f"event: {json.dumps(dict(found.event), ensure_ascii=False, default=str)}"
    if found.stored != found.event:
        yield f"stored as: {json.dumps(dict(found.stored), ensure_ascii=False, default=str)}"
    yield f"made as: {found.why}"
    if found.predicate:
        yield f"at fault{f', line {found.span.line}' if found.span else ''}: {found.predicate}"
    yield f"query: {proof.query}"


def _summary(targets: Sequence[str], tally: Tally, on: Console) -> None:
    from transpile.cli.show import one_line, table

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
