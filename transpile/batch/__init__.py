"""Many rules: from paths to results, in order, on every core."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from transpile import dialects
from transpile.batch.find import RuleFile, find, read_source
from transpile.batch.narrow import narrow
from transpile.batch.pool import Lost, run
from transpile.codes import Effect, failures
from transpile.conversion import Conversion, Options, Values, choose_models, convert_source, nothing_read
from transpile.diagnostics import Diagnostic, diagnose
from transpile.record import replace
from transpile.selection import select
from transpile.source import Source

if TYPE_CHECKING:
    from transpile.batch.cache import Kept

R = TypeVar("R")

TIMEOUT = 20.0  # seconds for one file; a rule takes a millisecond

Progress = Callable[[int, int], None]  # called with the number of files done, and of all
Check = Callable[[list[Conversion], Options], list[Conversion]]  # looks at results that still hold their rules


def convert_paths(
    paths: Iterable[str],
    *,
    read: str = "auto",
    write: str | Iterable[str] = "kql",
    model: str | Sequence[str] | None = None,
    source_model: str = "auto",
    pipelines: Sequence[str] = (),
    allow_approximate: bool = False,
    unmapped: str = "refuse",
    windows: str = "sliding",
    values: Values | None = None,
    where: str | None = None,
    exclude: Sequence[str] = (),
    changed_since: str | None = None,
    ids: str | Path | None = None,
    jobs: int | None = None,
    timeout: float = TIMEOUT,
    progress: Progress | None = None,
) -> Iterator[Conversion]:
    """Every rule under files, folders and globs (`-` is standard input) in each language, as `convert_all` does it.

    Results come in the order of `find`, and within a file as `convert_all` gives them, whatever `jobs` is (the
    number of processes; the number of cores if None). A file that cannot be read, kills its process or takes
    longer than `timeout` seconds is a result with status `error`; it holds up no other.
    `where`, `exclude`, `changed_since` and `ids` select rules as the options of these names do on the command line.
    Raises `FileNotFoundError` for a path that is not there, `ValueError` for a selection that cannot be made, and what
    `choose_models` raises.
    """
    chosen = narrow(find(paths), exclude, changed_since)
    targets = (write,) if isinstance(write, str) else tuple(write)
    models = (model,) if isinstance(model, str) else tuple(model or ())
    options = Options(
        targets,
        read=read,
        models=models,
        source_model=source_model,
        pipelines=tuple(pipelines),
        allow_approximate=allow_approximate,
        unmapped=unmapped,
        windows=windows,
        values=values,
        selection=select(where, ids),
        beside=chosen.beside,
    )
    for _, conversions in convert_files(chosen.files, options, jobs=jobs, timeout=timeout, progress=progress):
        yield from conversions


def convert_files(
    files: Sequence[RuleFile],
    options: Options,
    *,
    jobs: int | None = None,
    timeout: float = TIMEOUT,
    progress: Progress | None = None,
    check: Check | None = None,
    cached: bool = False,
) -> Iterator[tuple[RuleFile, list[Conversion]]]:
    """Each file with its results, in order; results that crossed processes come without rules and traces.

    `check`, a function of a module, has the last word on the results of each file. `cached`: results of earlier runs
    are used, and those of this run kept for later ones.
    """
    models = choose_models(options)  # raises here for a name that there is not
    sources = list(map(read_source, files))
    options = with_library(files, options, sources)
    work, lost = partial(_convert, options, check), partial(_not_converted, options)
    kept = None
    if cached:
        from transpile.batch.cache import keep

        purpose = f"convert {check}".partition(" at ")[0]  # a function is shown with its name and its address
        kept = keep(purpose, options, (*models.values(), options.source_model), _stays)
    ready = partial(_prepare, options.targets)
    return map_files(
        work, lost, files, sources=sources, jobs=jobs, timeout=timeout, progress=progress, kept=kept, ready=ready
    )


def _prepare(targets: Iterable[str]) -> None:
    for target in targets:
        dialects.prepare(target)  # the processes share it


def _stays(conversions: list[Conversion]) -> bool:
    """Whether results may be used again: what failed is tried anew."""
    return not any(why.effect is Effect.FAILED for one in conversions for why in one.diagnostics)


def with_library(
    files: Sequence[RuleFile], options: Options, read: Sequence[Source | Diagnostic] | None = None
) -> Options:
    """The options with what the rules of these files, and the filters, must know of each other.

    `read` are the files' texts where they are at hand. Raises `OSError` for a path of filters that is not there.
    """
    others = map(read_source, find((*options.filters, *options.beside)))
    own = map(read_source, files) if read is None else read
    sources = [one for one in (*others, *own) if isinstance(one, Source)]
    for dialect in map(dialects.load, dialects.readers()):
        if dialect.collect is not None:
            endings = ("", *dialect.extensions)
            known = [one for one in sources if os.path.splitext(one.path)[1].lower() in endings]  # noqa: PTH122
            options = replace(options, library=dialect.collect(known))
    return options


def _convert(options: Options, check: Check | None, source: Source) -> list[Conversion]:
    conversions = convert_source(source, options)
    return check(conversions, options) if check else conversions


def _not_converted(options: Options, path: str, reason: Diagnostic) -> list[Conversion]:
    return nothing_read(path, options, reason)


def map_files(
    work: Callable[[Source], R],
    lost: Callable[[str, Diagnostic], R],
    files: Sequence[RuleFile],
    *,
    sources: Sequence[Source | Diagnostic] | None = None,
    jobs: int | None = None,
    timeout: float = TIMEOUT,
    progress: Progress | None = None,
    kept: Kept | None = None,
    ready: Callable[[], None] | None = None,
) -> Iterator[tuple[RuleFile, R]]:
    """Each file with what `work` makes of its text, in order, by `jobs` processes.

    `lost(path, reason)` gives the result for a file that cannot be read, kills its process or takes longer than
    `timeout` seconds; it costs no other file. Both functions are those of a module, or `partial`s of such.
    `sources` are the files' texts where they are at hand. `kept` has results of earlier runs, which are used in the
    place of `work`. `ready` is called before work begins.
    """
    texts: Sequence[Source | Diagnostic | None] = sources or [None] * len(files)
    items = list(zip(files, texts, strict=True))
    keys = [kept.key(source or read_source(file)) for file, source in items] if kept else [None] * len(files)
    known = kept.known(key for key in keys if key is not None) if kept else frozenset()
    stored = [key if key in known else None for key in keys]
    missing = [item for item, key in zip(items, stored, strict=True) if key is None]
    if missing and ready:
        ready()
    do = partial(_work_on, work, lost)
    outcomes = run(do, missing, jobs=jobs, timeout=timeout)
    waiting = deque(missing)
    there = kept.find_all([key for key in stored if key is not None]) if kept else iter(())
    for done, (item, key) in enumerate(zip(items, keys, strict=True), start=1):
        file = item[0]
        if not waiting or waiting[0] is not item:
            outcome = next(there) or do(item)
        else:
            waiting.popleft()
            outcome = next(outcomes)
            if isinstance(outcome, Lost):
                outcome = lost(file.path, explain_lost(outcome, timeout))
            elif kept and key:
                kept.put(key, outcome)
        if progress:
            progress(done, len(files))
        yield file, outcome
    if kept:
        kept.close()


def _work_on(
    work: Callable[[Source], R],
    lost: Callable[[str, Diagnostic], R],
    item: tuple[RuleFile, Source | Diagnostic | None],
) -> R:
    """What a worker process does with one file."""
    file, source = item
    if source is None:
        source = read_source(file)
    return lost(file.path, source) if isinstance(source, Diagnostic) else work(source)


def explain_lost(lost: Lost, timeout: float) -> Diagnostic:
    """What to say of a file whose processing was given up."""
    return (
        diagnose(failures.IO004, seconds=f"{timeout:g}")
        if lost.timed_out
        else diagnose(failures.IO005, reason=lost.reason)
    )


__all__ = ["TIMEOUT", "Progress", "RuleFile", "convert_files", "convert_paths", "find", "map_files", "with_library"]
